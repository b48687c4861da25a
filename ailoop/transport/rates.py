"""How much may come in a second from one client and on one channel; all doors ask here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from attrs import field, frozen

from ailoop.access.grants import Act
from ailoop.access.identity import Identity
from ailoop.access.penalty import client_of
from ailoop.model.codec import encode
from ailoop.model.message import PROMPT_TYPES, Message, Response
from ailoop.transport.bucket import Bucket

__all__ = ["RateLimits", "Rates", "Wish"]


def _rate(unit: str) -> Any:
    return field(default=0.0, metadata={"unit": unit})


@frozen(kw_only=True)
class RateLimits:
    """What may come in a second; 0 is no limit.

    Each is of one client, by its name or else its address; those of a channel are of all its
    clients together.

    :param responses: of messages, the only limit that concerns a person's decision.
    :param connections: handshakes of WebSockets.
    :param requests: over HTTP, but for the health and for responses.
    :param burst_seconds: what so many seconds bring may come at once.
    :param remembered: clients, or channels, that are known to each limit.
    """

    messages: float = _rate("messages")
    prompts: float = _rate("prompts")
    bytes: float = _rate("bytes")
    channel_messages: float = _rate("messages")
    channel_prompts: float = _rate("prompts")
    channel_bytes: float = _rate("bytes")
    responses: float = _rate("responses")
    connections: float = _rate("connections")
    requests: float = _rate("requests")
    burst_seconds: float = 10.0
    remembered: int = 10_000

    def units(self) -> dict[str, str]:
        """Return the unit of each limit by its name."""
        fields = self.__attrs_attrs__
        return {one.name: one.metadata["unit"] for one in fields if "unit" in one.metadata}


class Wish(NamedTuple):
    """Something of a bucket for somebody."""

    bucket: Bucket
    key: str
    cost: int
    channel: str | None = None


_PER_MESSAGE: dict[str, Callable[[Message], int]] = {
    "messages": lambda _: 1,
    "prompts": lambda message: isinstance(message.content, PROMPT_TYPES),
    "bytes": lambda message: len(encode(message)),
}


class Rates:
    """The limits that are on. Nothing here waits, so what is checked is still so when taken."""

    def __init__(self, limits: RateLimits | None = None) -> None:
        self.limits = limits or RateLimits()
        self.names = self.limits.units()
        """Of every limit, on or off, what it counts."""
        self.buckets = {
            name: Bucket(name, unit, rate, self.limits.burst_seconds, self.limits.remembered)
            for name, unit in self.names.items()
            if (rate := getattr(self.limits, name))
        }
        """Those that are on, by name."""
        self._of_clients = [
            (self.buckets[name], count)
            for name, count in _PER_MESSAGE.items()
            if name in self.buckets
        ]
        self._of_channels = [
            (self.buckets[f"channel_{name}"], count)
            for name, count in _PER_MESSAGE.items()
            if f"channel_{name}" in self.buckets
        ]
        self._posting = bool(
            self._of_clients or self._of_channels or "responses" in self.buckets
        )

    @property
    def refused(self) -> dict[str, int]:
        """How often each limit, on or off, has refused something."""
        return {
            name: self.buckets[name].refused if name in self.buckets else 0
            for name in self.names
        }

    @property
    def fullest(self) -> int:
        """How many clients or channels the limit remembers that remembers most."""
        return max(map(len, self.buckets.values()), default=0)

    # -- what is wished ---------------------------------------------------------------

    def of_messages(
        self, identity: Identity | None, address: str, messages: Sequence[Message]
    ) -> list[Wish]:
        """Return what messages take. A response takes of nothing but ``responses``.

        Of a channel that its sender may not write to they take nothing: the broker refuses
        them, and its own senders are not to suffer.
        """
        if not self._posting:
            return []
        said = [one for one in messages if not isinstance(one.content, Response)]
        wishes = self._single("responses", identity, address, len(messages) - len(said))
        if not said:
            return wishes
        if self._of_clients:
            key = _key(identity, address)
            wishes += [
                Wish(bucket, key, cost)
                for bucket, count in self._of_clients
                if (cost := sum(map(count, said)))
            ]
        for bucket, count in self._of_channels:
            costs: Counter[str] = Counter()
            for one in said:
                costs[one.channel] += count(one)
            wishes += [
                Wish(bucket, channel, cost, channel)
                for channel, cost in costs.items()
                if cost and (identity is None or identity.may(Act.SEND, channel))
            ]
        return wishes

    def of_response(self, identity: Identity | None, address: str) -> list[Wish]:
        """Return what a person's decision takes."""
        return self._single("responses", identity, address)

    def of_request(self, identity: Identity | None, address: str) -> list[Wish]:
        """Return what an HTTP request takes."""
        return self._single("requests", identity, address)

    def _single(
        self, name: str, identity: Identity | None, address: str, cost: int = 1
    ) -> list[Wish]:
        bucket = self.buckets.get(name)
        if bucket is None or not cost:
            return []
        return [Wish(bucket, _key(identity, address), cost)]

    # -- taking -----------------------------------------------------------------------

    def take(self, wishes: Sequence[Wish]) -> None:
        """Take everything, or refuse and take nothing.

        :raises Refusal: ``rate_limited`` or ``too_large``.
        """
        if not wishes:
            return
        *first, last = wishes
        for wish in first:
            wish.bucket.check(wish.key, wish.cost, **_details(wish))
        for wish in (last, *first):
            wish.bucket.take(wish.key, wish.cost, **_details(wish))

    def post(
        self, identity: Identity | None, address: str, messages: Sequence[Message]
    ) -> None:
        """Count messages, all or none of them."""
        if self._posting:
            self.take(self.of_messages(identity, address, messages))

    def respond(self, identity: Identity | None, address: str) -> None:
        """Count a person's decision."""
        self.take(self.of_response(identity, address))

    def connect(self, identity: Identity | None, address: str) -> None:
        """Count a WebSocket's handshake."""
        self.take(self._single("connections", identity, address))

    # -- what health shows ------------------------------------------------------------

    def standing(self) -> dict[str, dict[str, float]]:
        """Return the limits that are on, and how often each has refused something."""
        return {
            name: {"rate": one.rate, "burst": one.burst, "refused": one.refused}
            for name, one in self.buckets.items()
        }


def _details(wish: Wish) -> dict[str, str]:
    return {} if wish.channel is None else {"channel": wish.channel}


def _key(identity: Identity | None, address: str) -> str:
    """Return what a client is remembered by; no name passes for an address."""
    return f"name {identity.name}" if identity is not None else _address_key(address)


@lru_cache(maxsize=1000)
def _address_key(address: str) -> str:
    return f"address {client_of(address)}"
