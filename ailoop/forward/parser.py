"""From a line to what it says, whatever it is: no line ends the stream unless that is asked."""

from __future__ import annotations

from typing import Any, Protocol

import orjson

from ailoop.forward.claude import ClaudeShape
from ailoop.forward.cursor import CursorShape
from ailoop.forward.event import Event, Kind
from ailoop.forward.jsonl import JsonlShape
from ailoop.forward.opencode import OpencodeShape
from ailoop.forward.shapes import dig
from ailoop.forward.text import last_shown

__all__ = ["AGENTS", "AUTO", "TEXT", "BadLineError", "Parser", "Shape", "guess"]

AUTO, TEXT = "auto", "text"


class Shape(Protocol):
    """Knows how one agent writes."""

    name: str

    def read(self, value: dict[str, Any]) -> list[Event] | None:
        """Return what an object says, or ``None`` if it is none of this agent's."""
        ...


_SHAPES: dict[str, type[Shape]] = {
    "claude": ClaudeShape,
    "cursor": CursorShape,
    "opencode": OpencodeShape,
    "jsonl": JsonlShape,
}
AGENTS = (AUTO, *_SHAPES, TEXT)


class BadLineError(Exception):
    """A line is no object of JSON, and the stream was to end there."""


class Parser:
    """Reads the lines of one stream.

    :param agent: one of :data:`AGENTS`; ``auto`` goes by the first object that tells.
    :param strict: whether a line that is no object of JSON ends the stream.
    """

    def __init__(self, agent: str = AUTO, *, strict: bool = False) -> None:
        self.bad = 0
        """Lines that were no object of JSON where such were expected."""
        self._strict = strict
        self._plain = agent == TEXT
        self._fallback = JsonlShape()
        self._shape = _SHAPES[agent]() if agent in _SHAPES else None
        self._seen = TEXT

    @property
    def agent(self) -> str:
        """Who writes, as far as it is known."""
        return self._shape.name if self._shape else self._seen

    def read(self, line: bytes) -> list[tuple[str, Event]]:
        """Return the events of a line, each with the agent whose way to write it is.

        :raises BadLineError: it is no object of JSON, and this parser is strict.
        """
        line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.strip():
            return []
        value = None if self._plain else _load(line)
        if not isinstance(value, dict):
            return [(self._shape.name if self._shape else TEXT, self._read_text(line))]
        if self._shape is None and (name := guess(value)) is not None:
            self._shape = _SHAPES[name]()
        if self._shape is not None:
            events = self._shape.read(value)
            if events is not None:
                return [(self._shape.name, one) for one in events]
        self._seen = self._fallback.name
        return [(self._seen, one) for one in self._fallback.read(value)]

    def _read_text(self, line: bytes) -> Event:
        text = line.decode(errors="replace")
        # Before anything has told, a line of text may be what this stream is made of.
        if not self._plain and (self._shape is not None or self._strict):
            self.bad += 1
            if self._strict:
                raise BadLineError(f"not an object of JSON: {text[:200]}")
        return Event(kind=Kind.LINE, text=last_shown(text))


def guess(value: dict[str, Any]) -> str | None:
    """Return which agent writes such an object, if it tells."""
    kind = value.get("type")
    if "sessionID" in value and (isinstance(value.get("part"), dict) or kind == "error"):
        return "opencode"
    if not isinstance(value.get("session_id"), str):
        return None
    if kind in ("tool_call", "thinking"):
        return "cursor"
    if kind not in ("system", "user", "assistant", "result", "stream_event"):
        return None
    # Only Claude Code numbers its lines, lists its tools and names the caller of a subagent.
    ours = ("uuid", "tools", "parent_tool_use_id", "total_cost_usd")
    claude = any(name in value for name in ours) or dig(value, "message", "id") is not None
    return "claude" if claude or kind == "stream_event" else "cursor"


def _load(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except (orjson.JSONDecodeError, RecursionError):
        return None
