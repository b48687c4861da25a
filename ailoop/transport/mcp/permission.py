"""The tool by which Claude Code asks whether another tool may be used.

``claude -p --permission-prompt-tool mcp__ailoop__permission_prompt`` calls it where it would
ask its user. What it returns is a contract of Claude Code: as text, JSON with ``behavior``
``allow`` and the input to use, or ``deny`` and a message for the model. Whatever goes wrong
denies.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson
import structlog
import trio
from attrs import frozen

from ailoop.client.approval import Approval
from ailoop.model.errors import Refusal
from ailoop.model.message import Message, ResponseMessage
from ailoop.policy import (
    Call,
    Decision,
    Policy,
    PolicyError,
    Verdict,
    decide,
    denied_as_edited,
)
from ailoop.policy.wording import denial, record, refusal, request, request_metadata
from ailoop.transport.mcp.call import Call as ToolCall
from ailoop.transport.mcp.desk import DeskFault
from ailoop.transport.mcp.tools import Arguments, Reply, Tool

__all__ = ["NAME", "Permissions", "permission_tool"]

log = structlog.get_logger()

NAME = "permission_prompt"

_GRACE_SECONDS = 5.0
"""How much longer than the server we wait for the server to say that time is over."""
_WITHDRAW_SECONDS = 2.0
_RECORD_SECONDS = 5.0


@frozen(kw_only=True)
class Permissions:
    """How permissions are given.

    :param read: reads the policy, for each call anew: it may be changed while this runs.
    :param cwd: the folder that relative paths are for.
    :param seconds: how long a person has, unless the policy says so.
    :param most_seconds: the most, also if the policy says more.
    """

    read: Callable[[], Policy]
    cwd: str | None = None
    seconds: int = 300
    most_seconds: float | None = None

    async def run(self, call: ToolCall, given: Arguments) -> Reply:
        """Answer in the form that Claude Code reads."""
        asked = Call(given["tool_name"], given["input"], self.cwd)
        try:
            told = await self._decide(call, asked, given.get("tool_use_id"))
            return Reply(orjson.dumps(told).decode())
        except PolicyError as error:
            told = _deny(f"Denied: {error}. Tell the user to run `ailoop policy check`.")
        except (DeskFault, Refusal) as fault:
            told = _deny(f"Denied, as nobody could be asked: {fault.sentence}")
        except Exception:
            log.exception("tool_failed", tool=NAME)
            told = _deny("Denied: something went wrong inside ailoop; it has been logged.")
        return Reply(orjson.dumps(told).decode())

    async def _decide(
        self, call: ToolCall, asked: Call, tool_use_id: str | None
    ) -> dict[str, Any]:
        policy = self.read()
        verdict = decide(policy, asked)
        about = {"agent": "claude-code", "tool_use": tool_use_id, "cwd": self.cwd}
        if verdict.decision in (Decision.ALLOW, Decision.DENY):
            failed = await _recorded(call, policy, asked, verdict, about)
            if verdict.decision is Decision.DENY:
                return _deny(denial(verdict))
            if failed and policy.unrecorded is not Decision.ALLOW:
                return _deny(f"Denied: {verdict.why}, but that could not be recorded: {failed}")
            return _allow(asked.arguments)
        # Also where the policy abstains: that Claude Code asks here is its own decision.
        return await self._ask(call, policy, asked, verdict, about)

    async def _ask(
        self,
        call: ToolCall,
        policy: Policy,
        asked: Call,
        verdict: Verdict,
        about: dict[str, Any],
    ) -> dict[str, Any]:
        ruled = verdict.rule.timeout if verdict.rule else None
        seconds = ruled or policy.timeout or self.seconds
        if self.most_seconds is not None:
            seconds = max(int(min(seconds, self.most_seconds)), 1)
        prompt = Message(
            channel=_channel(call, policy, verdict),
            content=request(asked, verdict, seconds),
            metadata=request_metadata(asked, verdict, about),
        )
        response = None
        try:
            await call.desk.post(prompt)
            response = await call.wait(prompt, seconds + _GRACE_SECONDS)
        finally:
            if response is None:
                # Nobody is to approve what nobody waits for any more.
                await _withdraw(call, prompt)  # noqa: ASYNC102 -- it is shielded in there
        if response is None:
            return _deny("Denied: the daemon went away before anybody had answered")
        return _told(policy, asked, response, seconds)


def _told(
    policy: Policy, asked: Call, response: ResponseMessage, seconds: int
) -> dict[str, Any]:
    """Return what a person's decision comes to; the desk has held it against a receipt."""
    approval = Approval(response, asked=dict(asked.arguments))
    if not approval:
        return _deny(refusal(response, seconds))
    if denied := denied_as_edited(policy, asked, approval.context):
        return _deny(f"As it was edited it may not be done. {denial(denied)}")
    return _allow(approval.context)


async def _recorded(
    call: ToolCall, policy: Policy, asked: Call, verdict: Verdict, about: dict[str, Any]
) -> str | None:
    """Record a decision that nobody was asked for; return why that failed, if it did."""
    said = record(asked, verdict, about)
    channel = _channel(call, policy, verdict)
    with trio.move_on_after(_RECORD_SECONDS):
        try:
            await call.desk.post(
                Message(channel=channel, content=said.content, metadata=said.metadata)
            )
        except DeskFault as fault:
            return fault.sentence
        return None
    return "the daemon does not answer"


async def _withdraw(call: ToolCall, prompt: Message) -> None:
    with trio.move_on_after(_WITHDRAW_SECONDS, shield=True), suppress(DeskFault):
        await call.desk.withdraw(prompt.id)


def _channel(call: ToolCall, policy: Policy, verdict: Verdict) -> str:
    ruled = verdict.rule.channel if verdict.rule else None
    return ruled or policy.channel or call.channel


def _allow(arguments: Any) -> dict[str, Any]:
    return {"behavior": "allow", "updatedInput": dict(arguments)}


def _deny(message: str) -> dict[str, Any]:
    return {"behavior": "deny", "message": message}


def permission_tool(permissions: Permissions) -> Tool:
    """Return the tool, for whoever makes a server."""
    return Tool(
        name=NAME,
        title="Permission prompt",
        description=(
            "For Claude Code itself (its option permission-prompt-tool), not for models: "
            "whether a tool may be used, by the user's policy or a person's decision."
        ),
        properties={
            "tool_name": {"type": "string", "minLength": 1, "description": "The tool."},
            "input": {"type": "object", "description": "What it would be called with."},
            "tool_use_id": {"type": "string", "description": "Which use of it this is."},
        },
        required=("tool_name", "input"),
        extensible=True,
        run=permissions.run,
    )
