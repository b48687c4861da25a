"""What the tests of this folder share."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from tests.journal.filled import fill
from tests.journal.kit import disk

__all__ = ["disk", "path"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Provide a journal of two channels that nobody uses."""
    file = tmp_path / "j.db"
    trio.run(fill, file)
    return file
