"""The inbox at the terminal of a daemon."""

from __future__ import annotations

import os
import signal

import click

from ailoop import AiloopClient, AiloopError
from ailoop.cli.inbox import serve_person
from ailoop.cli.prompts import Inbox
from ailoop.cli.running import NO_PATIENCE, only_ailoop_error
from ailoop.cli.text import complain

__all__ = ["serve_screen"]


async def serve_screen(rest_url: str) -> None:
    """Let the person at this terminal answer; the daemon goes on without them."""
    # Put in the background later, a read must fail rather than suspend the daemon.
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    try:
        async with AiloopClient(rest_url, role="human", patience=NO_PATIENCE) as client:
            name = os.environ.get("AILOOP_USER", "terminal")
            box = Inbox(channel=None, responder=name, write=click.echo)
            await serve_person(client, box)
    except (AiloopError, ExceptionGroup) as error:
        complain(f"the inbox at this terminal ended: {only_ailoop_error(error)}")
