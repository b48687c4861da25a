"""Claude Code with ``--output-format stream-json``.

Each line is an object with a ``type``. What the model says, and what tools return to it, is
in ``message.content``: a text, or a list of blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import evolve

from ailoop.forward.event import Event, Kind
from ailoop.forward.shapes import brief, dig, number_at, objects_in, text_at, text_of
from ailoop.forward.tools import ToolNames, tool_event, tool_result_event

__all__ = ["ClaudeShape", "result_event"]

_SAID_ELSEWHERE = {
    "stream_event",  # pieces of a message that comes whole afterwards
    "tool_progress",
    "keep_alive",
    "control_request",
    "control_response",
    "control_cancel_request",
}


class ClaudeShape:
    """Reads the objects of one stream."""

    name = "claude"

    def __init__(self) -> None:
        self._tools = ToolNames()

    def read(self, value: dict[str, Any]) -> list[Event] | None:
        """Return what an object says, or ``None`` if it is none of this agent's."""
        kind = value.get("type")
        if kind in ("assistant", "user"):
            events = [*self._message(kind, value)]
        elif kind == "result":
            events = [result_event(value)]
        elif kind == "system":
            events = [*_system(value)]
        elif isinstance(kind, str) and kind in _SAID_ELSEWHERE:
            events = []
        else:
            return None
        session = text_at(value, "session_id")
        return [evolve(one, session_id=session) for one in events]

    def _message(self, role: str, value: dict[str, Any]) -> Iterator[Event]:
        content = dig(value, "message", "content")
        model = text_at(value, "message", "model")
        blocks = [content] if isinstance(content, str) else objects_in(content)
        for block in blocks:
            for event in self._block(role, block, model):
                # It is the agent that tells a subagent what to do, and no person.
                told = event.kind is Kind.USER and text_at(value, "parent_tool_use_id")
                yield _to_subagent(event) if told else event
        fault = text_at(value, "error")
        if fault is not None:
            yield Event(kind=Kind.ERROR, text=f"The model could not go on: {fault}")

    def _block(
        self, role: str, block: str | dict[str, Any], model: str | None
    ) -> Iterator[Event]:
        if isinstance(block, str):
            yield _said(role, block, model)
            return
        match str(block.get("type")):
            case "text":
                yield _said(role, text_of(block.get("text")), model)
            case "thinking":
                yield Event(
                    kind=Kind.THINKING, text=text_of(block.get("thinking")), model=model
                )
            case "redacted_thinking":
                pass  # nobody can read it
            case "tool_use" | "server_tool_use" | "mcp_tool_use":
                name = text_at(block, "name")
                self._tools.note(block.get("id"), name)
                yield tool_event(name, brief(block.get("input")), model)
            case kind if kind.endswith("tool_result"):
                name = self._tools.of(block.get("tool_use_id"))
                failed = block.get("is_error") is True
                yield tool_result_event(name, text_of(block.get("content")), failed=failed)
            case _:
                yield Event(kind=Kind.OTHER, text=text_of(block), model=model)


def _said(role: str, text: str, model: str | None) -> Event:
    kind = Kind.USER if role == "user" else Kind.TEXT
    return Event(kind=kind, text=text, model=model)


def _to_subagent(event: Event) -> Event:
    return evolve(event, kind=Kind.OTHER, text=f"To a subagent: {event.text}")


def _system(value: dict[str, Any]) -> Iterator[Event]:
    subtype = text_at(value, "subtype") or "system"
    model = text_at(value, "model")
    if subtype == "init":
        where = text_at(value, "cwd")
        words = ["Started", *([f"in {where}"] if where else [])]
        yield Event(kind=Kind.START, text=" ".join(words), model=model)
    elif subtype == "compact_boundary":
        yield Event(kind=Kind.OTHER, text="The conversation was compacted")
    elif subtype == "api_retry":
        status = number_at(value, "error_status")
        why = text_at(value, "error") or "unknown" if status is None else f"HTTP {status:.0f}"
        yield Event(
            kind=Kind.OTHER, text=f"The model does not answer ({why}); it is asked again"
        )
    elif said := text_of([value.get(name) for name in ("message", "content", "summary")]):
        yield Event(kind=Kind.OTHER, text=f"{subtype}: {said}")


def result_event(value: dict[str, Any]) -> Event:
    """Return how a run ended; Cursor says it in the same way."""
    subtype = text_at(value, "subtype") or "success"
    failed = value.get("is_error") is True or subtype.startswith("error")
    said = text_of([value.get("result"), value.get("errors"), value.get("error")])
    if failed:
        head = "Failed" if subtype == "success" else f"Failed ({subtype})"
        said = f"{head}: {said}" if said else head
    milliseconds = number_at(value, "duration_ms")
    return Event(
        kind=Kind.ERROR if failed else Kind.RESULT,
        text=said or "Done",
        cost=number_at(value, "total_cost_usd"),
        duration=None if milliseconds is None else milliseconds / 1000,
    )
