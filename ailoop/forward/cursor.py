"""Cursor's agent with ``--output-format stream-json``.

Its messages look like Claude Code's; its tools do not: a call is an object with one member,
named after the tool (``shellToolCall``), that holds ``args`` and, at the end, ``result``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from attrs import evolve

from ailoop.forward.claude import ClaudeShape
from ailoop.forward.event import Event, Kind
from ailoop.forward.shapes import brief, dig, number_at, text_at, text_of
from ailoop.forward.tools import tool_event, tool_result_event

__all__ = ["CursorShape"]

_THOUGHT = 16 * 1024
"""Characters of one thought that are kept until it ends."""

_GOOD = ("success",)


class CursorShape:
    """Reads the objects of one stream."""

    name = "cursor"

    def __init__(self) -> None:
        self._messages = ClaudeShape()
        self._thought = ""

    def read(self, value: dict[str, Any]) -> list[Event] | None:
        """Return what an object says, or ``None`` if it is none of this agent's."""
        kind = value.get("type")
        if kind == "tool_call":
            events = [*_tool(value)]
        elif kind == "thinking":
            events = [*self._think(value)]
        elif kind == "assistant" and _is_piece(value):
            return []
        else:
            return self._messages.read(value)
        session = text_at(value, "session_id")
        return [evolve(one, session_id=session) for one in events]

    def _think(self, value: dict[str, Any]) -> Iterator[Event]:
        if value.get("subtype") != "completed":
            piece = value.get("text")
            if isinstance(piece, str) and len(self._thought) < _THOUGHT:
                self._thought += piece[:_THOUGHT]
            return
        thought, self._thought = self._thought, ""
        text = thought or text_at(value, "text")
        if text:
            yield Event(kind=Kind.THINKING, text=text)


def _is_piece(value: dict[str, Any]) -> bool:
    """Whether it is a piece of ``--stream-partial-output``; the whole message comes later.

    A piece has a time; a whole message has none, or the id of a call of the model as well.
    """
    return "timestamp_ms" in value and not value.get("model_call_id")


def _tool(value: dict[str, Any]) -> Iterator[Event]:
    name, call = _call(value.get("tool_call"))
    if value.get("subtype") == "started":
        args = dig(call, "args")
        if args is None:
            args = _arguments(dig(call, "arguments"))
        yield tool_event(name, brief(args))
        return
    result = dig(call, "result")
    code = number_at(result, "success", "exitCode")
    failed = isinstance(result, dict) and not any(result.get(one) for one in _GOOD)
    milliseconds = number_at(result, "success", "executionTime")
    yield tool_result_event(
        name,
        text_of(result),
        failed=failed or bool(code),
        duration=None if milliseconds is None else milliseconds / 1000,
    )


def _arguments(value: Any) -> Any:
    """Return the arguments of a function, which are JSON in a text."""
    try:
        return orjson.loads(value) if isinstance(value, str) else value
    except (orjson.JSONDecodeError, RecursionError):
        return value


def _call(value: Any) -> tuple[str | None, Any]:
    """Return a tool's name and what is known of the call."""
    if not isinstance(value, dict):
        return None, None
    function = value.get("function")
    if isinstance(function, dict):
        return text_at(function, "name"), function
    for key, call in value.items():
        if isinstance(call, dict):
            # A server's tool has its name inside.
            inner = text_at(call, "args", "toolName") or text_at(call, "args", "name")
            if key.startswith("mcp") and inner:
                return inner, {"args": dig(call, "args", "args"), "result": call.get("result")}
            return key.removesuffix("ToolCall") or None, call
    return None, None
