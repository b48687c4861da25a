"""One publisher and many subscribers on non-blocking sockets.

The load is a closed loop: the publisher is at most a window of messages ahead of the slowest
subscriber. It has to be, because our server does not let subscribers hold up publishers, so
that an unbounded publisher would measure how fast messages can be dropped.
"""

from __future__ import annotations

import selectors
import socket
import time

from attrs import frozen

from benchmarks.counter import Counter, InexactError
from benchmarks.effort import Effort, Watch
from benchmarks.frames import PATIENCE
from benchmarks.messages import Traffic
from benchmarks.server import Server

__all__ = ["WINDOW", "Burst", "FanOut"]

WINDOW = 1000
"""Messages that the publisher may be ahead of the slowest subscriber."""

_LAST = "last"
_SEND_AT_ONCE = 256 * 1024

# Where little comes at a time, let more of it come: to be woken for each message would make
# the load generator the limit. The nap is far shorter than a window takes there.
_WORTHWHILE_BYTES = 4096
_NAP_SECONDS = 0.0005


@frozen
class Burst:
    """What one burst of messages came to.

    :param messages: how many were published, and reached every subscriber.
    :param effort: from the first one sent to the last one's arrival at the last subscriber.
    """

    messages: int
    effort: Effort

    @property
    def rate(self) -> float:
        """Messages published in a second."""
        return self.messages / self.effort.seconds


class FanOut:
    """A publisher and its subscribers, connected and in step. See :func:`open_fan_out`.

    :param subscribers: the count of what each has received.
    :param acknowledgements: the count of what the publisher is told, if the dialect has any.
    """

    def __init__(
        self,
        server: Server,
        publisher: socket.socket,
        subscribers: list[Counter],
        acknowledgements: Counter | None,
        traffic: Traffic,
    ) -> None:
        self._server = server
        self._publisher = publisher
        self._subscribers = subscribers
        self._acknowledgements = acknowledgements
        self._traffic = traffic
        self._pool = bytearray(traffic.pool())
        self._frame = len(traffic.frame())
        self._sent = 0
        self._blocked = False
        self._selector = selectors.DefaultSelector()
        for counter in subscribers:
            counter.sock.setblocking(False)
            self._selector.register(counter.sock, selectors.EVENT_READ, counter)
        publisher.setblocking(False)
        self._selector.register(publisher, selectors.EVENT_READ, acknowledgements)

    def close(self) -> None:
        """Let go of what is not a socket."""
        self._selector.close()

    def burst(self, seconds: float, window: int = WINDOW) -> Burst:
        """Publish for some time, then wait until every subscriber has everything.

        :raises InexactError: if one has not.
        """
        before = self._sent
        last = self._traffic.frame(_LAST)
        watch = Watch(self._server)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            allowed = (self._slowest() + window) // self._traffic.batch
            self._turn(allowed * self._frame)
        total = self._finish(last)
        effort = watch.stop()
        for counter in self._subscribers:
            counter.check(total, _LAST)
        if self._acknowledgements is not None:
            self._acknowledgements.check(total)
        return Burst(total - self._messages(before), effort)

    def _finish(self, last: bytes) -> int:
        """Send a last frame that can be told from the others, and wait until it is there."""
        whole = -(-self._sent // self._frame) * self._frame
        total = self._messages(whole + self._frame)
        for counter in self._subscribers:
            counter.expect_last(total)
        at = whole % len(self._pool)
        self._pool[at : at + self._frame] = last
        while self._slowest() < total:
            self._turn(whole + self._frame)
        return total

    def _messages(self, sent: int) -> int:
        return sent // self._frame * self._traffic.batch

    def _slowest(self) -> int:
        slowest = min(self._subscribers, key=_received).messages
        if self._acknowledgements is not None:
            return min(slowest, self._acknowledgements.messages)
        return slowest

    def _turn(self, limit: int) -> None:
        """Send up to a place in the stream of frames, and count what has come."""
        self._send(limit)
        ready = self._selector.select(PATIENCE)
        if not ready:
            raise InexactError(
                f"nothing comes any more; sent {self._messages(self._sent)} messages, "
                f"the slowest subscriber has {self._slowest()}"
            )
        count = 0
        for key, events in ready:
            if events & selectors.EVENT_READ:
                if key.data is None:
                    raise InexactError(f"the publisher is told {self._publisher.recv(1000)!r}")
                count += key.data.pull()
        if count < len(ready) * _WORTHWHILE_BYTES:
            time.sleep(_NAP_SECONDS)

    def _send(self, limit: int) -> None:
        pool = memoryview(self._pool)
        blocked = False
        while self._sent < limit and not blocked:
            at = self._sent % len(pool)
            try:
                self._sent += self._publisher.send(
                    pool[at : at + min(limit - self._sent, _SEND_AT_ONCE)]
                )
            except BlockingIOError:
                blocked = True
        if blocked != self._blocked:
            self._blocked = blocked
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if blocked else 0)
            self._selector.modify(self._publisher, wanted, self._acknowledgements)


def _received(counter: Counter) -> int:
    return counter.received
