"""One publisher sends as fast as it is let, over one channel or many; subscribers follow all.

Messages of different channels have no common order, so no message can be sent as the last one,
as :mod:`benchmarks.load` does. They go out in portions, and the next when all has come.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count, cycle, islice

from benchmarks.counter import Counter, InexactError
from benchmarks.effort import Watch
from benchmarks.frames import PATIENCE, FrameReader, connect, served
from benchmarks.messages import PLAIN, notification
from benchmarks.report import Sample
from benchmarks.server import Server, ailoop_server
from benchmarks.talk import Talk

__all__ = ["Spread", "channel_names", "open_spread", "quiet_server"]

_PORTION = 2000
"""Messages sent before all must have come: well below what a feed holds."""

_NAP_SECONDS = 0.0005


quiet_server = partial(ailoop_server, heartbeat_seconds=3600)
"""A ping among frames that are counted by their bytes would be taken for a fault."""


def channel_names(number: int) -> list[str]:
    """Return names of one length, so that every delivery has as many bytes."""
    return [f"b{index:04}" for index in range(number)]


class Spread:
    """A publisher and its subscribers. See :func:`open_spread`.

    :param channels: used in turn, one message each.
    """

    def __init__(
        self, server: Server, channels: Sequence[str], subscribers: int, opened: ExitStack
    ) -> None:
        self._server = server
        self._channels = channels
        self._numbers = count(1)
        self._selector = opened.enter_context(selectors.DefaultSelector())
        self._sender = opened.enter_context(ThreadPoolExecutor(1))
        readers = [opened.enter_context(Talk(server.ws_port)) for _ in range(subscribers)]
        for reader in readers:
            reader.request("subscribe", channels=list(channels))
        self._publisher = opened.enter_context(connect(server.ws_port))
        self._publisher.sendall(self._frames(len(channels)))
        self._counters = [self._in_step(reader.sock) for reader in readers]

    def _in_step(self, sock: socket.socket) -> Counter:
        """Read the first message of each channel; all are counted from there on."""
        reader = FrameReader(sock)
        (size,) = {len(served(reader.read())) for _ in self._channels}
        if reader.rest:
            raise InexactError(f"more has come than was sent: {reader.rest!r}")
        sock.setblocking(False)
        counter = Counter(sock, size)
        self._selector.register(sock, selectors.EVENT_READ, counter)
        return counter

    def _frames(self, number: int) -> bytes:
        channels = islice(cycle(self._channels), number)
        return b"".join(
            PLAIN.publish([notification(next(self._numbers), "", channel)])
            for channel in channels
        )

    def run(self, messages: int) -> Sample:
        """Publish about so many messages, and return the deliveries a second."""
        portions = [self._frames(_PORTION) for _ in range(-(-messages // _PORTION))]
        watch = Watch(self._server)
        for portion in portions:
            self._deliver(portion)
        effort = watch.stop()
        return effort.sample(len(portions) * _PORTION * len(self._counters) / effort.seconds)

    def _deliver(self, portion: bytes) -> None:
        """Send a portion, and return when every subscriber has it."""
        total = self._counters[0].messages + _PORTION
        sending = self._sender.submit(self._publisher.sendall, portion)
        while min(counter.messages for counter in self._counters) < total:
            ready = self._selector.select(PATIENCE)
            if not ready:
                raise InexactError(f"nothing comes any more; {total} messages were expected")
            for key, _ in ready:
                key.data.pull()
            # To be woken for each message would make the load generator the limit.
            time.sleep(_NAP_SECONDS)
        sending.result()
        for counter in self._counters:
            counter.check(total)


@contextmanager
def open_spread(
    server: Server, channels: Sequence[str], subscribers: int = 10
) -> Iterator[Spread]:
    """Connect a publisher and subscribers; entered when every subscriber follows."""
    with ExitStack() as opened:
        yield Spread(server, channels, subscribers, opened)
