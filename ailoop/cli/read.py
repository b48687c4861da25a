"""What only looks: history, channels, health."""

from __future__ import annotations

import click

from ailoop import AiloopClient
from ailoop.cli.running import NO_PATIENCE, OK, REFUSED, as_json, channel, keys, run, server
from ailoop.cli.show import message_line
from ailoop.cli.text import one_line, print_json
from ailoop.model.codec import dump_message

__all__ = ["channels", "health", "history"]


@click.command()
@channel
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="How many messages.",
)
@keys
@server
@as_json
def history(
    channel: str, limit: int, keys: tuple[str, ...], server: str | None, as_json: bool
) -> None:
    r"""Show the newest messages of a channel; with --json, one a line.

    \b
    Example:
      ailoop history -c deploys -n 50
    """

    async def command() -> int:
        async with AiloopClient(
            server, transport="rest", patience=NO_PATIENCE, keys=keys
        ) as client:
            messages = await client.history(channel, limit=limit)
        for message in messages:
            if as_json:
                print_json(dump_message(message))
            else:
                click.echo(message_line(message))
        if not messages and not as_json:
            click.echo(f"Nothing on {channel}.", err=True)
        return OK

    run(command)


@click.command()
@server
@as_json
def channels(server: str | None, as_json: bool) -> None:
    r"""List the live channels.

    \b
    Example:
      ailoop channels --json
    """

    async def command() -> int:
        async with AiloopClient(server, transport="rest", patience=NO_PATIENCE) as client:
            live = await client.channels()
        if as_json:
            print_json(live)
            return OK
        for one in live:
            click.echo(f"{one_line(str(one['name'])):<24} {one['message_count']:>7} messages")
        if not live:
            click.echo("No channels yet.", err=True)
        return OK

    run(command)


@click.command()
@click.option("--live", is_flag=True, help="Exit 0 whatever it says, if it answers at all.")
@server
@as_json
def health(live: bool, server: str | None, as_json: bool) -> None:
    r"""Tell whether the daemon works; exit 0 if it does, 1 if it is stopping, 3 if away.

    \b
    Example:
      ailoop health --server http://127.0.0.1:8081 --json
      ailoop health --live         for a probe that has it started again
    """

    async def command() -> int:
        async with AiloopClient(server, transport="rest", patience=NO_PATIENCE) as client:
            body = await client.health()
        if as_json:
            print_json(body)
        else:
            named = {"waiting": "queue_size", "channels": "active_channels"}
            named["connections"] = "active_connections"
            counts = ", ".join(f"{body.get(key)} {name}" for name, key in named.items())
            line = (
                f"{body.get('status')}: ailoop {body['version']} at {client.base_url}, {counts}"
            )
            click.echo(one_line(line))
        return OK if live or body.get("status") == "healthy" else REFUSED

    run(command)
