"""HTTP requests on connections that stay open, each with one request under way."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator

from attrs import frozen

from benchmarks.frames import PATIENCE, ClosedByServerError

__all__ = ["Ask", "Connection", "keep_asking"]

_CHUNK = 256 * 1024
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


@frozen
class Ask:
    """A request, ready to be sent, and what its answer must be.

    :param status: of the answer.
    :param holds: what the answer's body has in it.
    """

    request: bytes
    status: int
    holds: bytes

    @classmethod
    def of(cls, method: str, path: str, body: bytes, status: int, holds: bytes) -> Ask:
        """Make the request's bytes."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return cls(head.encode() + body, status, holds)


class Connection:
    """One connection, which the server must not end."""

    def __init__(self, port: int) -> None:
        self._buffer = bytearray()
        self._asked: Ask | None = None
        self._sent_at = 0.0
        self.seconds = 0.0
        """How long the last answer took."""
        self.sock = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        """Hang up."""
        self.sock.close()

    def send(self, ask: Ask) -> None:
        """Send a request."""
        self._asked = ask
        self._sent_at = time.perf_counter()
        self.sock.sendall(ask.request)

    def pull(self) -> bool:
        """Take what has come, waiting if need be; return whether the answer is whole.

        :raises ValueError: it is not the answer that was expected.
        """
        data = self.sock.recv(_CHUNK)
        if not data:
            raise ClosedByServerError(1006, "instead of an answer")
        self._buffer += data
        start = self._buffer.find(_HEAD_END) + len(_HEAD_END)
        if start < len(_HEAD_END):
            return False
        head = bytes(self._buffer[:start]).lower()
        size = int(head.partition(_LENGTH)[2].partition(b"\r")[0])
        if len(self._buffer) < start + size:
            return False
        self.seconds = time.perf_counter() - self._sent_at
        self._check(head, bytes(self._buffer[start:]))
        self._buffer.clear()
        return True

    def finish(self) -> None:
        """Wait for the answer to what has been sent."""
        while not self.pull():
            pass

    def _check(self, head: bytes, body: bytes) -> None:
        asked = self._asked
        if (
            asked is None
            or not head.startswith(b"http/1.1 %d" % asked.status)
            or asked.holds not in body
            or b"\r\nconnection: close" in head
        ):
            raise ValueError(f"not the answer to {asked}: {head!r} {body[:1000]!r}")


def keep_asking(
    connections: list[Connection], asks: Iterator[Ask], seconds: float
) -> list[float]:
    """Send on each connection a request after the other; return how long each answer took."""
    taken: list[float] = []
    end = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.sock, selectors.EVENT_READ, connection)
            connection.send(next(asks))
        while selector.get_map():
            ready = selector.select(PATIENCE)
            if not ready:
                raise TimeoutError(f"an answer is missing after {len(taken)} answers")
            for key, _ in ready:
                if key.data.pull():
                    taken.append(key.data.seconds)
                    if time.monotonic() < end:
                        key.data.send(next(asks))
                    else:
                        selector.unregister(key.fileobj)
    return taken
