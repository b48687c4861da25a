"""The broker's one clock."""

from __future__ import annotations

import time

import trio

__all__ = ["Clock"]


class Clock:
    """Wall time anchored to Trio's clock, so that deadlines and timers always agree.

    The wall clock may be set back or forward under a running process; a person's minute
    stays a minute. It also makes tests under a virtual clock exact.
    """

    def __init__(self) -> None:
        self._offset = time.time() - trio.current_time()

    def now(self) -> float:
        """Return seconds since the epoch."""
        return trio.current_time() + self._offset

    def timer(self, at: float) -> float:
        """Return the moment on Trio's clock that is ``at`` seconds since the epoch."""
        return at - self._offset
