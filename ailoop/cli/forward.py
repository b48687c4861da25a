"""``ailoop forward``: what a program prints, told to people as it comes."""

from __future__ import annotations

import click

from ailoop import AiloopClient, AiloopError, Invalid
from ailoop.cli.lines import LineReader
from ailoop.cli.running import (
    NO_PATIENCE,
    OK,
    channel,
    exit_code_of,
    priority,
    run,
    seal_for,
    server,
)
from ailoop.cli.text import complain
from ailoop.model.message import Priority

__all__ = ["forward"]


@click.command()
@channel
@priority(Priority.LOW)
@seal_for
@server
def forward(channel: str, priority: str, seal_for: tuple[str, ...], server: str | None) -> None:
    r"""Copy stdin to stdout, and each line to a channel as a notification.

    \b
    Example:
      make deploy 2>&1 | ailoop forward -c deploys
    """

    async def command() -> int:
        reader, code = LineReader(), OK
        async with AiloopClient(
            server, role="agent", patience=NO_PATIENCE, seal_for=seal_for
        ) as client:
            while (line := await reader.readline()) is not None:
                click.echo(line)
                if line.strip():
                    try:
                        await client.say(channel, line, priority=priority)
                    except AiloopError as error:
                        # What is watched must not suffer from who watches.
                        if not code or isinstance(error, Invalid):
                            complain(f"a line was not forwarded: {error}")
                        code = exit_code_of(error)
        return code

    run(command)
