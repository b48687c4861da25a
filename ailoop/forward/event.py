"""What a line of an agent's output says, whichever agent it was."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from attrs import frozen

from ailoop.model.message import Priority

__all__ = ["Event", "Kind"]


class Kind(StrEnum):
    """What an event is about: ``metadata.kind`` of the notification."""

    START = "start"
    USER = "user"
    TEXT = "text"
    THINKING = "thinking"
    TOOL = "tool"
    TOOL_RESULT = "tool_result"
    RESULT = "result"
    ERROR = "error"
    OTHER = "other"
    """JSON whose meaning is not known."""
    LINE = "line"
    """A line that is no JSON."""
    NOTICE = "notice"
    """From the forwarder itself: something is missing here."""


_PRIORITIES = {
    Kind.RESULT: Priority.NORMAL,
    Kind.NOTICE: Priority.NORMAL,
    Kind.ERROR: Priority.HIGH,
    Kind.START: Priority.LOW,
    Kind.USER: Priority.LOW,
    Kind.THINKING: Priority.LOW,
    Kind.TOOL: Priority.LOW,
    Kind.TOOL_RESULT: Priority.LOW,
}


@frozen(kw_only=True)
class Event:
    """One thing that an agent did or said.

    :param priority: how loudly it calls, where the kind alone does not tell.
    :param cost: in US dollars.
    :param duration: in seconds.
    """

    kind: Kind
    text: str
    priority: Priority | None = None
    session_id: str | None = None
    tool: str | None = None
    model: str | None = None
    cost: float | None = None
    duration: float | None = None

    def priority_or(self, default: Priority) -> Priority:
        """Return its priority; ``default`` is that of what an agent says."""
        return self.priority or _PRIORITIES.get(self.kind, default)

    def metadata(self, agent: str) -> dict[str, Any]:
        """Return what goes beside the text; what is not known is left out."""
        known = {
            "session_id": self.session_id,
            "tool": self.tool,
            "model": self.model,
            "cost": self.cost,
            "duration": self.duration,
        }
        present = {name: value for name, value in known.items() if value is not None}
        return {"agent": agent, "kind": self.kind.value, **present}
