"""Real processes: a daemon, and the environment that tests give to children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import orjson

PATIENCE = 20.0
"""Seconds after which something that should have happened has not."""

AILOOP = (sys.executable, "-m", "ailoop")
FREE_PORTS = ("--ws-port", "0", "--rest-port", "0")

_UNWANTED = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "COLUMNS", "LINES")

T = TypeVar("T")


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process' environment without what would change how a command behaves."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AILOOP_") and name not in _UNWANTED
    }
    # The checkout under test, wherever the child runs.
    root = str(Path(__file__).parents[2])
    return {**kept, "PYTHONPATH": root, "TERM": "xterm", **(extra or {})}


def eventually(look: Callable[[], T], what: str) -> T:
    """Look until there is something to see, and return it."""
    deadline = time.monotonic() + PATIENCE
    while not (seen := look()):
        assert time.monotonic() < deadline, f"did not happen: {what}"
        time.sleep(0.01)
    return seen


class DaemonProcess:
    """A running ``ailoop serve``; its outputs go to files, so that no pipe fills up."""

    def __init__(self, popen: subprocess.Popen[bytes], folder: Path) -> None:
        self.popen = popen
        self._folder = folder
        self.rest = ""
        self.ws = ""

    @property
    def stdout(self) -> str:
        return (self._folder / "stdout").read_text()

    @property
    def stderr(self) -> str:
        return (self._folder / "stderr").read_text()

    def log(self) -> list[dict[str, Any]]:
        """Return the log's lines, each of which must be JSON."""
        return [orjson.loads(line) for line in self.stderr.splitlines()]

    def wait_ready(self) -> None:
        """Return when the ``ready`` line tells the addresses."""

        def ready_line() -> str:
            assert self.popen.poll() is None, f"it ended at once:\n{self.stderr}"
            line, ended, _ = self.stdout.partition("\n")
            return line if ended else ""

        words = eventually(ready_line, "the ready line").split()
        assert words[0] == "ready"
        told = dict(word.split("=", 1) for word in words[1:])
        self.rest, self.ws = told["rest"], told["ws"]

    def signal(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def wait(self) -> int:
        """Return the exit code."""
        return self.popen.wait(PATIENCE)

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait(PATIENCE)


@contextmanager
def launched(
    *flags: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    command: Sequence[str] = (*AILOOP, "serve"),
    stderr: int | None = None,
) -> Iterator[DaemonProcess]:
    """Start a daemon process, and have none left at the end of the block.

    :param stderr: a file descriptor for the log instead of a file that can be read back.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
            popen = subprocess.Popen(
                [*command, *flags],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err if stderr is None else stderr,
                env=environment(env),
                cwd=cwd or folder,
            )
        process = DaemonProcess(popen, folder)
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def running_daemon(
    *flags: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[DaemonProcess]:
    """Run a daemon on free ports; entered when it is ready."""
    with launched(*FREE_PORTS, *flags, env=env, cwd=cwd) as process:
        process.wait_ready()
        yield process


def run_serve(
    *flags: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``ailoop serve`` to its end, which is expected to come by itself."""
    return subprocess.run(
        [*AILOOP, "serve", *flags],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment(env),
        cwd=cwd,
        check=False,
    )
