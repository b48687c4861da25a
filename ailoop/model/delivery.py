"""What is known of a prompt's way to people: whether it was shown, who saw it, who types.

It is told beside the log, never in it: it decides nothing, and ends with the process.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from attrs import frozen

__all__ = ["Delivery", "Showing"]


class Showing(StrEnum):
    """How a prompt stands with a surface."""

    DELIVERED = "delivered"
    """It is among what the surface lists."""
    SEEN = "seen"
    """A person had it before their eyes."""
    TYPING = "typing"
    """A person is answering it."""


@frozen(kw_only=True)
class Delivery:
    """How far a prompt has come.

    :param prompt_id: the prompt's id.
    :param delivered_at: when a surface listed it first; ``None`` if none has.
    :param seen_at: when a person had it before their eyes first.
    :param seen_by: who had, by the name of the person or else of the surface, in order.
    :param typing: who is answering at present.
    """

    prompt_id: UUID
    delivered_at: datetime | None = None
    seen_at: datetime | None = None
    seen_by: tuple[str, ...] = ()
    typing: tuple[str, ...] = ()
