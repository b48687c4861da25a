"""Who is connected, how many have left and why, and how they are all sent home."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar, Protocol

import trio

from ailoop.access.identity import Identity
from ailoop.model.errors import CLOSE_SLOW_CONSUMER, CLOSE_UNAUTHENTICATED, Refusal

__all__ = ["Guest", "Kind", "Presence"]

_CODES = (1000, 1001, 1005, 1006, 1009, 1011, CLOSE_UNAUTHENTICATED, CLOSE_SLOW_CONSUMER)
"""What ends a connection in practice (RFC 6455, section 7.4.1); a peer may say any number."""

Kind = tuple[str, str, str]
"""Port, protocol and role of a connection; ``none`` if it has shown no role."""


class Guest(Protocol):
    """A connection, as far as presence is concerned."""

    protocol: ClassVar[str]
    """``plain`` or ``ailoop.v1``."""

    role: str
    """``agent``, ``viewer``, or empty while it has shown neither."""

    close_with: tuple[int, str] | None
    """Code and reason with which it is closed, or has been."""

    @property
    def unread(self) -> int:
        """How many replies it has not taken yet."""
        ...

    @property
    def unread_bytes(self) -> int:
        """How many bytes that is."""
        ...

    unsent: Callable[[], int]
    """Returns how many bytes are on their way that its socket has not taken yet."""

    @property
    def watching(self) -> int:
        """How many prompts it waits for."""
        ...

    @property
    def showing(self) -> int:
        """How many prompts it has shown, or hears of."""
        ...

    identity: Identity | None
    """Who it is, where anybody has to say."""

    def send_away(self, refusal: Refusal) -> None:
        """Close with 4001 as soon as what is due has been sent."""
        ...

    def go_away(self) -> None:
        """Close with 1001 as soon as what is due has been sent."""
        ...


class Presence:
    """The open connections."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._guests: dict[Guest, str] = {}
        self.strangers: dict[Guest, None] = {}
        """Those who have yet to say who they are, the oldest first."""
        self._places = 0
        self._empty = trio.Event()
        self._leaving = False
        self.closed = dict.fromkeys((*map(str, _CODES), "other", "unknown"), 0)
        """Connections that have ended, by close code, ``unknown`` or ``other``."""

    def __len__(self) -> int:
        return len(self._guests)

    def count(self, role: str) -> int:
        """Return how many connections have a role."""
        return sum(guest.role == role for guest in self._guests)

    def kinds(self) -> Counter[Kind]:
        """Return how many connections there are of each kind."""
        return Counter(
            (port, guest.protocol, guest.role or "none") for guest, port in self._guests.items()
        )

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
    def admit(self, guest: Guest, port: str) -> Iterator[None]:
        """Know a connection for as long as the block runs.

        :param port: where it came in: ``ws`` or ``rest``.
        """
        self._guests[guest] = port
        if self._leaving:
            guest.go_away()
        try:
            yield
        except Exception:
            guest.close_with = (1011, "internal")
            raise
        finally:
            del self._guests[guest]
            self.closed[_closed(guest)] += 1
            if not self._guests:
                self._empty.set()
                self._empty = trio.Event()

    @contextmanager
    def stranger(self, guest: Guest, limit: int) -> Iterator[None]:
        """Know, for as long as the block runs, that it is not known who a guest is.

        :param limit: how many strangers there may be; of more, the oldest is sent away.
        """
        if len(self.strangers) >= limit:
            oldest = next(iter(self.strangers))
            del self.strangers[oldest]
            oldest.send_away(Refusal("unauthenticated"))
        self.strangers[guest] = None
        try:
            yield
        finally:
            self.strangers.pop(guest, None)

    def expel(self) -> None:
        """Send away whose credential has ended."""
        for guest in list(self._guests):
            if guest.identity is not None and not guest.identity.holds:
                guest.send_away(Refusal("bad_credential"))

    async def dismiss(self) -> None:
        """Send everybody away and wait until they have left; the caller bounds the wait."""
        self._leaving = True
        for guest in list(self._guests):
            guest.go_away()
        while self._guests:
            await self._empty.wait()


def _closed(guest: Guest) -> str:
    """Say with which code a connection was closed, in few words whatever its peer has said."""
    if guest.close_with is None:
        return "unknown"
    code, _ = guest.close_with
    return str(code) if code in _CODES else "other"
