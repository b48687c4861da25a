"""What a subscription has seen, so that the next connection goes on from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["Following"]


class Following:
    """Channels and a cursor in each.

    :param channels: their names, or ``None`` for all there are and will be.
    :param cursors: by channel, the seq last seen.
    :param replay: how many recent messages to begin with where there is no cursor.
    """

    def __init__(
        self, channels: Sequence[str] | None, cursors: dict[str, int], replay: int | None
    ) -> None:
        self.channels = channels
        self.cursors = cursors
        self.replay = replay
        self.begun = False

    @property
    def names(self) -> str | list[str]:
        """The channels as the wire names them."""
        return "*" if self.channels is None else list(self.channels)

    def overlaps(self, channels: Sequence[str] | None) -> bool:
        """Whether one of these channels is followed."""
        if self.channels is None or channels is None:
            return True
        return not set(channels).isdisjoint(self.channels)

    def wants(self, channel: str) -> bool:
        """Whether a channel is followed."""
        return self.channels is None or channel in self.channels

    def members(self) -> dict[str, Any]:
        """Return what a request to subscribe says."""
        after = dict(self.cursors)
        if self.begun and self.channels is None:
            # A channel that appeared while there was no connection, from its start.
            after["*"] = 0
        return {"channels": self.names, "after": after or None, "replay": self.replay}

    def begin(self, cursors: Mapping[str, int]) -> None:
        """Take over where the server begins; cursors that are known stay."""
        self.begun = True
        for channel, seq in cursors.items():
            if self.wants(channel):
                self.cursors.setdefault(channel, seq)

    def advances(self, channel: str, seq: int) -> bool:
        """Whether a message is new; if so it counts as seen."""
        if seq <= self.cursors.get(channel, -1):
            return False
        self.cursors[channel] = seq
        return True
