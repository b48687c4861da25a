"""A running ``server``, and a ``client`` of it: each face, over each transport."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest

from tests.client.faces import EACH_FACE, FACES, OpenClient
from tests.serving import Served, server

__all__ = ["client", "face", "server", "transport"]


@pytest.fixture(params=["websocket", "rest"])
def transport(request: pytest.FixtureRequest) -> Literal["websocket", "rest"]:
    """Name one transport after the other."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(params=EACH_FACE)
def face(request: pytest.FixtureRequest) -> OpenClient:
    """Return what opens a client of one face after the other."""
    return FACES[request.param]


@pytest.fixture
async def client(
    server: Served, face: OpenClient, transport: Literal["websocket", "rest"]
) -> AsyncIterator[Any]:
    """Open a client over the transport."""
    async with face(server.daemon.rest_url, transport=transport) as opened:
        yield opened
