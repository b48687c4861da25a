"""What is kept of a prompt in order to wait for its response elsewhere, or later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import orjson
from attrs import evolve, field, frozen

from ailoop.client.errors import AiloopError
from ailoop.client.kept import Kept
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
    :param content_hash: of an encrypted prompt, the hash of what it says.
    :param prompt_hash: the hash of what the server has in its place.
    :param bare_hash: of an encrypted authorization that may be edited, the hash of what it says
        without the context.
    """

    id: UUID
    channel: str
    expires_at: datetime | None = None
    reply_secret: bytes | None = field(default=None, repr=False)
    content_hash: str | None = field(default=None, repr=False)
    prompt_hash: str | None = field(default=None, repr=False)
    bare_hash: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, prompt: Message, timeout_seconds: int, kept: Kept | None = None) -> Ticket:
        """Return the ticket of a prompt that has just been taken."""
        # What is beyond the calendar the server brings down to its maximum.
        longest = (datetime.max.replace(tzinfo=UTC) - datetime.now(UTC)).days * 86_400
        expires = datetime.now(UTC) + timedelta(seconds=min(timeout_seconds, longest))
        ticket = cls(prompt.id, prompt.channel, expires if timeout_seconds else None)
        if kept is None:
            return ticket
        return evolve(
            ticket,
            reply_secret=kept.secret,
            content_hash=kept.content_hash,
            prompt_hash=kept.prompt_hash,
            bare_hash=kept.bare_hash,
        )

    @property
    def kept(self) -> Kept | None:
        """What is kept of an encrypted prompt."""
        if self.reply_secret is None:
            return None
        return Kept(self.reply_secret, self.content_hash, self.prompt_hash, self.bare_hash)

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
            hashes = [_text_or_none(value.get(name)) for name in _HASHES]
            return cls(UUID(value["id"]), str(value["channel"]), when, known, *hashes)
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"not a ticket: {error}") from None

    def __str__(self) -> str:
        when = None if self.expires_at is None else self.expires_at.isoformat()
        members = {"id": str(self.id), "channel": self.channel, "expires_at": when}
        if self.reply_secret is not None:
            members["reply_secret"] = self.reply_secret.hex()
        for name in _HASHES:
            if getattr(self, name) is not None:
                members[name] = getattr(self, name)
        return orjson.dumps(members).decode()


_HASHES = ("content_hash", "prompt_hash", "bare_hash")


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)


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
