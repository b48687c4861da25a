"""When to ring the terminal's bell: by priority, and not for every one of a thousand."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from ailoop.cli.terminal.entry import Entry
from ailoop.model.message import Priority

__all__ = ["Bell"]

_APART_SECONDS = 1.0
_AGAIN_SECONDS = 5.0
"""How often it rings for an urgent prompt that nobody has seen."""
_TIMES = 12


class Bell:
    """Rings once for what comes, and goes on for what is urgent; low is silent."""

    def __init__(self) -> None:
        self._wanted = False
        self._last = -inf
        self._rung = 0

    def call(self, priority: Priority) -> None:
        """Have it rung for something that has come."""
        if priority is not Priority.LOW:
            self._wanted = True
        if priority is Priority.URGENT:
            self._rung = 0

    def take(self, entries: Iterable[Entry], now: float) -> bool:
        """Return whether to ring now; it then counts as rung.

        :param entries: what is listed; urgent prompts among it that nobody here has seen
            ring again, for a minute.
        """
        unseen = any(
            one.priority is Priority.URGENT and one.is_open and not one.seen for one in entries
        )
        again = unseen and self._rung < _TIMES and now >= self._last + _AGAIN_SECONDS
        if not (self._wanted or again) or now < self._last + _APART_SECONDS:
            return False
        self._wanted = False
        self._last = now
        self._rung += 1
        return True
