"""A wire between client and daemon: it cuts, stalls, refuses, truncates, delays, doubles.

What it doubles is what a network can double: a whole WebSocket message, either way, or a
request that a proxy repeats towards the server because it thinks the first one lost.

What happens at random comes from a seed. Nothing here waits for a fixed time except a delay
that a test asks for.
"""

from __future__ import annotations

import math
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import trio

from tests.client.frames import Frames
from tests.client.kit import impostor

__all__ = ["Wire", "is_complete", "wired"]

_UPGRADE = re.compile(rb"GET /ws |HTTP/1.1 101")
_REQUEST = re.compile(rb"POST |DELETE ")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@asynccontextmanager
async def wired(address: tuple[str, int], seed: int = 0) -> AsyncIterator[Wire]:
    """Lay a wire to an address; ``wire.url`` is the near end."""
    wire = Wire(address, Random(seed))
    async with impostor(wire.carry) as wire.url:
        yield wire


class Wire:
    """Connections that a test may mistreat."""

    def __init__(self, address: tuple[str, int], random: Random) -> None:
        self.url = ""
        self.address = address
        """The far end; another daemon may take over."""
        self.refusing = False
        """Whether new connections are closed at once."""
        self.cut_chance = 0.0
        """How likely a piece of data is cut short, and the connection with it."""
        self.delay_seconds = 0.0
        """How long a piece of data takes at most."""
        self.idle_seconds = math.inf
        """After so long without a byte in one direction a connection is cut."""
        self.double_chance = 0.0
        """How likely a whole message, or a whole request, goes twice."""
        self.connections = 0
        self.doubled = 0
        self.cuts = 0
        self._random = random
        self._streams: set[trio.SocketStream] = set()
        self._open = trio.Event()
        self._open.set()
        self._flowing = dict.fromkeys(("there", "back"), self._open)

    def cut(self) -> None:
        """Cut every connection."""
        for stream in self._streams:
            stream.socket.close()
        self._streams.clear()
        for stalled in self._flowing.values():
            stalled.set()
        self._flowing = dict.fromkeys(self._flowing, self._open)

    def stall(self, *directions: str) -> None:
        """Let nothing through any more until the cut, and tell nobody: all looks open.

        :param directions: ``there`` or ``back``; both if none is given.
        """
        for direction in directions or tuple(self._flowing):
            self._flowing[direction] = trio.Event()

    async def carry(self, near: trio.SocketStream) -> None:
        """Carry one connection's bytes both ways."""
        self.connections += 1
        if self.refusing:
            await trio.aclose_forcefully(near)
            return
        try:
            far = await trio.open_tcp_stream(*self.address)
        except OSError:
            await trio.aclose_forcefully(near)
            return
        both = {near, far}
        self._streams |= both
        try:
            async with near, far, trio.open_nursery() as nursery:
                nursery.start_soon(self._pump, near, far, "there")
                nursery.start_soon(self._pump, far, near, "back")
        finally:
            self._streams -= both

    async def _pump(
        self, source: trio.SocketStream, sink: trio.SocketStream, direction: str
    ) -> None:
        frames: Frames | None = None
        try:
            while data := await self._receive(source):
                await self._flowing[direction].wait()
                if self.delay_seconds:
                    await trio.sleep(self._random.uniform(0, self.delay_seconds))
                if self._random.random() < self.cut_chance:
                    self.cuts += 1
                    await sink.send_all(data[: self._random.randrange(len(data))])
                    source.socket.close()
                    sink.socket.close()
                    return
                await sink.send_all(data)
                doubled = self._random.random() < self.double_chance
                if frames is not None:
                    if frames.are_whole(data) and doubled:
                        self.doubled += 1
                        await sink.send_all(data)
                elif _UPGRADE.match(data):
                    frames = Frames()
                    frames.are_whole(data.partition(b"\r\n\r\n")[2])
                elif doubled and _REQUEST.match(data) and is_complete(data):
                    self.doubled += 1
                    await self._repeat(data)
            await sink.send_eof()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            source.socket.close()
            sink.socket.close()

    async def _receive(self, source: trio.SocketStream) -> bytes:
        with trio.move_on_after(self.idle_seconds):
            return bytes(await source.receive_some())
        raise trio.BrokenResourceError

    async def _repeat(self, request: bytes) -> None:
        """Send a request over a connection of its own, and forget its answer."""
        try:
            async with await trio.open_tcp_stream(*self.address) as stream:
                await stream.send_all(request)
                await stream.receive_some()
        except OSError:
            pass


def is_complete(request: bytes) -> bool:
    """Tell whether a request is all there, with its body."""
    head, _, body = request.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return len(body) == (int(length[1]) if length else 0) and b"\r\n\r\n" in request
