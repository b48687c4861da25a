"""The conversation with earlier clients and with ``websocat``: a frame is a message."""

from __future__ import annotations

from typing import Any

from ailoop.broker import Entry, Gap, Outcome, Prompt
from ailoop.model.errors import Refusal
from ailoop.model.message import Message
from ailoop.model.names import check_channel
from ailoop.transport.ws.session import Session

__all__ = ["PlainSession"]

_REPLAY = 500


class PlainSession(Session):
    """A text frame is one message or an array; subscribing replays, then follows."""

    protocol = "plain"

    async def handle(self, value: Any) -> None:
        """Act on a message, an array of messages, or a wish to (un)subscribe."""
        match value:
            case {"content": _}:  # the first, being the most frequent
                self.role = self.role or "agent"
                await self.publish(value)
            case {"type": "auth"}:
                self.welcome(None)  # it is known, or of no interest here
            case {"subscribe": wanted} | {"type": "subscribe", "channel": wanted}:
                self.role = self.role or "viewer"
                self.follow(_channels(wanted), lambda _: None, _REPLAY)
            case {"unsubscribe": wanted} | {"type": "unsubscribe", "channel": wanted}:
                self.unfollow(_channels(wanted))
            case _:
                self.role = self.role or "agent"
                await self.publish(value)

    def credential_of(self, value: Any) -> str | None:
        """Return the credential of a frame of type ``auth``."""
        if not isinstance(value, dict) or value.get("type") != "auth":
            return None
        credential = value.get("credential")
        return credential.strip() if isinstance(credential, str) else None

    def welcome(self, _: Any) -> None:
        """Tell who the client is."""
        self.reply({"type": "auth", "name": self.identity.name if self.identity else None})

    def ref_of(self, _: Any) -> None:
        """Return nothing: earlier clients' frames carry none."""

    def check_allowed(self, messages: list[Message]) -> None:
        """Allow everything: earlier clients declare no role."""

    def error_frame(self, refusal: Refusal, **context: Any) -> dict[str, Any]:
        """Return the error as earlier clients know it."""
        known = {key: value for key, value in context.items() if value is not None}
        return {"type": "error", **refusal.body(), **known}

    @staticmethod
    def message_frame(entry: Entry) -> bytes:
        """Return the bare message."""
        return entry.encoded

    def gap_frame(self, gap: Gap) -> bytes | None:
        """Earlier clients know no such frame: the connection closes with a code instead."""

    def settled(self, prompt: Prompt) -> None:
        """Send the response, once, whether or not a feed of the same channel brings it too."""
        if prompt.response is None:
            self.refuse(Refusal("shutting_down"), id=str(prompt.entry.id))
        else:
            self.reply_once(prompt.response)

    def submitted(self, messages: list[Message], outcomes: list[Outcome], _: Any) -> None:
        """Tell of refusals only, as earlier clients expect no acknowledgement."""
        for message, outcome in zip(messages, outcomes, strict=True):
            if isinstance(outcome, Refusal):
                self.reply(self.error_frame(outcome, id=str(message.id)))


def _channels(wanted: Any) -> list[str] | None:
    """Read a channel name, a list of them, or ``*`` for all."""
    names = wanted if isinstance(wanted, list) else [wanted]
    return None if "*" in names else [check_channel(name) for name in names]
