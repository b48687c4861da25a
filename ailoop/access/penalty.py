"""What repeated bad credentials cost the address that they come from."""

from __future__ import annotations

import math
from ipaddress import IPv6Address, ip_address

from throttled import RateLimiterType, Throttled, rate_limiter, store

from ailoop.model.errors import Refusal

__all__ = ["Penalties", "client_of"]

_ATTEMPTS_PER_MINUTE = 20
_ADDRESSES = 10_000
"""Addresses that are remembered; the one that was heard least recently goes first."""


class Penalties:
    """Counts bad credentials by address, in a token bucket each.

    It slows down who guesses, and spares the log. A good credential always passes: behind one
    address there may be many, and one of them must not lock out the others.
    """

    def __init__(self) -> None:
        self._bad = Throttled(
            using=RateLimiterType.TOKEN_BUCKET.value,
            quota=rate_limiter.per_min(_ATTEMPTS_PER_MINUTE, burst=_ATTEMPTS_PER_MINUTE),
            store=store.MemoryStore(options={"MAX_SIZE": _ADDRESSES}),
        )

    def note(self, address: str) -> None:
        """Note a bad credential.

        :raises Refusal: ``too_many_attempts``, with the time after which to try again.
        """
        result = self._bad.limit(client_of(address))
        if result.limited:
            wait = max(1, math.ceil(result.state.retry_after))
            raise Refusal("too_many_attempts", retry_after=wait)


def client_of(address: str) -> str:
    """Return what one client has for itself of an address: in IPv6 it is a whole network."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100]
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped or IPv6Address(int(ip) >> 64 << 64))
    return str(ip)
