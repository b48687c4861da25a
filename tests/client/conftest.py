"""A running ``server``, and a ``client`` of it over each transport."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

import pytest

from ailoop import AiloopClient
from tests.serving import Served, server

__all__ = ["client", "server", "transport"]


@pytest.fixture(params=["websocket", "rest"])
def transport(request: pytest.FixtureRequest) -> Literal["websocket", "rest"]:
    """Name one transport after the other."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
async def client(
    server: Served, transport: Literal["websocket", "rest"]
) -> AsyncIterator[AiloopClient]:
    """Open a client over the transport."""
    async with AiloopClient(server.daemon.rest_url, transport=transport) as opened:
        yield opened
