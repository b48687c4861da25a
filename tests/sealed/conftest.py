"""Keys in files, and a running ``server``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.client.conftest import face, transport
from tests.sealed.kit import People
from tests.serving import server

__all__ = ["face", "people", "server", "transport"]


@pytest.fixture
def people(tmp_path: Path) -> People:
    """Give ann, bob and an agent a key each."""
    return People(tmp_path, "ann", "bob", "agent")
