"""What one subscriber of a client has yet to read."""

from __future__ import annotations

from collections import deque
from typing import Protocol

import anyio
from anyio.lowlevel import checkpoint

from ailoop.client.errors import AiloopError, MissedMessages
from ailoop.model.message import Message

__all__ = ["Feed", "MessageFeed"]

FEED_MESSAGES = 10_000
"""Messages held for a reader; beyond it they are let go, and it is told which."""


class MessageFeed(Protocol):
    """Messages of the channels that are followed, in order: an asynchronous iterator.

    :ivar cursors: by channel, the seq of the message read last: what ``after`` takes in
        order to go on from here another time.
    """

    cursors: dict[str, int]

    def __aiter__(self) -> MessageFeed: ...

    async def __anext__(self) -> Message: ...


class Feed:
    """Messages for one subscriber; a reader that falls behind is told what it missed."""

    def __init__(self) -> None:
        self.cursors: dict[str, int] = {}
        self._waiting: deque[tuple[int, Message] | AiloopError] = deque()
        self._reading = anyio.Lock()
        self._news = anyio.Event()
        self._end: AiloopError | None = None

    def put(self, item: tuple[int, Message] | AiloopError) -> None:
        """Hand over what has arrived; never waits."""
        if len(self._waiting) >= FEED_MESSAGES and isinstance(item, tuple):
            self._overflow()
        self._waiting.append(item)
        self._news.set()

    def end(self, error: AiloopError) -> None:
        """Have every read fail once what has arrived is read."""
        self._end = error
        self._news.set()

    def _overflow(self) -> None:
        """Let go of what waits, and leave word of it for each channel it was of."""
        spans: dict[str, tuple[int, int]] = {}
        for one in self._waiting:
            if isinstance(one, tuple):
                seq, name = one[0], one[1].channel
                spans[name] = (spans.get(name, (seq - 1, 0))[0], seq + 1)
            elif isinstance(one, MissedMessages):
                spans[one.channel] = (spans.get(one.channel, (one.after, 0))[0], one.first)
        self._waiting.clear()
        self._waiting.extend(MissedMessages(name, *span) for name, span in spans.items())

    def __aiter__(self) -> Feed:
        return self

    async def __anext__(self) -> Message:
        async with self._reading:  # for several readers to take turns
            return await self._next()

    async def _next(self) -> Message:
        while not self._waiting:
            if self._end is not None:
                raise self._end
            self._news = anyio.Event()
            await self._news.wait()
        await checkpoint()
        item = self._waiting.popleft()
        if isinstance(item, MissedMessages):
            self.cursors[item.channel] = item.first - 1
        if isinstance(item, AiloopError):
            raise item
        seq, message = item
        self.cursors[message.channel] = seq
        return message
