"""One rate limit: a bucket of tokens for each client, or each channel."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from throttled import RateLimiterType, Throttled, rate_limiter, store

from ailoop.model.errors import Refusal

__all__ = ["Bucket"]

_MOST = 10**15 - 1
"""The largest number that a header can tell (RFC 9651, section 3.3.1)."""

_PARTS = 1000
"""Of so many of the library's whole tokens is one of ours, so that a rate may be a fraction."""


class Bucket:
    """Lets through a rate, and a burst of what has not been used of it.

    The library's clock has whole seconds: what a second brings is there when it begins. Should
    the clock be set back, a bucket fills again after two bursts' time at the latest.

    :param name: of the limit.
    :param unit: what it counts, in the plural.
    :param rate: so many a second.
    :param burst_seconds: so many seconds' worth may come at once.
    :param remembered: of so many clients or channels the bucket is known; the one heard least
        recently goes first, and finds a full one should it come back.
    """

    def __init__(
        self, name: str, unit: str, rate: float, burst_seconds: float, remembered: int
    ) -> None:
        self.name = name
        self.unit = unit
        self.rate = rate
        # Less than what a second brings would hold up those who keep to the rate.
        self.burst = min(math.ceil(rate * max(burst_seconds, 1)), _MOST)
        self.refused = 0
        """How often it refused something."""
        self._store = store.MemoryStore(options={"MAX_SIZE": remembered})
        self._tokens = Throttled(
            using=RateLimiterType.TOKEN_BUCKET.value,
            quota=rate_limiter.per_duration(
                timedelta(seconds=1), round(rate * _PARTS), burst=self.burst * _PARTS
            ),
            store=self._store,
        )

    def __len__(self) -> int:
        """Of how many it is known how much they have."""
        return len(self._store._backend.get_client())  # noqa: SLF001 -- it tells nowhere else

    @property
    def refill_seconds(self) -> int:
        """After how many seconds an empty bucket is full."""
        return math.ceil(self.burst / self.rate)

    @property
    def next_seconds(self) -> int:
        """After how many seconds there is more."""
        return math.ceil(1 / self.rate)

    def remaining(self, key: str) -> int:
        """Return how many may come at once, now."""
        return int(self._tokens.peek(key).remaining) // _PARTS

    def check(self, key: str, cost: int, **details: Any) -> None:
        """Refuse what is more than there is, and take nothing."""
        self._check_size(cost, details)
        left = int(self._tokens.peek(key).remaining)
        if left < cost * _PARTS:
            raise self._refusal(math.ceil((cost - left / _PARTS) / self.rate), details)

    def take(self, key: str, cost: int, **details: Any) -> None:
        """Take tokens.

        :raises Refusal: ``rate_limited`` with ``retry_after``, or ``too_large``: so many never
            pass. Nothing was taken.
        """
        self._check_size(cost, details)
        result = self._tokens.limit(key, cost * _PARTS)
        if result.limited:
            raise self._refusal(math.ceil(result.state.retry_after), details)

    def _check_size(self, cost: int, details: dict[str, Any]) -> None:
        if cost > self.burst:
            self.refused += 1
            raise Refusal(
                "too_large",
                f"{cost} {self.unit} at once never pass: rate_{self.name} lets through "
                f"{self.burst} together; send less at a time",
                rate=self.name,
                limit=self.burst,
                **details,
            )

    def _refusal(self, seconds: int, details: dict[str, Any]) -> Refusal:
        self.refused += 1
        seconds = max(1, seconds)
        whose = f"on the channel {details['channel']}" if details else "from this client"
        return Refusal(
            "rate_limited",
            f"Too many {self.unit} {whose}: it may be {self.rate:g} a second, and {self.burst} "
            f"at once; try again in {seconds} s",
            rate=self.name,
            retry_after=seconds,
            **details,
        )
