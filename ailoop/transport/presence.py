"""Who is connected, and how they are all sent home."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import trio

from ailoop.model.errors import Refusal

__all__ = ["Guest", "Presence"]


class Guest(Protocol):
    """A connection, as far as presence is concerned."""

    role: str
    """``agent``, ``viewer``, or empty while it has shown neither."""

    @property
    def unread(self) -> int:
        """How many replies it has not taken yet."""
        ...

    @property
    def watching(self) -> int:
        """How many prompts it waits for."""
        ...

    def go_away(self) -> None:
        """Close with 1001 as soon as what is due has been sent."""
        ...


class Presence:
    """The open connections."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._guests: set[Guest] = set()
        self._places = 0
        self._empty = trio.Event()
        self._leaving = False

    def __len__(self) -> int:
        return len(self._guests)

    def count(self, role: str) -> int:
        """Return how many connections have a role."""
        return sum(guest.role == role for guest in self._guests)

    def fullest(self, depth: Callable[[Guest], int]) -> int:
        """Return the greatest depth of all connections."""
        return max(map(depth, self._guests), default=0)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Keep a place for a connection, from its handshake on, as long as the block runs.

        :raises Refusal: ``too_many_connections``, or ``shutting_down``.
        """
        if self._leaving:
            raise Refusal("shutting_down")
        if self._places >= self._limit:
            raise Refusal("too_many_connections", limit=self._limit)
        self._places += 1
        try:
            yield
        finally:
            self._places -= 1

    @contextmanager
    def admit(self, guest: Guest) -> Iterator[None]:
        """Know a connection for as long as the block runs."""
        self._guests.add(guest)
        if self._leaving:
            guest.go_away()
        try:
            yield
        finally:
            self._guests.discard(guest)
            if not self._guests:
                self._empty.set()
                self._empty = trio.Event()

    async def dismiss(self) -> None:
        """Send everybody away and wait until they have left; the caller bounds the wait."""
        self._leaving = True
        for guest in list(self._guests):
            guest.go_away()
        while self._guests:
            await self._empty.wait()
