"""The recent part of a channel's log: a ring with three bounds."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from itertools import islice

from ailoop.broker.limits import BrokerLimits
from ailoop.broker.ports import Entry

__all__ = ["History"]


class History:
    """Entries in order, the oldest leaving by count, by bytes and by age.

    :param start: the number before the first entry this history can hold.
    """

    def __init__(self, start: int, limits: BrokerLimits) -> None:
        self._limits = limits
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self.start = start
        self.trimmed = start
        """The number of the last entry that has left; a cursor before it has missed some."""
        self.head = start
        """The number of the newest entry."""

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size(self) -> int:
        """How many encoded bytes are held."""
        return self._bytes

    @property
    def oldest(self) -> Entry | None:
        """The entry that will leave next."""
        return self._entries[0] if self._entries else None

    @property
    def newest(self) -> Entry | None:
        """The entry that came last."""
        return self._entries[-1] if self._entries else None

    @property
    def first_available(self) -> int:
        """The number from which on nothing is missing."""
        return self._entries[0].seq if self._entries else self.head + 1

    @property
    def expires_at(self) -> float:
        """When the oldest entry becomes too old, in seconds since the epoch."""
        oldest = self.oldest
        return oldest.at + self._limits.history_seconds if oldest else math.inf

    def reaches(self, cursor: int) -> bool:
        """Whether everything after ``cursor`` is still here.

        Not if it has left, nor if the cursor is of another life of this channel, in which
        case what lies between is unknown.
        """
        return self.trimmed <= cursor <= self.head

    def append(self, entry: Entry) -> None:
        """Take the next entry of the log."""
        self._entries.append(entry)
        self._bytes += len(entry.encoded)
        self.head = entry.seq

    def trim(self, now: float) -> list[Entry]:
        """Let go of what is over a bound, and return it."""
        gone = []
        while self._entries and (
            len(self._entries) > self._limits.history_messages
            or self._bytes > self._limits.history_bytes
            or self.expires_at <= now
        ):
            entry = self._entries.popleft()
            self._bytes -= len(entry.encoded)
            self.trimmed = entry.seq
            gone.append(entry)
        return gone

    def after(self, cursor: int, limit: int) -> list[Entry]:
        """Return up to ``limit`` entries that come after ``cursor``, in order."""
        # Numbers have holes, so the place is searched. Indexing a deque skips whole blocks,
        # which iterating to the place would not.
        skip = bisect_right(self._entries, cursor, key=lambda entry: entry.seq)
        end = min(skip + limit, len(self._entries))
        return [self._entries[index] for index in range(skip, end)]

    def latest(self, limit: int) -> list[Entry]:
        """Return the newest ``limit`` entries, in order."""
        return list(islice(self._entries, max(0, len(self._entries) - limit), None))
