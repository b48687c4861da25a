"""Counts messages by their bytes, exactly."""

from __future__ import annotations

import socket

from benchmarks.frames import ClosedByServerError

__all__ = ["Counter", "InexactError"]

_BUFFER = memoryview(bytearray(1024 * 1024))


class InexactError(Exception):
    """What arrived is not what was sent."""


class Counter:
    """Counts the messages that come on a socket, all frames having one size.

    :param frame_bytes: the size of a frame.
    :param per_frame: how many messages a frame stands for.
    """

    def __init__(self, sock: socket.socket, frame_bytes: int, per_frame: int = 1) -> None:
        self.sock = sock
        self.received = 0
        self._frame = frame_bytes
        self._per_frame = per_frame
        self._tail_from = -1
        self._tail = b""

    @property
    def messages(self) -> int:
        """How many whole messages have come."""
        return self.received // self._frame * self._per_frame

    def pull(self) -> int:
        """Take what has come, and return how many bytes that was."""
        count = self.sock.recv_into(_BUFFER)
        if not count:
            raise ClosedByServerError(1006, f"after {self.messages} messages")
        self.received += count
        if 0 <= self._tail_from < self.received:
            self._tail = (self._tail + bytes(_BUFFER[:count]))[-self._frame :]
        return count

    def expect_last(self, total: int) -> None:
        """Say how many messages there will have been at the end, before the last is sent."""
        self._tail_from = (total // self._per_frame - 1) * self._frame
        self._tail = b""

    def check(self, total: int, mark: str = "") -> None:
        """Make sure that all have come, none twice, and that the last is the last one sent.

        :raises InexactError: saying what is wrong.
        """
        expected = total // self._per_frame * self._frame
        if self.received != expected:
            raise InexactError(
                f"{self.received / self._frame * self._per_frame:.2f} messages "
                f"have come instead of {total}"
            )
        if mark.encode() not in self._tail:
            raise InexactError(f"the last message is another one: {self._tail!r}")
