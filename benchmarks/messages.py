"""The messages that the load consists of: notifications of 100 characters, each with an id.

They are whole, with id and timestamp, as the clients send them; so the server has to read
everything. All have the same size, so that what arrives can be counted by bytes. Ids come
again only with the same text, and long after the server's history has forgotten them.
"""

from __future__ import annotations

from typing import Any

import orjson
from attrs import define, field, frozen

from benchmarks.frames import masked

__all__ = ["CHANNEL", "PLAIN", "V1", "Dialect", "Traffic", "notification"]

CHANNEL = "bench"
_TEXT_CHARACTERS = 100
_POOL = 20_000
"""Messages made before the clock runs, and then sent over and over."""


def notification(number: int, text: str = "", channel: str = CHANNEL) -> dict[str, Any]:
    """Make a message.

    :param number: becomes its id.
    :param text: what it begins with; it is filled up to its size.
    """
    return {
        "id": f"01990000-0000-7000-8000-{number:012x}",
        "channel": channel,
        "sender_type": "AGENT",
        "content": {
            "type": "notification",
            "text": text.ljust(_TEXT_CHARACTERS, "."),
            "priority": "normal",
        },
        "timestamp": "2026-01-31T12:00:00.000000Z",
        "correlation_id": None,
    }


@frozen
class Dialect:
    """One of the two conversations over a WebSocket.

    :param subprotocol: what the handshake asks for.
    """

    subprotocol: str | None

    @property
    def acknowledges(self) -> bool:
        """Whether the server answers every frame that publishes."""
        return self.subprotocol is not None

    def subscribe(self, channel: str = CHANNEL) -> bytes:
        """Make the frame that asks for a channel."""
        if self.acknowledges:
            return masked(orjson.dumps({"op": "subscribe", "ref": 1, "channels": [channel]}))
        return masked(orjson.dumps({"subscribe": channel}))

    def publish(self, messages: list[dict[str, Any]]) -> bytes:
        """Make the frame that publishes: one message as itself, several as an array."""
        value: Any = messages if len(messages) > 1 else messages[0]
        if self.acknowledges:
            member = "messages" if len(messages) > 1 else "message"
            value = {"op": "send", "ref": 1, member: value}
        return masked(orjson.dumps(value))


PLAIN = Dialect(None)
V1 = Dialect("ailoop.v1")


@define
class Traffic:
    """A supply of frames of one size.

    :param batch: messages of one frame.
    """

    dialect: Dialect = PLAIN
    batch: int = 1
    _made: int = field(default=0, init=False)

    def frame(self, mark: str = "") -> bytes:
        """Make the next frame.

        :param mark: what the text of its last message begins with.
        """
        first = self._made
        self._made += self.batch
        messages = [notification(number) for number in range(first, self._made)]
        messages[-1] = notification(self._made - 1, mark)
        return self.dialect.publish(messages)

    def pool(self, messages: int = _POOL) -> bytes:
        """Make many frames, one after the other."""
        return b"".join(self.frame() for _ in range(max(1, messages // self.batch)))
