"""Keys in files, and a running ``server``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.client.conftest import transport
from tests.client.faces import FACES, PYTHON, OpenClient
from tests.sealed.kit import People
from tests.serving import server

__all__ = ["face", "people", "server", "transport"]


@pytest.fixture(params=PYTHON)
def face(request: pytest.FixtureRequest) -> OpenClient:
    """Return what opens a client of one face after the other; TypeScript does not seal."""
    return FACES[request.param]


@pytest.fixture
def people(tmp_path: Path) -> People:
    """Give ann, bob and an agent a key each."""
    return People(tmp_path, "ann", "bob", "agent")
