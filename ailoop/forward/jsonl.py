"""Any program that writes an object on each line, as most loggers can."""

from __future__ import annotations

from typing import Any

from ailoop.forward.event import Event, Kind
from ailoop.forward.shapes import number_at, text_at, text_of
from ailoop.model.message import Priority

__all__ = ["JsonlShape"]

_TEXTS = ("text", "message", "content", "msg", "event", "summary", "result", "output")
_LEVELS = ("level", "severity", "levelname", "lvl", "priority")
_SESSIONS = ("session_id", "sessionId", "sessionID", "session", "thread_id", "run_id")
_LOUD = {
    "emergency": Priority.URGENT,
    "emerg": Priority.URGENT,
    "alert": Priority.URGENT,
    "urgent": Priority.URGENT,
    "critical": Priority.HIGH,
    "crit": Priority.HIGH,
    "fatal": Priority.HIGH,
    "panic": Priority.HIGH,
    "error": Priority.HIGH,
    "err": Priority.HIGH,
    "high": Priority.HIGH,
    "warning": Priority.NORMAL,
    "warn": Priority.NORMAL,
    "notice": Priority.NORMAL,
    "normal": Priority.NORMAL,
    "info": Priority.LOW,
    "debug": Priority.LOW,
    "trace": Priority.LOW,
    "verbose": Priority.LOW,
    "low": Priority.LOW,
}
_NUMBERED = ((50, Priority.HIGH), (40, Priority.NORMAL), (-1, Priority.LOW))
"""Levels as pino and bunyan number them: 50 is an error, 40 a warning."""


class JsonlShape:
    """Reads objects of which nothing is known but what such members are usually called."""

    name = "jsonl"

    def read(self, value: dict[str, Any]) -> list[Event]:
        """Return what an object says."""
        priority = _priority(value)
        said = next((text for name in _TEXTS if (text := text_of(value.get(name)))), "")
        fault = text_of(value.get("error"))
        if fault and fault != said:
            said = f"{said}: {fault}" if said else fault
            priority = priority or Priority.HIGH
        loud = priority in (Priority.HIGH, Priority.URGENT)
        kind = Kind.ERROR if loud else Kind.TEXT if said else Kind.OTHER
        seconds, milliseconds = number_at(value, "duration"), number_at(value, "duration_ms")
        if milliseconds is not None:
            seconds = milliseconds / 1000
        costs = [number_at(value, name) for name in ("cost", "cost_usd", "total_cost_usd")]
        return [
            Event(
                kind=kind,
                text=said or text_of(value),
                priority=priority,
                session_id=_first_text(value, _SESSIONS),
                tool=_first_text(value, ("tool", "tool_name")),
                model=text_at(value, "model"),
                cost=next((one for one in costs if one is not None), None),
                duration=seconds,
            )
        ]


def _priority(value: dict[str, Any]) -> Priority | None:
    word = _first_text(value, _LEVELS)
    if word is not None:
        return _LOUD.get(word.strip().lower())
    number = number_at(value, "level")
    if number is None:
        return None
    return next((priority for least, priority in _NUMBERED if number >= least), None)


def _first_text(value: dict[str, Any], names: tuple[str, ...]) -> str | None:
    return next((text for name in names if (text := text_at(value, name))), None)
