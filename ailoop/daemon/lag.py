"""A watch on the event loop: how late it wakes a task that wants to go on at a given time.

Everything here runs on one loop. Whatever holds it up, holds up every answer; so this one
number tells whether the daemon is too busy, or something in it blocks.
"""

from __future__ import annotations

from typing import NoReturn

import trio

from ailoop.broker.counts import Histogram

__all__ = ["watch_lag"]

_EVERY_SECONDS = 0.5


async def watch_lag(lag: Histogram) -> NoReturn:
    """Measure twice a second, until cancelled."""
    while True:
        due = trio.current_time() + _EVERY_SECONDS
        await trio.sleep_until(due)
        lag.observe(trio.current_time() - due)
