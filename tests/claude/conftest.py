"""A daemon, and a project in which Claude Code works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.claude.kit import Project
from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess, running_daemon


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
def project(daemon: DaemonProcess, tmp_path: Path) -> Project:
    return Project(tmp_path, daemon.rest).make()
