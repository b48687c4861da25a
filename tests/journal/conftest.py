"""What the tests of this folder share."""

from __future__ import annotations

from tests.journal.kit import disk

__all__ = ["disk"]
