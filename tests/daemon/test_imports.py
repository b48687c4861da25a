"""What a daemon loads: a module nobody needs costs memory in every process."""

from __future__ import annotations

import signal
import sys
from contextlib import closing

import trio

from tests.daemon.api import Api
from tests.daemon.process import FREE_PORTS, launched
from tests.daemon.sockets import websocket

CLIENTS = {"ailoop.client", "anyio", "httpcore2", "httpx2", "truststore", "wcwidth"}
"""What only commands that talk to a daemon, or to a person, have a use for."""

NEIGHBOURS = {"pydantic"}
"""What a library of ours would load wherever it is installed, as it is for these tests."""

SERVE = {f"ailoop.cli.{name}" for name in ("lines", "main", "serve", "text")}
"""All that ``ailoop serve`` needs of the command line."""

TELLING = """
import atexit, sys
from ailoop.cli import main

atexit.register(lambda: print(*sys.modules))
main()
"""


async def loaded_by_daemon(*flags: str) -> set[str]:
    """Return the modules of a daemon that has had a request and a connection on each port."""
    command = (sys.executable, "-c", TELLING, "serve", *FREE_PORTS)
    with launched(*flags, command=command) as daemon:
        daemon.wait_ready()
        with closing(Api(daemon.rest)) as api:
            assert api.get("/api/v1/health").is_success
        for url in (daemon.ws, f"{daemon.rest.replace('http', 'ws')}/ws"):
            with trio.fail_after(20):
                async with websocket(url, "ailoop.v1"):
                    pass
        daemon.signal(signal.SIGTERM)
        assert daemon.wait() == 0
        return set(daemon.stdout.splitlines()[-1].split())


async def test_nothing_unused() -> None:
    """A daemon without a person at its terminal loads no client and no other command."""
    loaded = await loaded_by_daemon()
    assert loaded.isdisjoint(CLIENTS | NEIGHBOURS)
    assert {name for name in loaded if name.startswith("ailoop.cli.")} == SERVE


async def test_client_with_inbox() -> None:
    """With one, it does: so the test above would see them."""
    assert {"ailoop.client", "ailoop.cli.inbox", "httpx2"} <= await loaded_by_daemon("--inbox")
