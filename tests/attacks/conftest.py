"""One daemon for each test, attacked on either port."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.serving import PORTS, Served, serving


@pytest.fixture(params=PORTS)
def port(request: pytest.FixtureRequest) -> str:
    """Run a test on each of the two ports."""
    return str(request.param)


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    """Run a daemon that does not wait long for what does not come."""
    async with serving(idle_seconds=0.3, head_seconds=0.5, upload_seconds=0.5) as served:
        yield served
