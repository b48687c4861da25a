"""One subscriber's bounded view of a channel, from a cursor onward.

A feed that keeps up is handed each entry as it is applied. One that does not, because it
has just been opened far back or because its reader is slow, costs a number: it reads the
channel's history from its cursor until it has caught up. So nothing is skipped silently:
where history has moved on too, the reader is told of a :class:`Gap`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import structlog
from attrs import frozen

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
    """

    def __init__(
        self,
        channel: str,
        history: History,
        cursor: int,
        limits: BrokerLimits,
        on_ready: Callable[[Feed], None],
        detach: Callable[[Feed], None],
    ) -> None:
        self.channel = channel
        self.cursor = cursor
        self.closed = False
        self.overflows = 0
        self._history = history
        self._limits = limits
        self._on_ready = on_ready
        self._detach = detach
        # Asked now: a head that grows past a foreign cursor would hide that it is foreign.
        self._missed = not history.reaches(cursor)
        # None while behind; then history is read and what arrives is not held here.
        self._backlog: deque[Entry] | None = None
        self._bytes = 0

    @property
    def waiting(self) -> bool:
        """Whether :meth:`take` would return something."""
        if self._missed or self._backlog:
            return True
        return self._backlog is None and self._history.head > self.cursor

    def offer(self, entries: Sequence[Entry]) -> None:
        """Hand over what has just been applied; never waits."""
        if self._backlog is not None:
            self._backlog.extend(entries)
            self._bytes += sum(len(entry.encoded) for entry in entries)
            if (
                len(self._backlog) > self._limits.feed_messages
                or self._bytes > self._limits.feed_bytes
            ):
                self.overflows += 1
                self._backlog = None
                self._bytes = 0
        self.wake()

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
            entries = [self._backlog.popleft() for _ in range(min(limit, len(self._backlog)))]
            self._bytes -= sum(len(entry.encoded) for entry in entries)
            gap = None
        else:
            gap = self._find_gap()
            entries = self._history.after(self.cursor, limit)
            if len(entries) < limit:
                self._backlog = deque()
        if entries:
            self.cursor = entries[-1].seq
        return gap, entries

    def _find_gap(self) -> Gap | None:
        if not self._missed and self.cursor >= self._history.trimmed:
            return None
        gap = Gap(self.channel, self.cursor, self._history.first_available)
        self._missed = False
        self.cursor = gap.first - 1
        return gap

    def close(self) -> None:
        """Stop following; may be called twice."""
        self.closed = True
        self._detach(self)
