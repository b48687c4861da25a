"""Whether the other end of a connection is still there."""

from __future__ import annotations

from math import inf

__all__ = ["Pulse"]


class Pulse:
    """Asks for a word when there has been none for a while, and notices if none comes.

    What it asks with is a frame of the protocol, not of the WebSocket: the answer then comes
    from the session that everything else depends on, not from some proxy before it.

    :param seconds: how long silence is borne, and how long the answer may take.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._heard = self._asked = inf

    def begin(self, now: float) -> None:
        """Count from now; the connection's first frame is a question itself."""
        self._heard = self._asked = now

    def heard(self, now: float) -> None:
        """Note a sign of life."""
        self._heard, self._asked = now, inf

    @property
    def deadline(self) -> float:
        """When to ask, or when to count the connection as lost."""
        return min(self._heard if self._asked == inf else inf, self._asked) + self._seconds

    def asks(self, now: float) -> bool:
        """Whether to ask now; the answer is then awaited."""
        due = self._asked == inf and now >= self._heard + self._seconds
        if due:
            self._asked = now
        return due

    def is_dead(self, now: float) -> bool:
        """Whether no answer has come in time."""
        return now >= self._asked + self._seconds
