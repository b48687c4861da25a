"""What Claude Code tells a hook that runs before a tool does (``PreToolUse``)."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ailoop.model.codec import load_json
from ailoop.model.errors import Refusal
from ailoop.policy.call import Call

__all__ = ["EVENT", "BadInput", "Occasion", "OtherEvent", "read_occasion"]

EVENT = "PreToolUse"
_LONGEST_WORD = 200
_LONGEST_PATH = 1000


class BadInput(Exception):  # noqa: N818 -- as the outcomes of the client
    """What was told is not about a call of a tool; the text says why."""


class OtherEvent(BadInput):
    """It is the input of another kind of hook."""


@frozen
class Occasion:
    """A call of a tool, as Claude Code tells of it.

    :param key: tells this call from all others, if it has an id.
    :param about: what goes beside what people are asked and told.
    """

    call: Call
    key: str | None = None
    about: dict[str, Any] = field(factory=dict)


def read_occasion(data: bytes) -> Occasion:
    """Read the input of a hook.

    :raises BadInput: it does not tell of a call of a tool.
    """
    try:
        told = load_json(data)
    except Refusal as refused:
        raise BadInput(refused.sentence) from None
    if not isinstance(told, dict):
        raise BadInput("it is no JSON object")
    event = told.get("hook_event_name", EVENT)
    if event != EVENT:
        raise OtherEvent(f"this is for {EVENT}, not for {str(event)[:_LONGEST_WORD]}")
    call = _call(told)
    session, use = _word(told.get("session_id")), _word(told.get("tool_use_id"))
    about = {
        "agent": "claude-code",
        "session": session,
        "tool_use": use,
        "cwd": call.cwd and call.cwd[:_LONGEST_PATH],
        "mode": _word(told.get("permission_mode")),
    }
    # The ids of some models begin anew in each session.
    return Occasion(call, f"{session} {use}" if use else None, about)


def _call(told: dict[str, Any]) -> Call:
    tool, arguments, cwd = told.get("tool_name"), told.get("tool_input"), told.get("cwd")
    if not isinstance(tool, str) or not tool:
        raise BadInput("tool_name is not the name of a tool")
    if not isinstance(arguments, dict):
        raise BadInput("tool_input is not an object")
    return Call(tool, arguments, cwd if isinstance(cwd, str) and cwd else None)


def _word(value: Any) -> str | None:
    return value[:_LONGEST_WORD] if isinstance(value, str) and value else None
