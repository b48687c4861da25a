"""One prompt as it stands before a person: its time, its draft, its outcome."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from attrs import define

from ailoop.client import SealedMessage
from ailoop.model.delivery import Delivery
from ailoop.model.message import Authorization, Message, Priority, PromptContent, Question

__all__ = ["Entry"]

_RANK = {one: rank for rank, one in enumerate(reversed(Priority))}
"""From the most urgent on."""


@define(eq=False)
class Entry:
    """A prompt, and how far a person has come with it here.

    :param deadline: when its time is over, on Trio's clock; infinite if never.
    """

    prompt: Message
    content: PromptContent
    deadline: float
    draft: str = ""
    """What has been typed and not sent."""
    changes: str = ""
    """The context as it has been changed, and not approved."""
    sending: bool = False
    """Whether a decision is on its way to the server."""
    outcome: Message | None = None
    """The response, wherever it was given."""
    lost: bool = False
    """Whether it waits no more, and nobody could say why."""
    read: bool = False
    """Whether its last line has been on the screen."""
    listed: bool = False
    """Whether a list with it has been on the screen."""
    seen: bool = False
    """Whether a person had it before their eyes."""
    delivery: Delivery | None = None
    """How it stands with other surfaces, as far as the server has told."""

    @property
    def id(self) -> UUID:
        """The prompt's id."""
        return self.prompt.id

    @property
    def trouble(self) -> str | None:
        """Why an encrypted prompt cannot be read here; ``None`` of all others."""
        return self.prompt.trouble if isinstance(self.prompt, SealedMessage) else None

    @property
    def has_draft(self) -> bool:
        """Whether something has been typed that is not sent."""
        return bool(self.draft or self.changes)

    @property
    def schema(self) -> dict[str, Any] | None:
        """The form that a question is, if it is one and can be read here."""
        content = self.content
        return content.schema if isinstance(content, Question) and not self.trouble else None

    @property
    def is_editable(self) -> bool:
        """Whether what it is about may be changed."""
        content = self.content
        return isinstance(content, Authorization) and content.editable and not self.trouble

    @property
    def priority(self) -> Priority:
        """How loudly it calls."""
        return self.prompt.priority

    @property
    def is_open(self) -> bool:
        """Whether it still waits, as far as is known."""
        return self.outcome is None and not self.lost

    def is_due(self, now: float) -> bool:
        """Whether it can still be decided: it waits, and its time is not over."""
        return self.is_open and now < self.deadline

    @property
    def place(self) -> tuple[int, float, UUID]:
        """What the list is sorted by: urgent ones first, then what ends soonest."""
        return _RANK[self.priority], self.deadline, self.id
