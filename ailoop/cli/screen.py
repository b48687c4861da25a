"""The inbox at the terminal of a daemon."""

from __future__ import annotations

import os
import signal
import sys

import click
import structlog

from ailoop import AiloopClient
from ailoop.cli.inbox import serve_person
from ailoop.cli.lines import fits_screen, is_terminal
from ailoop.cli.prompts import Inbox
from ailoop.cli.running import NO_PATIENCE

__all__ = ["serve_screen"]

log = structlog.get_logger()


async def serve_screen(rest_url: str) -> None:
    """Let the person at this terminal answer; the daemon goes on without them."""
    # Put in the background later, a read must fail rather than suspend the daemon.
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    name = os.environ.get("AILOOP_USER", "terminal")
    try:
        if fits_screen(sys.stdout):
            from ailoop.cli.terminal.inbox import show_inbox

            await show_inbox(rest_url, None, name, mouse=True)
            log.info("inbox_closed", hint="the daemon goes on; Ctrl-C stops it")
        else:
            await _serve_lines(rest_url, name)
    except Exception:
        # A fault of the screen is none of the daemon's.
        log.exception("inbox_failed")


async def _serve_lines(rest_url: str, name: str) -> None:
    async with AiloopClient(rest_url, role="human", patience=NO_PATIENCE) as client:
        box = Inbox(channel=None, responder=name, write=click.echo)
        if is_terminal(sys.stdin):
            await serve_person(client, box)
        else:
            await box.follow(client)  # there is no person at a pipe
