"""Containers as tests start them: confined as the manifests say, and none left at the end."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.daemon.process import eventually

CONTAINER = Path(__file__).parents[2] / "container"
PATIENCE = 60.0

_GET = """
import sys, urllib.error, urllib.request
try:
    answer = urllib.request.urlopen(sys.argv[1], timeout=float(sys.argv[2]))
except urllib.error.HTTPError as error:
    answer = error
sys.stdout.write(f"{answer.status} {answer.read().decode()}")
"""


@cache
def build_module() -> Any:
    """Return ``container/build.py``, which is no part of any package."""
    sys.path.insert(0, str(CONTAINER))
    try:
        return importlib.import_module("build")
    finally:
        sys.path.remove(str(CONTAINER))


class Engine:
    """Podman, and what it needs to work here."""

    def __init__(self, builder: Any) -> None:
        self.builder = builder

    def podman(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of Podman's to its end."""
        done = subprocess.run(
            ["podman", *arguments],
            env=self.builder.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    @contextmanager
    def running(
        self, image: str, *options: str, command: tuple[str, ...] = ()
    ) -> Iterator[Container]:
        """Run the daemon of an image in the background; entered when it is ready."""
        confined = build_module().CONFINED
        name = f"ailoop-test-{uuid4().hex[:8]}"
        self.podman(
            *("run", "--detach", "--name", name, "--network", "none", *confined),
            *(*options, image, *command),
        )
        try:
            container = Container(self, name)
            container.wait_ready()
            yield container
        finally:
            self.podman("rm", "--force", "--time", "0", name, check=False)


class Container:
    """A container that runs."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.name = name

    def log(self) -> list[dict[str, Any]]:
        """Return what it has said, each line of which must be JSON."""
        said = self.engine.podman("logs", self.name).stdout
        return [json.loads(line) for line in said.splitlines()]

    def wait_ready(self) -> None:
        """Return when the log says so."""

        def is_ready() -> bool:
            assert self.inspect("{{.State.Status}}") in ("created", "running"), self.log()
            return any(line["event"] == "ready" for line in self.log())

        eventually(is_ready, "the daemon is ready")

    def inspect(self, what: str) -> str:
        """Return what Podman knows of it."""
        return self.engine.podman("inspect", "--format", what, self.name).stdout.strip()

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program beside the daemon."""
        return self.engine.podman("exec", self.name, *command, check=check)

    def python(self, code: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a piece of Python in it."""
        return self.run("python3", "-I", "-c", code, check=check)

    def get(self, url: str, seconds: float = 5.0) -> tuple[int, str]:
        """Ask something over the loopback of the container, from outside of it.

        :raises ConnectionError: nobody answers there, in so many seconds.
        """
        return get(self.inspect("{{.State.Pid}}"), url, seconds)


def get(pid: str, url: str, seconds: float) -> tuple[int, str]:
    """Ask something over the loopback of a process."""
    command = ["nsenter", "-t", pid, "-n", sys.executable, "-I", "-c", _GET, url, str(seconds)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if done.returncode:
        raise ConnectionError(done.stderr)
    status, _, body = done.stdout.partition(" ")
    return int(status), body
