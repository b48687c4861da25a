"""Every test here may ask for a running ``server``, and to be run once for each port."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.serving import PORTS, V1, Served, Talk, server, talking

__all__ = ["plain", "port", "server", "talk"]


@pytest.fixture(params=PORTS)
def port(request: pytest.FixtureRequest) -> str:
    """Name one of the two doors after the other."""
    return str(request.param)


@pytest.fixture
async def plain(server: Served, port: str) -> AsyncIterator[Talk]:
    """Open a connection without a subprotocol."""
    async with talking(server.socket_url(port)) as talk:
        yield talk


@pytest.fixture
async def talk(server: Served, port: str) -> AsyncIterator[Talk]:
    """Open a connection that speaks ``ailoop.v1`` and has declared no role."""
    async with talking(server.socket_url(port), V1) as talk:
        yield talk
