"""What is kept of a prompt in order to wait for its response elsewhere, or later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import orjson
from attrs import field, frozen

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
    :param reply_secret: of an encrypted prompt, what opens its answer; whoever has it can
        forge one, so keep such a ticket as you keep a key.
    """

    id: UUID
    channel: str
    expires_at: datetime | None = None
    reply_secret: bytes | None = field(default=None, repr=False)

    @classmethod
    def of(cls, prompt: Message, timeout_seconds: int, secret: bytes | None = None) -> Ticket:
        """Return the ticket of a prompt that has just been taken."""
        expires = datetime.now(UTC) + timedelta(seconds=timeout_seconds)
        return cls(prompt.id, prompt.channel, expires if timeout_seconds else None, secret)

    @classmethod
    def load(cls, text: str | bytes) -> Ticket:
        """Read what ``str(ticket)`` wrote.

        :raises ValueError: it is no ticket.
        """
        try:
            value = orjson.loads(text)
            expires = value["expires_at"]
            when = None if expires is None else datetime.fromisoformat(expires)
            secret = value.get("reply_secret")
            known = None if secret is None else bytes.fromhex(secret)
            return cls(UUID(value["id"]), str(value["channel"]), when, known)
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"not a ticket: {error}") from None

    def __str__(self) -> str:
        when = None if self.expires_at is None else self.expires_at.isoformat()
        members = {"id": str(self.id), "channel": self.channel, "expires_at": when}
        if self.reply_secret is not None:
            members["reply_secret"] = self.reply_secret.hex()
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
