"""What has been read and not sent yet: so much and no more."""

from __future__ import annotations

from collections import deque
from math import inf

import trio
from attrs import frozen

from ailoop.forward.position import Place
from ailoop.model.codec import encode
from ailoop.model.message import Message

__all__ = ["Buffer", "Item"]


@frozen
class Item:
    """A message on its way.

    :param place: where its line ends in the file, if that is to be remembered; only the last
        message of a line has it.
    """

    message: Message
    place: Place | None = None


class Buffer:
    """Messages in their order, between who reads and who sends.

    :param room: how many there may be.
    :param drops: whether a full one lets the oldest go; otherwise who puts has to wait, and so
        has the agent at the other end of the pipe.
    """

    def __init__(self, room: int, *, drops: bool = False) -> None:
        self.dropped = 0
        """Messages that were let go."""
        self.undelivered = 0
        """Messages that nobody will take any more."""
        self._room = room
        self._drops = drops
        self._items: deque[Item] = deque()
        self._told = 0
        self._closed = False
        self._abandoned = False
        self._changed = trio.Event()

    def __len__(self) -> int:
        return len(self._items)

    async def put(self, item: Item) -> None:
        """Add a message, and wait for room before if it does not drop."""
        await trio.lowlevel.checkpoint()  # a chunk of many lines leaves others their turn
        while len(self._items) >= self._room and not (self._drops or self._abandoned):
            await self._changed.wait()
        if self._abandoned:
            self.undelivered += 1
            return
        if len(self._items) >= self._room:
            self._items.popleft()
            self.dropped += 1
        self._items.append(item)
        self._change()

    def close(self) -> None:
        """Say that there will be no more."""
        self._closed = True
        self._change()

    def abandon(self) -> None:
        """Say that nobody will take any more: what is here and what comes is only counted."""
        self._abandoned = True
        self.undelivered += len(self._items)
        self._items.clear()
        self._change()

    async def take(self, most: int, most_bytes: float = inf) -> list[Item]:
        """Return the oldest messages, at least one; none if there will be no more."""
        while not self._items and not self._closed:
            await self._changed.wait()
        taken: list[Item] = []
        size = 0
        while self._items and len(taken) < most:
            size += len(encode(self._items[0].message))
            if taken and size > most_bytes:
                break
            taken.append(self._items.popleft())
        self._change()
        return taken

    def news_of_dropped(self) -> int:
        """Return how many were let go since this was asked last."""
        news, self._told = self.dropped - self._told, self.dropped
        return news

    def _change(self) -> None:
        changed, self._changed = self._changed, trio.Event()
        changed.set()
