"""Which daemon ``ailoop mcp`` asks: the one that is named, one that runs here, or its own.

An editor may start several of these at once. A lock lets one of them run the daemon, and a
file tells the others where it is.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import httpx2
import orjson
import trio
from attrs import frozen

from ailoop.client import Patience
from ailoop.daemon import DaemonError, Settings, open_daemon

__all__ = ["Own", "Place"]

_HEALTH_SECONDS = 2.0
_LOCK_SECONDS = 15.0
"""How long to wait for another that is looking for a daemon; then go on without."""
_LOCK_AGAIN_SECONDS = 0.05

_NAMED = Patience(give_up_seconds=30, longest_seconds=2)
"""A daemon that was named may be restarting; a call fails after so long without it."""
_FOUND = Patience(give_up_seconds=3, longest_seconds=1)
"""One that was found may have ended with its editor; then another is looked for."""

_NOTE, _LOCK = "mcp.json", "mcp.lock"
_LOCAL = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}")


@frozen(kw_only=True)
class Own:
    """What a daemon that is run here is like.

    :param ws_port: where it listens if that is free; 0 picks a free one.
    :param rest_port: the same for REST and the page.
    :param journal: ``memory`` or ``sqlite:PATH``.
    """

    ws_port: int = 8080
    rest_port: int = 8081
    journal: str = "memory"

    @property
    def usual_url(self) -> str | None:
        """Where a daemon would be that somebody has started."""
        return f"http://127.0.0.1:{self.rest_port}" if self.rest_port else None

    @property
    def ports(self) -> tuple[tuple[int, int], ...]:
        """Which ports to try; the page had best be where people expect it."""
        return (self.ws_port, self.rest_port), (0, self.rest_port), (0, 0)


class Place:
    """Finds the daemon to ask.

    :param server: its address, if it was named.
    :param own: of the daemon that is run here.
    :param nursery: where that runs.
    """

    def __init__(self, server: str | None, own: Own, nursery: trio.Nursery) -> None:
        self.patience = _NAMED if server else _FOUND
        self._server = server
        self._own = own
        self._nursery = nursery
        self._running: str | None = None

    async def find(self) -> str:
        """Return the REST address of a daemon; if need be, run one.

        :raises DaemonError: it cannot be run.
        """
        if self._server:
            return self._server.rstrip("/")
        if self._running is not None:
            return self._running
        folder = _folder()
        async with _locked(folder):
            for url in (self._own.usual_url, _told(folder)):
                if url and await _answers(url):
                    return url
            running = await self._nursery.start(self._run, folder)
            if isinstance(running, DaemonError):
                raise running
            self._running = str(running)
        return self._running

    async def _run(
        self,
        folder: Path | None,
        *,
        task_status: trio.TaskStatus[str | DaemonError] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Run a daemon on loopback, with no settings but ours: a project is not to have any."""
        for ws_port, rest_port in self._own.ports:
            settings = Settings(ws_port=ws_port, rest_port=rest_port, journal=self._own.journal)
            entered = False
            try:
                async with open_daemon(settings) as daemon:
                    entered = True
                    with _noted(folder, daemon.rest_url):
                        task_status.started(daemon.rest_url)
                        await trio.sleep_forever()
            except DaemonError as error:
                if entered:
                    raise
                failed = error
        task_status.started(failed)


@contextmanager
def _noted(folder: Path | None, url: str) -> Iterator[None]:
    """Tell others where the daemon is, for as long as it is there."""
    if folder is None:
        yield
        return
    note = folder / _NOTE
    with suppress(OSError):
        note.write_bytes(orjson.dumps({"rest": url, "pid": os.getpid()}))
    try:
        yield
    finally:
        if _told(folder) == url:
            with suppress(OSError):
                note.unlink()


def _told(folder: Path | None) -> str | None:
    """Return where another says that its daemon is."""
    if folder is None:
        return None
    try:
        url = orjson.loads((folder / _NOTE).read_bytes())["rest"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    # It is only ever on this machine.
    return url if isinstance(url, str) and _LOCAL.fullmatch(url) else None


async def _answers(url: str) -> bool:
    """Whether a daemon of ours answers at an address."""
    try:
        async with httpx2.AsyncClient(timeout=_HEALTH_SECONDS, verify=False) as http:
            body = orjson.loads((await http.get(f"{url}/api/v1/health")).content)
    except (httpx2.HTTPError, ValueError):
        return False
    return isinstance(body, dict) and body.get("status") == "healthy" and "version" in body


def _folder() -> Path | None:
    """Return a folder that is this user's alone, if there can be one."""
    for base in (os.environ.get("XDG_RUNTIME_DIR"), os.environ.get("XDG_CACHE_HOME")):
        if base:
            folder = Path(base) / "ailoop"
            break
    else:
        folder = Path("~/.cache/ailoop")
    try:
        folder = folder.expanduser()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = folder.stat()
    except (OSError, RuntimeError):  # a user without a home
        return None
    return folder if owner.st_uid == os.getuid() and not owner.st_mode & 0o022 else None


@asynccontextmanager
async def _locked(folder: Path | None) -> AsyncIterator[None]:
    """Have no other look for a daemon meanwhile; whoever takes too long is not waited for."""
    lock = None
    if folder is not None:
        with suppress(OSError):
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if lock is None:
        yield
        return
    try:
        with trio.move_on_after(_LOCK_SECONDS):
            while True:
                if _take(lock):
                    break
                await trio.sleep(_LOCK_AGAIN_SECONDS)
        yield
    finally:
        os.close(lock)


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
