"""What has happened at the doors since the start, as plain numbers.

Like :mod:`ailoop.broker.counts`: an addition each, and metrics only when somebody asks.
"""

from __future__ import annotations

from ailoop.broker.counts import Histogram
from ailoop.model.errors import CATALOGUE

__all__ = ["TransportCounts"]

LAG_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
"""The kernel's own timers are a millisecond late; what takes ten seconds is an outage."""


class TransportCounts:
    """Everything that is counted at the doors, with a zero for what has not happened yet."""

    def __init__(self) -> None:
        self.refusals = dict.fromkeys(CATALOGUE, 0)
        """What was told to its sender as refused, by code."""
        self.frames_received = 0
        self.frames_sent = 0
        self.reads_paused = 0
        """How often a connection was not read because it had too many unread replies."""
        self.feeds_dropped = {"gap": 0, "slow_reader": 0}
        """Feeds that ended because their connection was closed with 4008, by reason."""
        self.lag = Histogram(LAG_SECONDS)
        """How late Trio woke a task, in seconds."""
        self.failures = 0
        """How often some metrics could not be made."""

    def refuse(self, code: str) -> None:
        """Count a refusal of the catalogue."""
        self.refusals[code] += 1

    def drop_feeds(self, reason: str, feeds: int) -> None:
        """Count the feeds of a connection that is closed because it fell behind.

        :param reason: ``gap`` where it missed messages and knows no word for it,
            ``slow_reader`` where it took nothing for too long.
        """
        self.feeds_dropped[reason] += feeds
