"""One subscriber's bounded view of a channel, from a cursor onward.

A feed that keeps up is handed each batch as it is applied, and its reader may take it on the
spot (``express``) or leave it here for later. One that does not keep up, because it
has just been opened far back or because its reader is slow, costs a number: it reads the
channel's history from its cursor until it has caught up. So nothing is skipped silently:
where history has moved on too, the reader is told of a :class:`Gap`.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from attrs import frozen

from ailoop.broker.batch import Batch
from ailoop.broker.counts import BrokerCounts
from ailoop.broker.history import History
from ailoop.broker.limits import BrokerLimits
from ailoop.broker.ports import Entry

__all__ = ["Feed", "Gap"]

log = structlog.get_logger()


@frozen
class Gap:
    """Entries between ``after`` and ``first`` are no longer there for this reader."""

    channel: str
    after: int
    first: int


class Feed:
    """A cursor in a channel's log. Made by :meth:`~ailoop.broker.broker.Broker.subscribe`.

    :param cursor: the last number the reader has seen.
    :param on_ready: called, synchronously, when there is something to take. It must
        neither block nor raise.
    :param detach: takes the feed off its channel.
    :param express: offered, synchronously, a batch that comes right after what the reader
        has had. It says whether the reader has taken it, and must neither block nor raise.
    """

    def __init__(
        self,
        channel: str,
        history: History,
        cursor: int,
        limits: BrokerLimits,
        counts: BrokerCounts,
        on_ready: Callable[[Feed], None],
        detach: Callable[[Feed], None],
        express: Callable[[Batch], bool] | None = None,
    ) -> None:
        self.channel = channel
        self.cursor = cursor
        self.closed = False
        self._history = history
        self._limits = limits
        self._counts = counts
        self._on_ready = on_ready
        self._detach = detach
        self._express = express
        # Asked now: a head that grows past a foreign cursor would hide that it is foreign.
        self._missed = not history.reaches(cursor)
        # None while behind; then history is read and what arrives is not held here.
        self._backlog: list[Entry] | None = None
        if not self.waiting:
            self._backlog = []
        self._bytes = 0

    @property
    def queued(self) -> int:
        """How many entries wait here for the reader."""
        return len(self._backlog or ())

    @property
    def queued_bytes(self) -> int:
        """How many encoded bytes that is."""
        return self._bytes

    @property
    def waiting(self) -> bool:
        """Whether :meth:`take` would return something."""
        if self._missed or self._backlog:
            return True
        return self._backlog is None and self._history.head > self.cursor

    def offer(self, batch: Batch) -> None:
        """Hand over what has just been applied; never waits."""
        if self._backlog is not None:
            if not self._backlog and self._took(batch):
                self.cursor = batch.entries[-1].seq
                self._counts.deliveries += len(batch.entries)
                return
            self._backlog.extend(batch.entries)
            self._bytes += batch.size
            if len(self._backlog) > self._limits.feed_messages:
                self._fall_back("messages")
            elif self._bytes > self._limits.feed_bytes:
                self._fall_back("bytes")
        self.wake()

    def _fall_back(self, over: str) -> None:
        """Drop a queue that is over one of its bounds; history has it all for a while."""
        self._counts.overflows[over] += 1
        self._backlog = None
        self._bytes = 0

    def _took(self, batch: Batch) -> bool:
        """Whether the reader has taken the batch at once."""
        try:
            return self._express is not None and self._express(batch)
        except Exception:
            # It belongs to one connection; its fault must not reach the others.
            log.exception("reader_failed", channel=self.channel)
            return False

    def wake(self) -> None:
        """Tell the reader that there is something to take."""
        try:
            self._on_ready(self)
        except Exception:
            # It belongs to one connection; its fault must not reach the others.
            log.exception("reader_failed", channel=self.channel)

    def take(self, limit: int) -> tuple[Gap | None, list[Entry]]:
        """Return what comes next: a gap, if there is one, then up to ``limit`` entries."""
        if self._backlog is not None:
            entries = self._backlog[:limit]
            del self._backlog[:limit]
            self._bytes -= sum(len(entry.encoded) for entry in entries)
            gap = None
        else:
            gap = self._find_gap()
            entries = self._history.after(self.cursor, limit)
            if len(entries) < limit:
                self._backlog = []
        if entries:
            self.cursor = entries[-1].seq
            self._counts.deliveries += len(entries)
        return gap, entries

    def _find_gap(self) -> Gap | None:
        if not self._missed and self.cursor >= self._history.trimmed:
            return None
        gap = Gap(self.channel, self.cursor, self._history.first_available)
        self._missed = False
        self._counts.gaps += 1
        self.cursor = gap.first - 1
        return gap

    def close(self) -> None:
        """Stop following; may be called twice."""
        self.closed = True
        self._detach(self)
