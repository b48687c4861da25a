"""Whether the memory of a server stays as it is while it works."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import trio
from attrs import define, field

from benchmarks.server import Server

__all__ = ["MemoryWatch"]

MIB = 1024 * 1024

_SAMPLES_A_SECOND = 5
_FEWEST = 50
"""Samples below which nothing can be said: everything that has a bound is still filling up."""

_FACTOR, _SLACK = 1.05, 4 * MIB


@define
class MemoryWatch:
    """Samples of the resident memory, at even intervals."""

    samples: list[int] = field(factory=list)

    async def run(self, server: Server) -> None:
        """Take samples until cancelled."""
        while True:
            self.samples.append(server.rss())
            await trio.sleep(1 / _SAMPLES_A_SECOND)

    @property
    def early(self) -> float:
        """The median of the second fifth."""
        return median(self._fifth(1))

    @property
    def late(self) -> float:
        """The median of the last fifth."""
        return median(self._fifth(4))

    @property
    def bound(self) -> float:
        """What the last fifth may come to."""
        return self.early * _FACTOR + _SLACK

    @property
    def is_flat(self) -> bool | None:
        """Whether it stayed within the bound; ``None`` after too short a time."""
        return None if len(self.samples) < _FEWEST else self.late <= self.bound

    def _fifth(self, number: int) -> Sequence[int]:
        count = len(self.samples)
        return self.samples[count * number // 5 : count * (number + 1) // 5] or self.samples
