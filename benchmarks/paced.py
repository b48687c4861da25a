"""A publisher that sends at an even pace, and readers who look when what has come."""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.frames import PATIENCE, PING, ClosedByServerError, FrameParser, connect
from benchmarks.messages import CHANNEL, PLAIN, notification
from benchmarks.server import Server
from benchmarks.talk import Talk

__all__ = ["PacedLoad", "open_paced_load"]

_TEXT_CHARACTERS = 1000
_TEXT = b'"text":"'
_STAMP_DIGITS = 20
_READ_BYTES = 64 * 1024


class _Reader:
    """Someone who takes what comes at once."""

    def __init__(self, talk: Talk) -> None:
        self.sock = talk.sock
        self.count = 0
        self._parser = FrameParser()

    def pull(self) -> Iterator[float]:
        """Yield how long ago each of the messages was sent that have come."""
        data = self.sock.recv(_READ_BYTES)
        now = time.perf_counter_ns()
        if not data:
            raise ClosedByServerError(1006, f"after {self.count} messages")
        self._parser.feed(data)
        while (frame := self._parser.take()) is not None:
            opcode, payload = frame
            # A ping may stay without its pong for as long as one run takes.
            if opcode != PING:
                self.count += 1
                start = payload.index(_TEXT) + len(_TEXT)
                yield (now - int(payload[start : start + _STAMP_DIGITS])) / 1e9


class PacedLoad:
    """One publisher and some good readers. See :func:`open_paced_load`.

    :ivar published: how many messages there were; they are numbered, in their ids, from 1.
    """

    def __init__(self, server: Server, readers: int, opened: ExitStack) -> None:
        self._publisher = opened.enter_context(connect(server.ws_port))
        self._selector = opened.enter_context(selectors.DefaultSelector())
        self.published = 0
        self._readers = []
        for _ in range(readers):
            talk = opened.enter_context(Talk(server.ws_port))
            talk.request("subscribe", channels=[CHANNEL])
            reader = _Reader(talk)
            self._readers.append(reader)
            self._selector.register(reader.sock, selectors.EVENT_READ, reader)

    def run(self, seconds: float, rate: float, meanwhile: Callable[[], None]) -> list[float]:
        """Publish, and return the seconds that each delivery took.

        :param rate: messages a second.
        :param meanwhile: called often.
        """
        taken: list[float] = []
        due = time.perf_counter()
        end = due + seconds
        while due < end:
            while due <= time.perf_counter():
                self._publish()
                due += 1 / rate
            self._read(taken, max(0.0, due - time.perf_counter()))
            meanwhile()
        deadline = time.monotonic() + PATIENCE
        while any(reader.count < self.published for reader in self._readers):
            if time.monotonic() > deadline:
                raise TimeoutError("a good reader lacks messages")
            self._read(taken, 1)
        return taken

    def _read(self, taken: list[float], timeout: float) -> None:
        for key, _ in self._selector.select(timeout):
            taken += key.data.pull()

    def _publish(self) -> None:
        self.published += 1
        text = f"{time.perf_counter_ns():0{_STAMP_DIGITS}}".ljust(_TEXT_CHARACTERS, ".")
        self._publisher.sendall(PLAIN.publish([notification(self.published, text)]))


@contextmanager
def open_paced_load(server: Server, readers: int) -> Iterator[PacedLoad]:
    """Connect a publisher and readers; entered when every reader follows."""
    with ExitStack() as opened:
        yield PacedLoad(server, readers, opened)
