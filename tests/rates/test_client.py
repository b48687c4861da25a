"""The client takes a rate limit for Busy, and knows when to come again."""

from __future__ import annotations

from typing import Any

import pytest

from ailoop import Busy, Invalid
from ailoop.client.errors import refusal_of
from ailoop.client.patience import Patience, Retries
from tests.client.conftest import face, transport
from tests.client.faces import OpenClient
from tests.rates.kit import Clock
from tests.serving import serving

__all__ = ["face", "transport"]


async def test_told_when_to_come_again(clock: Clock, face: OpenClient, transport: Any) -> None:
    """Over either transport it is Busy, with the seconds that the server told."""
    async with (
        serving(rate_messages=0.2, rate_burst_seconds=5) as server,
        face(server.daemon.rest_url, transport=transport) as client,
    ):
        await client.say("a", "one")
        with pytest.raises(Busy) as caught:
            await client.say("a", "two")
        assert (caught.value.code, caught.value.retry_after) == ("rate_limited", 5)
        clock.now += caught.value.retry_after
        await client.say("a", "two")


async def test_never(clock: Clock, face: OpenClient, transport: Any) -> None:
    """What can never pass is Invalid: nobody is to try it again."""
    async with (
        serving(rate_bytes=100, rate_burst_seconds=5) as server,
        face(server.daemon.rest_url, transport=transport) as client,
    ):
        with pytest.raises(Invalid) as caught:
            await client.say("a", "x" * 1000)
        assert caught.value.details["limit"] == 500


def test_the_next_attempt_waits_as_told() -> None:
    """A connection is not tried again sooner than a frame or a header says."""
    for error in (
        refusal_of({"code": "rate_limited", "retry_after": 40}),
        refusal_of({"code": "rate_limited"}, "40"),
    ):
        assert Retries(Patience()).failed(0, error) >= 40
    for odd in (None, "soon", -1, 1.5, True, [1]):
        assert refusal_of({"code": "rate_limited", "retry_after": odd}).retry_after is None
