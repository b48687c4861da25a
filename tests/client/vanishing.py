"""A daemon behind a wire that can be cut, and a journal that can be held."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import pytest
import trio

from ailoop.broker import JournalError
from ailoop.journal import MemoryJournal
from tests.client.kit import impostor
from tests.serving import Served, serving


class HeldJournal:
    """Stores nothing until it is let go, and then fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.let_go = trio.Event(), trio.Event()
        monkeypatch.setattr(MemoryJournal, "append", self._append)

    async def _append(self, *_: Any) -> NoReturn:
        self.reached.set()
        await self.let_go.wait()
        raise JournalError("held")


@asynccontextmanager
async def vanishing_server() -> AsyncIterator[Vanishing]:
    """Run a daemon that can be reached over a wire only."""
    async with serving() as server:
        wire = Vanishing(server)
        async with impostor(wire.carry) as wire.url:
            yield wire


class Vanishing:
    """A daemon behind a wire that can be cut."""

    def __init__(self, server: Served) -> None:
        self.server = server
        self.url = ""
        self._gone = False
        self._streams: list[trio.SocketStream] = []

    def vanish(self) -> None:
        """Cut everything, and let nobody in again."""
        self._gone = True
        for stream in self._streams:
            stream.socket.close()

    async def carry(self, near: trio.SocketStream) -> None:
        """Carry one connection's bytes both ways."""
        if self._gone:
            return
        far = await trio.open_tcp_stream(*self.server.address("rest"))
        self._streams += [near, far]
        async with near, far, trio.open_nursery() as nursery:
            nursery.start_soon(self._pump, near, far)
            nursery.start_soon(self._pump, far, near)

    async def _pump(self, source: trio.SocketStream, sink: trio.SocketStream) -> None:
        try:
            while data := await source.receive_some():
                await sink.send_all(data)
            await sink.send_eof()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
