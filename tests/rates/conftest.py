"""A clock that the test moves."""

from __future__ import annotations

import pytest

from tests.rates.kit import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock of the buckets; it stands still."""
    return Clock(monkeypatch)
