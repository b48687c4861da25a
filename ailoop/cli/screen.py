"""The inbox at the terminal of a daemon."""

from __future__ import annotations

import os
import signal
import ssl
import sys

import click
import structlog
from attrs import frozen

from ailoop import AiloopClient, BadKeyFile, Tls, Unreachable
from ailoop.cli.inbox import serve_person
from ailoop.cli.lines import fits_screen, is_terminal
from ailoop.cli.prompts import Inbox
from ailoop.cli.running import NO_PATIENCE
from ailoop.daemon import Daemon

__all__ = ["serve_screen"]

log = structlog.get_logger()


@frozen(kw_only=True)
class _Pinned(Tls):
    """Trusts the daemon's own certificate, which need not be for the address used here."""

    pinned: ssl.SSLContext

    def context(self) -> ssl.SSLContext:
        self.load_own(self.pinned)
        return self.pinned


async def serve_screen(daemon: Daemon) -> None:
    """Let the person at this terminal answer; the daemon goes on without them."""
    # Put in the background later, a read must fail rather than suspend the daemon.
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    name = os.environ.get("AILOOP_USER", "terminal")
    try:
        tls = _own_tls(daemon.certificate.pinned if daemon.certificate else None)
        token = daemon.own_pass(name)
        if fits_screen(sys.stdout):
            from ailoop.cli.terminal.inbox import show_inbox

            await show_inbox(daemon.rest_url, None, name, mouse=True, tls=tls, token=token)
            log.info("inbox_closed", hint="the daemon goes on; Ctrl-C stops it")
        else:
            await _serve_lines(daemon.rest_url, name, tls, token)
    except (BadKeyFile, Unreachable) as error:
        log.error("inbox_failed", why=str(error))  # noqa: TRY400 -- the sentence says it all
    except Exception:
        # A fault of the screen is none of the daemon's.
        log.exception("inbox_failed")


def _own_tls(pinned: ssl.SSLContext | None) -> Tls | None:
    """Return how to reach the daemon; where it asks for a certificate, the environment's."""
    if pinned is None:
        return None
    said = Tls.from_environment()
    return _Pinned(pinned=pinned, cert_file=said.cert_file, key_file=said.key_file)


async def _serve_lines(rest_url: str, name: str, tls: Tls | None, token: str | None) -> None:
    async with AiloopClient(
        rest_url, role="human", patience=NO_PATIENCE, tls=tls, token=token
    ) as client:
        box = Inbox(channel=None, responder=name, write=click.echo)
        if is_terminal(sys.stdin):
            await serve_person(client, box)
        else:
            await box.follow(client)  # there is no person at a pipe
