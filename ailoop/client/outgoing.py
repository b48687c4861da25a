"""Messages that nobody waits for, on their way over HTTP."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice

import anyio

from ailoop.client.errors import AiloopError, Refused
from ailoop.model.message import Message

__all__ = ["Outgoing"]

_BATCH_MESSAGES = 100


class Outgoing:
    """Posts what it is given, in its order, what has gathered meanwhile together.

    :param room: how many messages may be on their way; others are dropped, and counted.
    :param post: posts some; all or none are taken.
    """

    def __init__(self, room: int, post: Callable[[Sequence[Message]], Awaitable[None]]) -> None:
        self.dropped = 0
        """Messages that the server has not got, and never will."""
        self._room = room
        self._post = post
        self._waiting: deque[Message] = deque()
        self._wanted = anyio.Event()
        self._taken = 0
        self._gone = 0
        self._progress = anyio.Event()
        self._closed = False

    def put(self, message: Message) -> None:
        """Have a message posted, if there is room for it."""
        if self._closed or len(self._waiting) >= self._room:
            self.dropped += 1
        else:
            self._waiting.append(message)
            self._taken += 1
            self._wanted.set()

    async def flush(self) -> None:
        """Return when what waits now has been posted or dropped."""
        target = self._taken
        while self._gone < target:
            await self._progress.wait()

    async def run(self) -> None:
        """Post until cancelled; what is left then is dropped."""
        try:
            while True:
                while not self._waiting:
                    self._wanted = anyio.Event()
                    await self._wanted.wait()
                # They keep their room until the server has them.
                batch = [*islice(self._waiting, _BATCH_MESSAGES)]
                await self._deliver(batch)
                for _ in batch:
                    self._waiting.popleft()
                self._note_gone(len(batch))
        finally:
            self._closed = True
            self.dropped += len(self._waiting)
            self._note_gone(len(self._waiting))
            self._waiting.clear()

    def _note_gone(self, count: int) -> None:
        """Wake everybody who waits for it; who comes later waits for the next."""
        self._gone += count
        progress, self._progress = self._progress, anyio.Event()
        progress.set()

    async def _deliver(self, batch: Sequence[Message]) -> None:
        try:
            await self._post(batch)
        except Refused:
            if len(batch) == 1:
                self.dropped += 1
                return
            for one in batch:  # to find out which of them is at fault
                await self._deliver([one])
        except AiloopError:
            self.dropped += len(batch)
