"""A daemon in the test's own run, one in a process, and a wire to the first."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.cli.conftest import api, channel, daemon
from tests.client.proxy import Wire, wired
from tests.serving import Served, server

__all__ = ["api", "channel", "daemon", "server", "wire"]


@pytest.fixture
async def wire(server: Served) -> AsyncIterator[Wire]:
    """Lay a wire to the daemon."""
    async with wired(server.address("rest")) as laid:
        yield laid
