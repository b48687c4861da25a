"""The image, built once for all tests and all workers, on a machine that can."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys

import pytest

from tests.container.engine import Engine, build_module

TAG = "localhost/ailoop-test:latest"


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Return what runs containers here; a machine that cannot is told why."""
    module = build_module()
    missing = [one for one in module.ENGINES if shutil.which(one) is None]
    if missing:
        _lacking(
            f"{', '.join(missing)}: not installed; try: apt-get install {' '.join(missing)}"
        )
    if os.geteuid() != 0:
        _lacking("containers are built and run as root here, and this is not root")
    if sys.version_info[:2] != (3, 11):
        _lacking("the image has Python 3.11, whose wheels another Python does not fetch")
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    folder = shared / "containers"
    folder.mkdir(exist_ok=True)
    return Engine(module.Builder(folder))


@pytest.fixture(scope="session")
def image(engine: Engine) -> str:
    """Return the name of an image built from this checkout."""
    builder = engine.builder
    with (builder.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = builder.folder / "built"
        if not stamp.exists():
            builder.make_base()
            _can_run(engine)
            builder.build(builder.fetch_wheels(), TAG)
            stamp.touch()
    return TAG


def _lacking(why: str) -> None:
    """Skip, or as CI wants it, fail: this machine lacks what could be installed."""
    if os.environ.get("AILOOP_STRICT"):
        pytest.fail(why)
    pytest.skip(why)


def _can_run(engine: Engine) -> None:
    """Skip where the system lets nobody run a container, with what the engine says to it."""
    base = build_module().BASE
    command = ["podman", "run", "--rm", "--network", "none", base, "true"]
    done = subprocess.run(
        command, env=engine.builder.environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no container can run on this machine: {done.stderr.strip()[-500:]}")
