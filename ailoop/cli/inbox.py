"""``ailoop inbox``: what waits for a person, live, answered from the same terminal."""

from __future__ import annotations

import sys
from typing import Any

import click
import trio

from ailoop import AiloopClient, Unreachable
from ailoop.cli.lines import LineReader, fits_screen, is_terminal
from ailoop.cli.prompts import Inbox
from ailoop.cli.running import (
    NO_PATIENCE,
    OK,
    any_channel,
    as_json,
    keys,
    only_ailoop_error,
    responder,
    run,
    server,
)
from ailoop.cli.show import detail_lines, seal_lines
from ailoop.cli.text import complain, one_line, print_json
from ailoop.model.codec import dump_message

__all__ = ["inbox", "serve_person"]

_RETRY_SECONDS = 1.0


async def serve_person(client: AiloopClient, box: Inbox) -> None:
    """Let the person at this terminal answer, until they quit."""
    reader = LineReader()
    # Between two connections a person types about prompts that may be others by now.
    reader.forget_typed()
    async with trio.open_nursery() as nursery:
        await nursery.start(box.follow, client)
        click.echo("Answer here; help shows how.", err=True)
        await box.converse(reader)
        nursery.cancel_scope.cancel()


@click.command()
@any_channel
@click.option("--once", is_flag=True, help="List what waits now and exit.")
@click.option("--plain", is_flag=True, help="Lines, not a screen, on a terminal too.")
@click.option("--mouse/--no-mouse", default=True, help="Whether clicks select.")
@responder
@keys
@server
@as_json
def inbox(
    channel: str | None,
    once: bool,
    plain: bool,
    mouse: bool,
    responder: str,
    keys: tuple[str, ...],
    server: str | None,
    as_json: bool,
) -> None:
    r"""Show the prompts that wait for people, and answer them.

    On a terminal it is a screen, on which ? tells the keys. Otherwise it prints what waits
    and what comes; --json prints each message on a line.

    \b
    Examples:
      ailoop inbox
      ailoop inbox --key ~/ann.private.jwk
      ailoop inbox --once --json | jq -r .message_id
    """

    async def attend(client: AiloopClient, box: Inbox) -> None:
        if as_json:
            await _print_messages(client, channel)
        elif is_terminal(sys.stdin) and is_terminal(sys.stdout):
            await serve_person(client, box)
        else:
            await box.follow(client)

    async def list_once() -> int:
        async with AiloopClient(
            server, transport="rest", role="human", patience=NO_PATIENCE, keys=keys
        ) as client:
            items = await client.pending(channel)
        for item in items:
            if as_json:
                print_json({**item, "message": dump_message(item["message"])})
            else:
                click.echo(_item_line(item))
        if not items and not as_json:
            click.echo("Nothing is waiting.", err=True)
        return OK

    async def follow() -> int:
        box = Inbox(channel=channel, responder=responder, write=click.echo)
        connected = False
        while True:
            try:
                async with AiloopClient(
                    server, role="human", patience=NO_PATIENCE, keys=keys
                ) as client:
                    connected = True
                    await attend(client, box)
                    return OK
            except (Unreachable, ExceptionGroup) as error:
                lost = only_ailoop_error(error)
                if not connected or not isinstance(lost, Unreachable):
                    raise lost from None
                complain(f"{lost}; trying again")
            await trio.sleep(_RETRY_SECONDS)

    async def on_screen() -> int:
        from ailoop.cli.terminal.inbox import show_inbox

        await show_inbox(server, channel, responder, mouse=mouse, keys=keys)
        return OK

    if once:
        run(list_once)
    else:
        run(follow if plain or as_json or not fits_screen(sys.stdout) else on_screen)


def _item_line(item: dict[str, Any]) -> str:
    """Return one pending prompt on one line, with what is needed to answer it."""
    head = f"{item['message_id']} [{item['channel']}] {item['kind']}: {item['label']}"
    message = item["message"]
    return one_line(" ".join([head, *detail_lines(message.content), *seal_lines(message)]))


async def _print_messages(client: AiloopClient, channel: str | None) -> None:
    async with client.subscribe(channel or "*") as feed:
        shown = set()
        for item in await client.pending(channel):
            shown.add(item["message"].id)
            print_json(dump_message(item["message"]))
        async for message in feed:
            if message.id not in shown:
                print_json(dump_message(message))
