"""Tools of agents: what they are called, and what they were called by when they return."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from ailoop.forward.event import Event, Kind
from ailoop.model.message import Priority

__all__ = ["ToolNames", "tool_event", "tool_result_event"]

_REMEMBERED = 1000
"""Calls whose name is known when they return; of an older one only the result is told."""


class ToolNames:
    """The names of tools by the id of the call, of which a result has the id alone."""

    def __init__(self) -> None:
        self._names: OrderedDict[str, str] = OrderedDict()

    def note(self, call_id: Any, name: str | None) -> None:
        """Know the name of a call."""
        if isinstance(call_id, str) and name is not None:
            self._names[call_id[:200]] = name[:200]
            if len(self._names) > _REMEMBERED:
                self._names.popitem(last=False)

    def of(self, call_id: Any) -> str | None:
        """Return the name of a call."""
        return self._names.get(call_id[:200]) if isinstance(call_id, str) else None


def tool_event(name: str | None, about: str, model: str | None = None) -> Event:
    """Return that a tool is used."""
    head = name or "a tool"
    return Event(
        kind=Kind.TOOL, text=f"{head}: {about}" if about else head, tool=name, model=model
    )


def tool_result_event(
    name: str | None, said: str, *, failed: bool, duration: float | None = None
) -> Event:
    """Return what a tool returned.

    One that failed is no error yet: agents try, read what went wrong and try again.
    """
    head = f"{name or 'a tool'} {'failed' if failed else 'returned'}"
    return Event(
        kind=Kind.TOOL_RESULT,
        text=f"{head}: {said}" if said else head,
        priority=Priority.NORMAL if failed else None,
        tool=name,
        duration=duration,
    )
