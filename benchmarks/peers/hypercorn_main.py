"""Runs an ASGI application on Hypercorn's Trio worker."""

from __future__ import annotations

from functools import partial
from typing import Any

import trio
from hypercorn.config import Config
from hypercorn.trio import serve

from benchmarks.peers.ports import say_ready

__all__ = ["run"]


def run(app: Any) -> None:
    """Serve until the process ends."""
    trio.run(_main, app)


async def _main(app: Any) -> None:
    config = Config()
    config.bind = ["127.0.0.1:0"]
    # As in ailoop: a client that keeps a connection may do so.
    config.keep_alive_max_requests = 2**31
    async with trio.open_nursery() as nursery:
        binds = await nursery.start(partial(serve, app, config))
        say_ready(int(binds[0].rpartition(":")[2]), "rest")
