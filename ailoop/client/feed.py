"""What one subscriber of a client has yet to read."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import trio

from ailoop.client.errors import AiloopError, ConnectionLost, MissedMessages
from ailoop.client.session import Arrived
from ailoop.model.message import Message

__all__ = ["Feed"]

FEED_MESSAGES = 10_000
"""Messages held for a reader; beyond it they are let go, and it is told which."""


class Feed:
    """Messages for one subscriber; a reader that falls behind is told what it missed.

    :param channels: their names, or ``None`` for all.
    """

    def __init__(self, channels: Sequence[str] | None) -> None:
        self.channels = channels
        self._waiting: deque[Arrived | AiloopError] = deque()
        self._news = trio.Event()

    def overlaps(self, channels: Sequence[str]) -> bool:
        """Whether this feed follows one of these channels."""
        return self.channels is None or not set(channels).isdisjoint(self.channels)

    def wants(self, channel: str) -> bool:
        """Whether this feed follows a channel."""
        return self.channels is None or channel in self.channels

    def put(self, item: Arrived | AiloopError) -> None:
        """Hand over what has arrived; never waits."""
        if len(self._waiting) >= FEED_MESSAGES and isinstance(item, Arrived):
            self._overflow()
        self._waiting.append(item)
        self._news.set()

    def _overflow(self) -> None:
        """Let go of what waits, and leave word of it for each channel it was of."""
        spans: dict[str, tuple[int, int]] = {}
        for one in self._waiting:
            if isinstance(one, Arrived):
                name = one.message.channel
                spans[name] = (spans.get(name, (one.seq - 1, 0))[0], one.seq + 1)
            elif isinstance(one, MissedMessages):
                spans[one.channel] = (spans.get(one.channel, (one.after, 0))[0], one.first)
        self._waiting.clear()
        self._waiting.extend(MissedMessages(name, *span) for name, span in spans.items())

    def __aiter__(self) -> Feed:
        return self

    async def __anext__(self) -> Message:
        while not self._waiting:
            self._news = trio.Event()
            await self._news.wait()
        await trio.lowlevel.checkpoint()
        item = self._waiting.popleft()
        if isinstance(item, ConnectionLost):
            self._waiting.append(item)  # every later read ends the same way
        if isinstance(item, AiloopError):
            raise item
        return item.message
