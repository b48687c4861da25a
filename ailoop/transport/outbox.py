"""What stands between a connection and its socket, which is written to at once.

To hand a frame to a task that then sends it costs a task switch for each reader and message,
which is most of what fan-out costs. So whoever has data for a connection writes them to its
socket on the spot, and only what the socket does not take is kept, for a task to finish.
"""

from __future__ import annotations

import math
import os

import trio

__all__ = ["Outbox"]

_READ_BYTES = 64 * 1024
_WRITE_BYTES = 256 * 1024
"""What is handed to the socket at one time."""


class Outbox(trio.abc.Stream):
    """A socket whose writes never interleave, from tasks and from synchronous code alike.

    :param stream: the accepted connection, which this takes over.
    :param patience: for how many seconds the socket may take nothing while something waits.
    """

    def __init__(self, stream: trio.SocketStream, patience: float = math.inf) -> None:
        self._unread = b""
        self._stream = stream
        self._patience = patience
        self._stalls = 0
        self._backlog: list[bytes | memoryview] = []
        self._writing = trio.Lock()
        self._broken = False
        self.pending = 0
        """Bytes that the socket has not taken yet."""

    def offer(self, data: bytes) -> None:
        """Write whole frames: what the socket takes now, and the rest in :meth:`flush`.

        Never waits. What is offered to a connection that is gone is dropped; whoever reads
        from it, or flushes it, is told.
        """
        if self._broken or not data:
            return
        self._backlog.append(data)
        self.pending += len(data)
        if len(self._backlog) == 1:
            self._write()

    def _write(self) -> None:
        """Let the socket take what it can of the oldest data."""
        if self._broken:
            return
        data = memoryview(self._backlog[0])
        try:
            # Of a closed socket the descriptor is -1, which is nobody's.
            sent = os.write(self._stream.socket.fileno(), data[:_WRITE_BYTES])
        except BlockingIOError:
            return
        except OSError:
            self._break()
            return
        self.pending -= sent
        if sent == len(data):
            del self._backlog[0]
        else:
            self._backlog[0] = data[sent:]

    @property
    def broken(self) -> bool:
        """Whether the connection is known to be gone."""
        return self._broken

    def _break(self) -> None:
        self._broken = True
        self._backlog.clear()
        self.pending = 0

    async def flush(self) -> None:
        """Return when all has been written.

        :raises trio.TooSlowError: the socket took nothing for too long, whoever of those who
            wait has noticed it. What is left stays to be written.
        :raises trio.BrokenResourceError: the connection is gone.
        """
        await trio.lowlevel.checkpoint_if_cancelled()
        if self._backlog:
            stalls = self._stalls
            async with self._writing:
                if self._stalls != stalls:
                    raise trio.TooSlowError
                while self._backlog:
                    await self._wait_writable()
                    self._write()
        if self._broken:
            raise trio.BrokenResourceError

    async def _wait_writable(self) -> None:
        try:
            with trio.fail_after(self._patience):
                await trio.lowlevel.wait_writable(self._stream.socket)
        except trio.TooSlowError:
            self._stalls += 1
            raise
        except (trio.ClosedResourceError, ValueError):
            self._break()

    # -- what trio-websocket does with its stream --------------------------------------

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Write whole frames after those that were offered before."""
        self.offer(bytes(data))
        try:
            await self.flush()
        except trio.TooSlowError:
            # As far as trio-websocket is concerned, such a peer is gone.
            raise trio.BrokenResourceError from None

    async def wait_send_all_might_not_block(self) -> None:
        """Wait as :class:`trio.SocketStream` does."""
        await self._stream.wait_send_all_might_not_block()

    def unread(self, data: bytes) -> None:
        """Have what has been read come again."""
        self._unread = data + self._unread

    def _take_unread(self) -> bytes:
        data, self._unread = self._unread, b""
        return data

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """Read what has come."""
        if self._unread:
            await trio.lowlevel.checkpoint()
            return self._take_unread()
        return await self._stream.receive_some(max_bytes or _READ_BYTES)

    async def aclose(self) -> None:
        """Close the socket; what it has not taken is lost."""
        self._break()
        await self._stream.aclose()
