"""The tools: what each is called, says of itself, takes, and does.

The descriptions are for models: short, and plain about what to use when. Another tool is a
:class:`Tool` that is given to :func:`~ailoop.transport.mcp.server.make_server` besides these.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from attrs import field, frozen

from ailoop.model.converter import structure_as
from ailoop.model.errors import Refusal
from ailoop.model.message import (
    Authorization,
    Content,
    Navigate,
    Notification,
    Priority,
    Question,
)
from ailoop.model.names import check_channel
from ailoop.transport.mcp.answers import OUTPUT_SCHEMA, SENT_SCHEMA
from ailoop.transport.mcp.call import Call
from ailoop.transport.mcp.desk import DeskFault

__all__ = ["TOOLS", "Arguments", "Reply", "Tool"]

_DEFAULT_TIMEOUT = 600
"""Seconds that a person is given unless the model says otherwise."""
_DEFAULT_WAIT = 50

Arguments = dict[str, Any]
C = TypeVar("C", bound=Content)


@frozen
class Reply:
    """What a tool returns besides a plain object.

    :param text: what the model reads; by default ``structured`` as JSON.
    :param structured: what fits the output schema, if the tool has one.
    """

    text: str
    structured: dict[str, Any] | None = None


@frozen(kw_only=True)
class Tool:
    """A tool.

    :param properties: the JSON Schemas of its arguments.
    :param required: the arguments that have to be there.
    :param output: the JSON Schema of what it returns, if that is an object.
    :param run: does it; the arguments fit their schemas. It may raise :class:`DeskFault` or
        :class:`~ailoop.model.errors.Refusal`, which the model reads.
    :param read_only: whether it changes nothing.
    :param extensible: whether there may be further arguments, which it does not heed.
    """

    name: str
    title: str
    description: str
    properties: dict[str, Any]
    required: tuple[str, ...] = ()
    output: dict[str, Any] | None = field(default=None)
    run: Callable[[Call, Arguments], Awaitable[dict[str, Any] | Reply]]
    read_only: bool = False
    extensible: bool = False

    @property
    def input_schema(self) -> dict[str, Any]:
        """The JSON Schema of its arguments together."""
        return {
            "type": "object",
            "properties": self.properties,
            "required": list(self.required),
            "additionalProperties": self.extensible,
        }


def _text(about: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": about, **more}


_CHANNEL = _text("Where to ask. Leave it out unless you were told one.")
_KEY = _text(
    "Any name for this prompt. Calling again with the same key and the same words never asks "
    "twice: you get the answer that was given.",
    minLength=1,
    maxLength=200,
)
_TIMEOUT = {
    "type": "number",
    "description": f"How long the person has, {_DEFAULT_TIMEOUT} by default, 30 at least.",
}


async def _ask_human(call: Call, given: Arguments) -> dict[str, Any]:
    content = _content(
        Question,
        {
            "text": given["question"],
            "choices": given.get("choices") or None,
            "schema": given.get("schema"),
            "timeout_seconds": _timeout(call, given),
        },
        text="question",
    )
    return await call.ask(content, _channel(given), given.get("key"))


async def _request_authorization(call: Call, given: Arguments) -> dict[str, Any]:
    content = _content(
        Authorization,
        {
            "action": given["action"],
            "context": given.get("context"),
            "editable": given.get("editable"),
            "timeout_seconds": _timeout(call, given),
        },
    )
    return await call.ask(content, _channel(given), given.get("key"))


async def _open_url(call: Call, given: Arguments) -> dict[str, Any]:
    content = _content(
        Navigate,
        {
            "url": given["url"],
            "context": given.get("why"),
            "timeout_seconds": _timeout(call, given),
        },
        context="why",
    )
    return await call.ask(content, _channel(given), given.get("key"))


async def _notify_human(call: Call, given: Arguments) -> dict[str, Any]:
    told = {"text": given["text"], "priority": given.get("priority", Priority.NORMAL)}
    message = await call.say(_content(Notification, told), _channel(given))
    return {
        "status": "sent",
        "message_id": str(message.id),
        "next": "Go on; nobody answers a notification.",
    }


async def _check_answer(call: Call, given: Arguments) -> dict[str, Any]:
    try:
        prompt_id = UUID(given["prompt_id"])
    except ValueError:
        raise DeskFault(
            "message_not_found", "prompt_id is not one that a tool has returned"
        ) from None
    wanted = given.get("wait_seconds", min(_DEFAULT_WAIT, call.waits.check))
    seconds = min(max(0, wanted), call.waits.check)
    return await call.check(await call.desk.look_up(prompt_id), seconds)


def _timeout(call: Call, given: Arguments) -> int:
    return call.waits.timeout(given.get("timeout_seconds"), _DEFAULT_TIMEOUT)


def _channel(given: Arguments) -> str | None:
    name = given.get("channel")
    return None if name is None else check_channel(name)


def _content(kind: type[C], members: dict[str, Any], **names: str) -> C:
    """Make content of what a model has said, as strictly as of what comes over the wire.

    :param names: what the model calls a member, where that is something else.
    """
    present = {name: value for name, value in members.items() if value is not None}
    try:
        return structure_as(kind, present)
    except Refusal as refusal:
        path = str(refusal.details.get("path", "$"))
        name = path.removeprefix("$.")
        problem = refusal.sentence.removeprefix(f"{path}: ")
        raise DeskFault(refusal.code, f"{names.get(name, name)}: {problem}") from None


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="ask_human",
        title="Ask a person",
        description=(
            "Ask the person you work for a question and wait for the answer. Use it when you "
            "cannot decide or find out by yourself. Ask one thing at a time; offer choices "
            "where you can. If status is pending, call check_answer; never ask again."
        ),
        properties={
            "question": _text("The question, complete in itself.", minLength=1),
            "choices": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "description": "If given, the answer is one of these.",
            },
            "schema": {
                "type": "object",
                "description": (
                    "If given, the answer is a form: a flat JSON Schema of an object whose "
                    "properties are texts, numbers, booleans, or one or several of an enum. "
                    "What was filled in is in value. Not together with choices."
                ),
            },
            "timeout_seconds": _TIMEOUT,
            "key": _KEY,
            "channel": _CHANNEL,
        },
        required=("question",),
        output=OUTPUT_SCHEMA,
        run=_ask_human,
    ),
    Tool(
        name="request_authorization",
        title="Ask for permission",
        description=(
            "Ask the person for permission before you do something risky or hard to undo. Do "
            "it only if status is approved; anything else, silence too, means no."
        ),
        properties={
            "action": _text("What you are about to do, exactly.", minLength=1),
            "context": {
                "type": "object",
                "description": "What helps to decide: the command, the files, the amounts.",
            },
            "editable": {
                "type": "boolean",
                "description": (
                    "Whether the person may change context. Then do what the context that "
                    "comes back says, if one does."
                ),
            },
            "timeout_seconds": _TIMEOUT,
            "key": _KEY,
            "channel": _CHANNEL,
        },
        required=("action",),
        output=OUTPUT_SCHEMA,
        run=_request_authorization,
    ),
    Tool(
        name="notify_human",
        title="Tell a person",
        description=(
            "Tell the person something that needs no answer, such as a finished task. It "
            "returns at once."
        ),
        properties={
            "text": _text("What to say.", minLength=1),
            "priority": {
                "type": "string",
                "enum": [one.value for one in Priority],
                "description": "How loudly to call; normal by default.",
            },
            "channel": _CHANNEL,
        },
        required=("text",),
        output=SENT_SCHEMA,
        run=_notify_human,
    ),
    Tool(
        name="open_url",
        title="Send a person to a page",
        description=(
            "Ask the person to open a web page, to sign in or to look at something, and wait "
            "until they say that they have."
        ),
        properties={
            "url": _text("The page; http or https.", minLength=1),
            "why": _text("What to do there."),
            "timeout_seconds": _TIMEOUT,
            "key": _KEY,
            "channel": _CHANNEL,
        },
        required=("url",),
        output=OUTPUT_SCHEMA,
        run=_open_url,
    ),
    Tool(
        name="check_answer",
        title="Look for an answer",
        description=(
            "Go on waiting for what an earlier call asked. Use it when that call returned "
            "pending, or undelivered and open. It waits up to 55 seconds."
        ),
        properties={
            "prompt_id": _text("The prompt_id that the earlier call returned."),
            "wait_seconds": {
                "type": "number",
                "description": f"How long to wait, {_DEFAULT_WAIT} by default, 55 at most.",
            },
        },
        required=("prompt_id",),
        output=OUTPUT_SCHEMA,
        run=_check_answer,
        read_only=True,
    ),
)
