"""A raw ``ailoop.v1`` connection on Trio, for what no proper client does to a server."""

from __future__ import annotations

import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import orjson
import trio

from benchmarks.frames import (
    CLOSE,
    PING,
    PONG,
    ClosedByServerError,
    FrameParser,
    connect,
    masked,
)
from benchmarks.talk import SUBPROTOCOL

__all__ = ["Wire", "open_wire"]

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # struct linger: on, no time


class Wire:
    """One connection. Opened with :func:`open_wire`.

    :param read_bytes: as much is taken from the socket at once.
    """

    def __init__(self, stream: trio.SocketStream, read_bytes: int) -> None:
        self._stream = stream
        self._read_bytes = read_bytes
        self._parser = FrameParser()
        self._refs = count(1)

    async def send(self, op: str, **members: Any) -> int:
        """Send a request without waiting; return the number that its reply repeats."""
        ref = next(self._refs)
        await self._send({"op": op, "ref": ref, **members})
        return ref

    async def _send(self, value: dict[str, Any]) -> None:
        await self._write(masked(orjson.dumps(value)))

    async def _write(self, data: bytes) -> None:
        try:
            await self._stream.send_all(data)
        except trio.BrokenResourceError:
            raise ClosedByServerError(1006, "") from None

    async def receive(self) -> dict[str, Any]:
        """Return the next frame; a wait that is cancelled loses none.

        :raises ClosedByServerError: if the connection ends instead.
        """
        while True:
            while (frame := self._parser.take()) is None:
                self._parser.feed(await self._receive_some())
            opcode, payload = frame
            if opcode == CLOSE:
                raise ClosedByServerError(int.from_bytes(payload[:2]), payload[2:].decode())
            if opcode == PING:
                await self._write(masked(payload, PONG))
            else:
                return _read(payload)

    async def _receive_some(self) -> bytes:
        try:
            data = await self._stream.receive_some(self._read_bytes)
        except trio.BrokenResourceError:
            data = b""
        if not data:
            raise ClosedByServerError(1006, "")
        return bytes(data)

    def abort(self) -> None:
        """Have the end of the connection be a reset, as from a machine that is gone."""
        self._stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


def _read(payload: bytes) -> dict[str, Any]:
    value: dict[str, Any] = orjson.loads(payload)
    if value["op"] == "error":
        raise ValueError(f"the server refused: {value}")
    return value


@asynccontextmanager
async def open_wire(port: int, read_bytes: int = 64 * 1024) -> AsyncIterator[Wire]:
    """Open a connection, and hang up at the end of the block."""
    # Only the handshake blocks, and a thread waits for it.
    sock = await trio.to_thread.run_sync(connect, port, "/", SUBPROTOCOL)
    stream = trio.SocketStream(trio.socket.from_stdlib_socket(sock))
    try:
        yield Wire(stream, read_bytes)
    finally:
        await trio.aclose_forcefully(stream)
