"""The ``ailoop.v1`` conversation of a load generator, over a blocking socket."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import count
from types import TracebackType
from typing import Any, Self

import orjson

from benchmarks.frames import FrameReader, connect, masked

__all__ = ["SUBPROTOCOL", "Talk"]

SUBPROTOCOL = "ailoop.v1"

_UNANSWERED = 4
"""Arrays on their way at once: the server is never idle, and never far behind."""


class Talk:
    """One connection. It closes at the end of a ``with`` block, without ceremony."""

    def __init__(self, port: int) -> None:
        self.sock: socket.socket = connect(port, subprotocol=SUBPROTOCOL)
        self.frames = FrameReader(self.sock)
        self._refs = count(1)
        self._arrived: deque[dict[str, Any]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.sock.close()

    def read(self) -> dict[str, Any]:
        """Return the next frame that is not the reply to a request of ours."""
        return self._arrived.popleft() if self._arrived else self._next()

    def request(self, op: str, **members: Any) -> dict[str, Any]:
        """Send a request and return its reply."""
        ref = self._send(op, **members)
        while (value := self._next()).get("ref") != ref:
            self._arrived.append(value)
        return value

    def post_arrays(self, arrays: Iterable[Sequence[dict[str, Any]]]) -> None:
        """Send arrays of messages one after the other; return when all are recorded."""
        waiting = 0
        for messages in arrays:
            self._send("send", messages=messages)
            waiting += 1
            if waiting > _UNANSWERED:
                self._await_ack()
                waiting -= 1
        for _ in range(waiting):
            self._await_ack()

    def _send(self, op: str, **members: Any) -> int:
        ref = next(self._refs)
        self.sock.sendall(masked(orjson.dumps({"op": op, "ref": ref, **members})))
        return ref

    def _await_ack(self) -> None:
        while (value := self._next())["op"] != "ack":
            self._arrived.append(value)
        for item in value["items"]:
            if "error" in item:
                raise ValueError(f"a message was refused: {item}")

    def _next(self) -> dict[str, Any]:
        value: dict[str, Any] = orjson.loads(self.frames.read())
        if value["op"] == "error":
            raise ValueError(f"the server refused: {value}")
        return value
