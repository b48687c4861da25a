"""What the tests of TLS share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tls.kit import Papers


@pytest.fixture
def papers(tmp_path: Path) -> Papers:
    """Return an authority with a certificate for the daemon."""
    return Papers(tmp_path / "papers")
