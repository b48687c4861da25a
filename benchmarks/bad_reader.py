"""Someone who hardly reads, and what they are told in the end."""

from __future__ import annotations

import time
from enum import Enum
from typing import Any

import orjson

from benchmarks.frames import CLOSE, PING, FrameParser
from benchmarks.messages import CHANNEL
from benchmarks.server import Server
from benchmarks.talk import Talk

__all__ = ["Account", "BadReader", "Told"]

_SIPS_A_SECOND = 4
_READ_BYTES = 256 * 1024
_SLOW_CONSUMER = 4008


class Told(Enum):
    """What such a reader knows in the end."""

    EVERYTHING = "everything came"
    GAP = "a gap was told"
    CLOSED = "closed with 4008"
    CUT_OFF = "cut off, where nothing could be told"


class Account:
    """What has come of a channel whose messages are numbered, and what is said to be gone.

    :param after: the number of the last message before it begins.
    """

    def __init__(self, after: int) -> None:
        self.last = after
        self.told = Told.EVERYTHING
        self._excused = False

    def take(self, frame: dict[str, Any]) -> None:
        """Take the next frame of the server.

        :raises ValueError: something is missing, and nothing told of it.
        """
        if frame["op"] == "gap":
            self.told = Told.GAP
            self._excused = True
            return
        number = int(frame["message"]["id"].rpartition("-")[2], 16)
        if number != self.last + 1 and not self._excused:
            raise ValueError(f"message {self.last + 1} is missing without a word")
        self.last, self._excused = number, False


class BadReader(Talk):
    """A connection whose reader takes only so much.

    :param after: the number of the last message before it comes.
    :param bytes_a_second: what it takes; 0: nothing at all.
    """

    def __init__(self, server: Server, after: int, bytes_a_second: int) -> None:
        super().__init__(server.ws_port)
        self.request("subscribe", channels=[CHANNEL])
        self._parser = FrameParser()
        self._account = Account(after)
        self._sip = bytes_a_second // _SIPS_A_SECOND
        self._thirsty_at = time.monotonic()

    def sip(self) -> None:
        """Take a little, if it is time."""
        now = time.monotonic()
        if self._sip and now >= self._thirsty_at:
            self._thirsty_at = now + 1 / _SIPS_A_SECOND
            self._parser.feed(self._receive(self._sip))

    def finish(self, last: int) -> Told:
        """Read all there is, up to a message's number; return what became of the others.

        :raises ValueError: some are missing, and nothing told of it.
        """
        while self._account.last < last:
            frame = self._parser.take()
            if frame is None:
                data = self._receive(_READ_BYTES)
                if not data:
                    return Told.CUT_OFF
                self._parser.feed(data)
            elif frame[0] == CLOSE:
                return _closed(int.from_bytes(frame[1][:2]))
            elif frame[0] != PING:
                self._account.take(orjson.loads(frame[1]))
        return self._account.told

    def _receive(self, most: int) -> bytes:
        try:
            return self.sock.recv(most)
        except ConnectionResetError:
            return b""


def _closed(code: int) -> Told:
    if code != _SLOW_CONSUMER:
        raise ValueError(f"a bad reader was closed with {code}")
    return Told.CLOSED
