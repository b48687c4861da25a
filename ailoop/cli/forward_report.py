"""What ``ailoop forward`` tells of itself: how it goes, what was lost, and how it ended."""

from __future__ import annotations

import click
import trio
from attrs import asdict

from ailoop.cli.running import OK, REFUSED, UNREACHABLE, USAGE, exit_code_of, explain
from ailoop.cli.text import complain
from ailoop.forward import BadLineError, Counts, Forwarder

__all__ = ["exit_code", "summary", "tell_losses", "watched"]

_PROGRESS_SECONDS = 0.5


async def watched(forwarder: Forwarder, *, shown: bool) -> None:
    """Run it; on a terminal, tell how it goes."""
    if not shown:
        await forwarder.run()
        return
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_show_progress, forwarder)
            await forwarder.run()
            nursery.cancel_scope.cancel()
    finally:
        click.echo(f"\r{_progress(forwarder.counts())}", err=True)


async def _show_progress(forwarder: Forwarder) -> None:
    while True:
        click.echo(f"\r{_progress(forwarder.counts())}", nl=False, err=True)
        await trio.sleep(_PROGRESS_SECONDS)


def _progress(counts: Counts) -> str:
    return f"{counts.sent} sent, {counts.waiting} waiting".ljust(40)


def summary(channel: str, counts: Counts) -> dict[str, object]:
    """Return the counts as ``--json`` prints them."""
    members = {name: value for name, value in asdict(counts).items() if name != "waiting"}
    members["undelivered"] += counts.waiting
    return {"channel": channel, **members}


def tell_losses(counts: Counts) -> None:
    """Say what did not arrive, or not whole."""
    if counts.too_long:
        complain(f"skipped, because they were too long: {_some(counts.too_long, 'line')}")
    if counts.dropped:
        complain(f"dropped, because the buffer was full: {_some(counts.dropped)}")


def _some(count: int, what: str = "message") -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def exit_code(forwarder: Forwarder) -> int:
    """Return the exit code, and say what it stands for."""
    counts = forwarder.counts()
    left = f"not delivered: {_some(counts.undelivered)}"
    match forwarder.fault:
        case BrokenPipeError():
            raise forwarder.fault
        case BadLineError():
            complain(str(forwarder.fault))
            return REFUSED
        case OSError():
            complain(f"{forwarder.fault.filename or 'the stream'}: {forwarder.fault.strerror}")
            return USAGE
    if forwarder.failure is not None:
        complain(f"{explain(forwarder.failure)}; {left}")
        return exit_code_of(forwarder.failure)
    if forwarder.late:
        complain(f"the server was too slow at the end; {left}")
        return UNREACHABLE
    if forwarder.refusal is not None:
        complain(f"refused: {_some(counts.refused)}: {explain(forwarder.refusal)}")
        return exit_code_of(forwarder.refusal)
    return OK
