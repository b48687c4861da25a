"""Clients of each face and transport, as the tests of the client have them."""

from __future__ import annotations

import pytest

from tests.client.conftest import transport
from tests.client.faces import FACES, PYTHON, OpenClient

__all__ = ["face", "transport"]


@pytest.fixture(params=PYTHON)
def face(request: pytest.FixtureRequest) -> OpenClient:
    """Return what opens a client of one face after the other; TypeScript has no receipts."""
    return FACES[request.param]
