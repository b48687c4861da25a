"""Rate limits over HTTP: what a request takes, and what its answer tells of that.

``RateLimit-Policy`` and ``RateLimit`` are those of draft-ietf-httpapi-ratelimit-headers-11,
sections 3 and 4: lists of structured fields (RFC 9651), one member a limit.
"""

from __future__ import annotations

from collections.abc import Sequence

from quart import Response, g, request

from ailoop.model.message import Message
from ailoop.transport.bucket import Bucket
from ailoop.transport.gateway import Gateway
from ailoop.transport.rates import Wish
from ailoop.transport.rest.caller import address_of, caller

__all__ = ["count_messages", "count_request", "tell_rates"]

_FREE = ("status.health", "probes.live", "probes.ready")
"""What watches the server must not take it for dead because somebody else is busy."""
_RESPOND = "messages.post_response"

_UNITS = {"requests": "", "bytes": ';qu="content-bytes"'}
"""How the draft calls them; a unit that it does not know is better than a wrong one."""


def count_request(gateway: Gateway) -> None:
    """Count the present request; a person's decision counts among such only.

    :raises Refusal: ``rate_limited``.
    """
    rates = gateway.rates
    if not rates.buckets or request.endpoint in _FREE:
        return
    wishes = rates.of_response if request.endpoint == _RESPOND else rates.of_request
    _take(gateway, wishes(caller(), address_of(request)))


def count_messages(gateway: Gateway, messages: Sequence[Message]) -> None:
    """Count the messages of the present request, all or none of them.

    :raises Refusal: ``rate_limited`` or ``too_large``.
    """
    _take(gateway, gateway.rates.of_messages(caller(), address_of(request), messages))


def _take(gateway: Gateway, wishes: list[Wish]) -> None:
    if wishes:
        g.wishes = [*g.get("wishes", ()), *wishes]
        gateway.rates.take(wishes)


def tell_rates(response: Response) -> None:
    """Write into an answer which limits its request came under, and what is left of them."""
    left: dict[Bucket, int] = {}
    for wish in g.get("wishes", ()):
        remaining = wish.bucket.remaining(wish.key)
        left[wish.bucket] = min(remaining, left.get(wish.bucket, remaining))
    if left:
        response.headers["RateLimit-Policy"] = ", ".join(map(_policy, left))
        response.headers["RateLimit"] = ", ".join(
            f'"{one.name}";r={remaining};t={one.next_seconds}'
            for one, remaining in left.items()
        )


def _policy(bucket: Bucket) -> str:
    unit = _UNITS.get(bucket.unit, f';qu="{bucket.unit}"')
    return f'"{bucket.name}";q={bucket.burst}{unit};w={bucket.refill_seconds}'
