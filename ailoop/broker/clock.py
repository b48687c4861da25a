"""The broker's one clock."""

from __future__ import annotations

import time

import trio

__all__ = ["Clock"]

_SLEEP_SECONDS = 60.0
"""So far ahead, the wall clock has not drifted: the machine has slept, or it has been set."""


class Clock:
    """Wall time anchored to Trio's clock, so that deadlines and timers always agree.

    The wall clock may be set back or a little forward under a running process; a person's
    minute stays a minute. It also makes tests under a virtual clock exact. But Trio's clock
    stands still while the machine sleeps: when the wall clock is far ahead, that time has
    passed for the person too, and what was due meanwhile is over.
    """

    def __init__(self) -> None:
        self._offset = time.time() - trio.current_time()

    def now(self) -> float:
        """Return seconds since the epoch."""
        asleep = time.time() - trio.current_time() - self._offset
        if asleep > _SLEEP_SECONDS:
            self._offset += asleep
        return trio.current_time() + self._offset

    def timer(self, at: float) -> float:
        """Return the moment on Trio's clock that is ``at`` seconds since the epoch."""
        return at - self._offset
