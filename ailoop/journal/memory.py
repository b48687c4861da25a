"""The journal that lasts as long as the process.

It only numbers: the window of recent entries that every channel holds is all there is to
keep, so keeping them here too would store each message twice.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence

import trio

from ailoop.broker.limits import BrokerLimits
from ailoop.broker.ports import Entry, Kept, Record, Verdicts
from ailoop.model.delivery import Showing

__all__ = ["MemoryJournal"]


class MemoryJournal:
    """Numbers entries; a cursor of an earlier run can never be mistaken for one of this.

    A channel's numbers begin at the microsecond of its first use, because a log that began
    at 1 after a restart would soon pass the cursor of a reader that was away, which would
    then miss entries without being told.

    :param wall: returns seconds since the epoch.
    """

    durable = False
    failing: str | None = None

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._heads: dict[str, int] = {}
        self._highest = 0

    def open(self, channel: str) -> int:
        """Return the number after which this channel's next entry comes."""
        head = max(int(self._wall() * 1_000_000), self._highest)
        return self._heads.setdefault(channel, head)

    async def append(self, channel: str, batch: Sequence[Record]) -> int:
        """Give a batch its numbers and return the first."""
        await trio.lowlevel.cancel_shielded_checkpoint()
        first = self.open(channel) + 1
        self._heads[channel] = first + len(batch) - 1
        return first

    def judge(self, channel: str, verdicts: Verdicts) -> None:
        """Note nothing: nobody will ask."""

    def note_shown(self, prompt: Entry, at: float, state: Showing, name: str) -> None:
        """Note nothing: the prompt itself knows as long as it is there."""

    async def recover(self, _: BrokerLimits) -> AsyncIterator[Kept]:
        """Give back nothing."""
        return
        yield  # which makes this an iterator

    def forget(self, channel: str) -> None:
        """Forget a channel; its numbers will not be used again."""
        self._highest = max(self._highest, self._heads.pop(channel, 0))
