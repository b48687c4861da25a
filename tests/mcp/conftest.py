"""What the tests of MCP share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.serving import server

__all__ = ["server"]

_HERE = Path(__file__).parent

_NOT_OURS = (
    # The SDK's client leaves generators to the garbage collector.
    "ignore:Async generator:ResourceWarning",
    "ignore:Exception ignored in. <async_generator:pytest.PytestUnraisableExceptionWarning",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let pass what the SDK's client warns of."""
    for item in items:
        if _HERE in item.path.parents:
            for warning in _NOT_OURS:
                item.add_marker(pytest.mark.filterwarnings(warning))
