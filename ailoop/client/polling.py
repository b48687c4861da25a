"""A subscription over HTTP alone: channels that are asked for news now and then."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import anyio

from ailoop.client.errors import MissedMessages
from ailoop.model.codec import load_message
from ailoop.model.message import Message

__all__ = ["PollingFeed"]

POLL_SECONDS = 0.5


class PollingFeed:
    """Asks each channel in turn for what came after its cursor.

    :param get: reads a page: a path, and what it is asked for.
    """

    def __init__(
        self,
        get: Callable[..., Awaitable[Any]],
        channels: Sequence[str] | None,
        cursors: dict[str, int],
        replay: int | None,
    ) -> None:
        self._get = get
        self._channels = channels
        self.cursors = cursors
        self._replay = replay or 0
        self._others = self.cursors.pop("*", 0)
        self._reading = anyio.Lock()
        self._ready: deque[tuple[Message | None, str, int]] = deque()
        """What each page held, and after its last message the cursor it gave."""

    async def begin(self) -> None:
        """Take up a cursor on every channel that has none."""
        for name in await self._names():
            if name not in self.cursors:
                page = await self._page(name, limit=max(self._replay, 1))
                if self._replay:
                    self._keep(name, page)
                else:
                    self.cursors[name] = page["next_after"]

    async def _names(self) -> Sequence[str]:
        if self._channels is not None:
            return self._channels
        body = await self._get("/api/channels")
        return [one["name"] for one in body["channels"]]

    async def _page(self, name: str, **query: Any) -> Any:
        return await self._get(f"/api/channels/{name}/messages", **query)

    def _keep(self, name: str, page: Any) -> None:
        """Hold a page; the cursor goes on only when all of it has been read."""
        # Of what has been read of a page in part, the rest is to come again.
        self.cursors.setdefault(name, 0)
        self._ready += [(load_message(one), name, -1) for one in page["messages"]]
        self._ready.append((None, name, page["next_after"]))

    def __aiter__(self) -> PollingFeed:
        return self

    async def __anext__(self) -> Message:
        async with self._reading:  # for several readers to take turns
            return await self._next()

    async def _next(self) -> Message:
        while True:
            while not self._ready:
                await anyio.sleep(POLL_SECONDS)
                for name in await self._names():
                    await self._read(name)
            message, name, cursor = self._ready.popleft()
            if self._ready and self._ready[0][0] is None:
                _, name, cursor = self._ready.popleft()
            if cursor >= 0:
                self.cursors[name] = cursor
            if message is not None:
                return message

    async def _read(self, name: str) -> None:
        # A channel that appeared since is read from its beginning.
        after = self.cursors.get(name, self._others)
        page = await self._page(name, after=after)
        gap = page.get("gap")
        if gap:
            self.cursors[name] = gap["first"] - 1
            raise MissedMessages(name, gap["after"], gap["first"])
        self._keep(name, page)
