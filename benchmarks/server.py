"""Servers under measurement: real processes on loopback, on a core of their own.

A server tells its ports in one line, ``ready rest=http://… ws=ws://…``, as ``ailoopd`` does;
the peers in :mod:`benchmarks.peers` print the same. What a server logs goes to a file, which
is attached to whatever goes wrong while it runs.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import define

__all__ = ["Server", "ServerFailedError", "ailoop_server", "peer_server", "pin_load"]

ROOT = Path(__file__).resolve().parents[1]

READY_SECONDS = 30.0
"""How long a server may take to tell its ports."""

STOP_SECONDS = 5.0
"""How long a server may take to end before it is killed."""

_LOG_SHOWN = 4000
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Asked once, before this process pins itself.
_CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


class ServerFailedError(Exception):
    """A server did not start, or ended while it was measured."""


@define
class Server:
    """A running server. Memory and processor time are read from ``/proc``.

    :param rest_port: where it speaks HTTP; 0 if it does not.
    :param ws_port: where it speaks WebSocket; 0 if it does not.
    :param ready_seconds: from the start of the process to its ``ready`` line.
    """

    pid: int
    rest_port: int
    ws_port: int
    ready_seconds: float

    def rss(self) -> int:
        """Return the resident memory in bytes."""
        return int(self._proc("statm").split()[1]) * _PAGE

    def scheduled(self) -> tuple[float, float]:
        """Return for how long the main thread has run, and has waited for a core, in seconds.

        Both are 0 on a kernel that does not count it.
        """
        try:
            ran, waited, _ = self._proc("schedstat").split()
        except FileNotFoundError:
            return 0.0, 0.0
        return int(ran) / 1e9, int(waited) / 1e9

    def _proc(self, name: str) -> str:
        return Path(f"/proc/{self.pid}/{name}").read_text()


@contextmanager
def ailoop_server(**settings: object) -> Iterator[Server]:
    """Run ``ailoop serve`` on free ports.

    :param settings: those that are not to have their default, by name.
    """
    free = {"ws_port": 0, "rest_port": 0}
    given = {f"AILOOP_{name.upper()}": str(v) for name, v in {**free, **settings}.items()}
    with _running("ailoop", ["ailoop", "serve", "--no-inbox"], given) as server:
        yield server


@contextmanager
def peer_server(name: str) -> Iterator[Server]:
    """Run a module of :mod:`benchmarks.peers`."""
    with _running(name, [f"benchmarks.peers.{name}"], {}) as server:
        yield server


def pin_load() -> None:
    """Keep this process off the core that servers run on, where there is another."""
    if len(_CORES) > 1:
        os.sched_setaffinity(0, _CORES[1:])


@contextmanager
def _running(name: str, module: Sequence[str], given: dict[str, str]) -> Iterator[Server]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AILOOP_")}
    with TemporaryDirectory(prefix="benchmark-") as folder:
        log = Path(folder) / "log"
        start = time.monotonic()
        with log.open("wb") as errors:
            popen = subprocess.Popen(
                [sys.executable, "-m", *module],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**kept, "PYTHONPATH": str(ROOT), **given},
                # Without a settings file of somebody's.
                cwd=folder,
                # Ctrl-C is for this process, which then ends the server.
                process_group=0,
            )
        try:
            if len(_CORES) > 1:
                os.sched_setaffinity(popen.pid, _CORES[:1])
            told = _wait_ready(popen)
            yield Server(
                popen.pid, _port(told, "rest"), _port(told, "ws"), time.monotonic() - start
            )
            _check_running(popen)
        except Exception as error:
            error.add_note(f"The log of {name}:\n{log.read_text()[-_LOG_SHOWN:] or '(empty)'}")
            raise
        finally:
            _stop(popen)


def _wait_ready(popen: subprocess.Popen[bytes]) -> dict[str, str]:
    """Wait for the ``ready`` line and return what it tells."""
    assert popen.stdout is not None  # noqa: S101 -- for the type checker
    deadline = time.monotonic() + READY_SECONDS
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(popen.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(deadline - time.monotonic()):
                raise ServerFailedError(f"it was not ready in {READY_SECONDS:.0f} s")
            more = os.read(popen.stdout.fileno(), 1024)
            if not more:
                raise ServerFailedError("it ended before it was ready")
            line += more
    first, *told = line.decode().split()
    if first != "ready":
        raise ServerFailedError(f"it said {line!r} instead of being ready")
    return dict(word.split("=", 1) for word in told)


def _check_running(popen: subprocess.Popen[bytes]) -> None:
    if popen.poll() is not None:
        raise ServerFailedError(f"it ended by itself, with status {popen.returncode}")


def _port(told: dict[str, str], kind: str) -> int:
    return int(told.get(kind, ":0").rpartition(":")[2])


def _stop(popen: subprocess.Popen[bytes]) -> None:
    """End the process, and leave none behind whatever it does."""
    popen.terminate()
    try:
        popen.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        popen.kill()
        popen.wait()
        if popen.stdout is not None:
            popen.stdout.close()
