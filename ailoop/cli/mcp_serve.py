"""What ``ailoop mcp`` runs: a daemon to ask, and the talk with the client."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import click
import trio

from ailoop.cli.mcp_limit import client_seconds
from ailoop.cli.mcp_place import Own, Place
from ailoop.cli.running import OK
from ailoop.daemon.logs import configure_logs
from ailoop.transport.mcp.call import Waits
from ailoop.transport.mcp.calls import Calls
from ailoop.transport.mcp.server import Caller, make_server
from ailoop.transport.mcp.stdio import serve_stdio
from ailoop.transport.mcp.through_client import ClientDesk, DeskClient
from ailoop.transport.mcp.tools import TOOLS, Tool

__all__ = ["serve_client"]


async def serve_client(
    server: str | None,
    channel: str,
    own: Own,
    ticket_seconds: float,
    progress_seconds: float,
    tools: Sequence[Tool] | None = None,
) -> int:
    """Serve until the client closes our standard input.

    :param server: the daemon to ask; without one it is found, or run here.
    :param own: what a daemon that is run here is like.
    :param tools: what the client is offered instead of the usual ones.
    """
    configure_logs("warning", "auto", "stderr")
    async with trio.open_nursery() as nursery:
        place = Place(server, own, nursery)
        url = await place.find()
        click.echo(f"ailoop mcp: people answer at {url}/", err=True)
        caller = Caller(desk=ClientDesk(partial(_client, place), nursery), channel=channel)
        calls = Calls()
        waits = Waits(ticket=ticket_seconds, progress=progress_seconds)
        if limit := client_seconds():
            waits = waits.within(limit)
        talk = make_server(
            lambda _: caller, calls=calls, waits=waits, tools=tools or TOOLS, page=f"{url}/"
        )
        await serve_stdio(talk, calls)
        nursery.cancel_scope.cancel()
    return OK


async def _client(place: Place) -> DeskClient:
    url = await place.find()
    return DeskClient(url, role="agent", patience=place.patience)
