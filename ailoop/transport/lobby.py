"""Every TCP connection of both ports, from its acceptance on, and which has to go.

Whoever only connects costs a descriptor and some memory before anybody knows what for. So
those that have not asked for anything yet have a bound of their own, and the oldest of them
makes room: a client that means it is through in milliseconds, one that dawdles is not, and
thousands of the latter keep nobody out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import structlog
import trio
from attrs import frozen

from ailoop.access.penalty import client_of
from ailoop.model.errors import Refusal

__all__ = ["Lobby", "LobbyLimits", "Visit"]

log = structlog.get_logger()


@frozen(kw_only=True)
class LobbyLimits:
    """How many connections there may be.

    :param newcomers: connections without a request or handshake yet; of more, the oldest is
        closed.
    :param sockets: all connections of both ports; at the bound an idle one is closed, or
        else the next.
    :param address: connections from one address, or one network of IPv6, which is what a
        single machine has; this machine's own is not counted, as it is not other machines' to
        fill; the next is closed.
    """

    newcomers: int = 1000
    sockets: int = 20_000
    address: int = 1000


class Visit:
    """One connection, which is new, or busy, or idle between two requests."""

    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby
        self.scope = trio.CancelScope()
        """What ends the connection when it has to make room."""

    def engage(self) -> None:
        """Keep it: it has a request, or has become a WebSocket."""
        self._lobby.newcomers.pop(self, None)
        self._lobby.idle.pop(self, None)

    def rest(self) -> None:
        """Say that nothing is asked for at the moment."""
        self._lobby.idle[self] = None


class Lobby:
    """The connections of one daemon."""

    def __init__(self, limits: LobbyLimits | None = None) -> None:
        self.limits = limits or LobbyLimits()
        self.newcomers: dict[Visit, None] = {}  # the oldest first, as in the next
        self.idle: dict[Visit, None] = {}
        self.sockets = 0
        self.evicted = 0
        """Connections closed to make room for others."""
        self.turned_away = 0
        """Connections closed as soon as they came."""
        self._addresses: Counter[str] = Counter()

    @property
    def fullest_address(self) -> int:
        """How many connections the address has that has most."""
        return max(self._addresses.values(), default=0)

    @contextmanager
    def admit(self, stream: trio.abc.Stream) -> Iterator[Visit]:
        """Know a connection for as long as the block runs, or until it has to make room.

        :raises Refusal: ``too_many_connections``; there is nobody yet to tell it to.
        """
        address = _address(stream)
        self._check_room(address)
        visit = Visit(self)
        self.newcomers[visit] = None
        self.sockets += 1
        self._addresses.update(address)
        try:
            with visit.scope:
                yield visit
        finally:
            visit.engage()
            self.sockets -= 1
            self._addresses.subtract(address)
            for one in address:
                if not self._addresses[one]:
                    del self._addresses[one]

    def _check_room(self, address: list[str]) -> None:
        for one in address:
            if self._addresses[one] >= self.limits.address:
                self.turned_away += 1
                log.debug("address_full", address=one)
                raise Refusal("too_many_connections", limit=self.limits.address)
        if len(self.newcomers) >= self.limits.newcomers:
            self._evict(self.newcomers)
        elif self.sockets >= self.limits.sockets:
            if not (self.newcomers or self.idle):
                self.turned_away += 1
                raise Refusal("too_many_connections", limit=self.limits.sockets)
            self._evict(self.newcomers or self.idle)

    def _evict(self, visits: dict[Visit, None]) -> None:
        oldest = next(iter(visits))
        del visits[oldest]
        oldest.scope.cancel()
        self.evicted += 1


def _address(stream: trio.abc.Stream) -> list[str]:
    """Return where a connection comes from, or nothing if that is not counted."""
    while not isinstance(stream, trio.SocketStream):
        inner = getattr(stream, "transport_stream", None)  # what TLS is spoken over
        if inner is None:
            return []
        stream = inner
    try:
        return _counted(str(stream.socket.getpeername()[0]))
    except (OSError, IndexError):
        return []  # gone already


def _counted(host: str) -> list[str]:
    """Return what an address is counted as, if it is."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return []
    address = getattr(address, "ipv4_mapped", None) or address
    return [] if address.is_loopback else [client_of(host)]
