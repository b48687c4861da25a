"""A daemon for all tests of commands; each test has a channel of its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess, running_daemon

_numbers = count(1)


@pytest.fixture(scope="session")
def daemon() -> Iterator[DaemonProcess]:
    with running_daemon() as process:
        yield process


@pytest.fixture
def api(daemon: DaemonProcess) -> Iterator[Api]:
    api = Api(daemon.rest)
    yield api
    api.close()


@pytest.fixture
def channel() -> str:
    """A name that no other test uses."""
    return f"test-{next(_numbers)}"
