"""opencode with ``run --format json``: events whose ``part`` is what a message is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import evolve

from ailoop.forward.event import Event, Kind
from ailoop.forward.shapes import brief, dig, number_at, text_at, text_of
from ailoop.forward.tools import tool_event, tool_result_event

__all__ = ["OpencodeShape"]


class OpencodeShape:
    """Reads the objects of one stream."""

    name = "opencode"

    def read(self, value: dict[str, Any]) -> list[Event] | None:
        """Return what an object says, or ``None`` if it is none of this agent's."""
        part = value.get("part")
        if value.get("type") in ("error", "session.error"):
            said = text_of(value.get("error") or dig(value, "properties", "error"))
            events = [Event(kind=Kind.ERROR, text=said or "The run failed")]
        elif isinstance(part, dict):
            events = [*_read_part(part)]
        else:
            return None
        session = text_at(value, "sessionID") or text_at(part, "sessionID")
        return [evolve(one, session_id=session) for one in events]


def _read_part(part: dict[str, Any]) -> Iterator[Event]:
    match str(part.get("type")).replace("_", "-"):
        case "text":
            yield Event(kind=Kind.TEXT, text=text_of(part.get("text")))
        case "reasoning":
            yield Event(kind=Kind.THINKING, text=text_of(part.get("text")))
        case "tool":
            yield from _tool(part)
        case "step-finish" if part.get("reason") not in ("tool-calls", "tool_use"):
            yield _finished(part)
        case "step-start" | "step-finish" | "snapshot" | "patch":
            pass  # a step between two others, of which people see what it did
        case _:
            yield Event(kind=Kind.OTHER, text=text_of(part))


def _tool(part: dict[str, Any]) -> Iterator[Event]:
    """Yield what it was asked and what it returned; it comes once, when it has ended."""
    name, state = text_at(part, "tool"), part.get("state")
    status = dig(state, "status")
    about = text_at(state, "title") or brief(dig(state, "input"))
    yield tool_event(name, about)
    if status in ("completed", "error"):
        began, ended = number_at(state, "time", "start"), number_at(state, "time", "end")
        yield tool_result_event(
            name,
            text_of([dig(state, "output"), dig(state, "error")]),
            failed=status == "error",
            duration=None if began is None or ended is None else (ended - began) / 1000,
        )


def _finished(part: dict[str, Any]) -> Event:
    reason = text_at(part, "reason") or "stop"
    return Event(
        kind=Kind.RESULT,
        text="Done" if reason == "stop" else f"Ended: {reason}",
        cost=number_at(part, "cost"),
    )
