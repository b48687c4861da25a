"""A daemon for all tests of commands; each test has a channel of its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import count

import pytest

from tests.cli.screens import OpenScreen, inbox_screen
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


@pytest.fixture
def open_screen(daemon: DaemonProcess, channel: str) -> OpenScreen:
    """Opens an inbox of this test's channel on a terminal of its own."""
    return partial(inbox_screen, daemon.rest, "-c", channel)
