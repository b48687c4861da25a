"""Every test here may ask for a ``house`` with a guard, and be run once for each port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.access.kit import Guarded, guarded
from tests.serving import PORTS


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Guarded]:
    """Run a daemon that wants to know who is there."""
    async with guarded(tmp_path) as opened:
        yield opened


@pytest.fixture(params=PORTS)
def port(request: pytest.FixtureRequest) -> str:
    """Name one of the two doors after the other."""
    return str(request.param)
