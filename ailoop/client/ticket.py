"""What is kept of a prompt in order to wait for its response elsewhere, or later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import orjson
from attrs import frozen

from ailoop.client.errors import AiloopError
from ailoop.model.message import Content, Message

__all__ = ["Ticket", "id_of_key", "prompt_id_of"]

_NAMESPACE = UUID("6f0c4c5e-2f0b-5b0e-9d57-0d3c6f6b8f43")
"""Ours for ever: another one would ask every question with a key once more."""


@frozen
class Ticket:
    """A prompt that the server has taken. ``str(ticket)`` is JSON, :meth:`load` reads it.

    :param id: the prompt's id.
    :param channel: where it waits.
    :param expires_at: when the server has settled it at the latest, by this machine's
        clock; ``None`` if it may wait for as long as the server allows.
    """

    id: UUID
    channel: str
    expires_at: datetime | None = None

    @classmethod
    def of(cls, prompt: Message, timeout_seconds: int) -> Ticket:
        """Return the ticket of a prompt that has just been taken."""
        expires = datetime.now(UTC) + timedelta(seconds=timeout_seconds)
        return cls(prompt.id, prompt.channel, expires if timeout_seconds else None)

    @classmethod
    def load(cls, text: str | bytes) -> Ticket:
        """Read what ``str(ticket)`` wrote.

        :raises ValueError: it is no ticket.
        """
        try:
            value = orjson.loads(text)
            expires = value["expires_at"]
            when = None if expires is None else datetime.fromisoformat(expires)
            return cls(UUID(value["id"]), str(value["channel"]), when)
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"not a ticket: {error}") from None

    def __str__(self) -> str:
        when = None if self.expires_at is None else self.expires_at.isoformat()
        members = {"id": str(self.id), "channel": self.channel, "expires_at": when}
        return orjson.dumps(members).decode()


def id_of_key(channel: str, content: Content, key: str) -> UUID:
    """Return the id (UUID version 5) that a channel, a kind of prompt and a key stand for."""
    # No channel and no kind has a space, so that no two of these texts are the same.
    return uuid5(_NAMESPACE, f"{channel} {content.type} {key}")


def prompt_id_of(prompt: Ticket | UUID | str) -> UUID:
    """Return the id of a prompt, however it is given."""
    if isinstance(prompt, Ticket):
        return prompt.id
    try:
        return prompt if isinstance(prompt, UUID) else UUID(prompt)
    except ValueError:
        raise AiloopError(f"not the id of a prompt: {prompt}") from None
