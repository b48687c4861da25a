"""``ailoop forward``: what an agent prints, told to people as it comes."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import click
import trio

from ailoop import AiloopClient
from ailoop.cli.files import path_type
from ailoop.cli.forward_report import exit_code, summary, tell_losses, watched
from ailoop.cli.lines import is_terminal
from ailoop.cli.running import (
    NO_PATIENCE,
    as_json,
    channel,
    priority,
    run,
    seal_for,
    server,
)
from ailoop.cli.text import json_line
from ailoop.client import Patience
from ailoop.forward import (
    AGENTS,
    BadPositionError,
    Buffer,
    Forwarder,
    Kind,
    Messages,
    Parser,
    Piece,
    PositionFile,
    follow_file,
    read_file,
    read_stdin,
)
from ailoop.model.message import Priority

__all__ = ["forward"]

_kinds = click.Choice([one.value for one in Kind if one is not Kind.NOTICE])


@click.command()
@click.argument("file", required=False, type=path_type)
@click.option("--input", "input_file", type=path_type, help="The same as FILE.")
@click.option("-f", "--follow", is_flag=True, help="Go on with what is added to FILE.")
@click.option(
    "--state",
    "state",
    type=path_type,
    metavar="PATH",
    help="Remember there how far FILE has been forwarded, and go on from there.",
)
@click.option(
    "--agent-type",
    type=click.Choice(AGENTS),
    default=AGENTS[0],
    show_default=True,
    help="Who writes; auto goes by the first line that tells.",
)
@channel
@priority(Priority.LOW)
@click.option("--only", multiple=True, type=_kinds, help="Only this kind; repeat it.")
@click.option("--skip", multiple=True, type=_kinds, help="Not this kind; repeat it.")
@click.option(
    "--max-text",
    type=click.IntRange(min=100),
    default=4000,
    show_default=True,
    help="Bytes of a text; a longer one is cut, and says so.",
)
@click.option(
    "--buffer",
    "room",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="Messages that may wait for the server.",
)
@click.option(
    "--drop", is_flag=True, help="When so many wait, drop the oldest; otherwise read no more."
)
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=60,
    show_default=True,
    help="Seconds that the server may be away.",
)
@click.option(
    "--flush",
    type=click.FloatRange(min=0),
    default=30,
    show_default=True,
    help="Seconds to send what is left at the end of the input.",
)
@click.option("--strict", is_flag=True, help="Stop at a line that is no object of JSON.")
@click.option("--tee", is_flag=True, help="Copy the input to standard output.")
@seal_for
@server
@as_json
def forward(
    file: Path | None,
    input_file: Path | None,
    follow: bool,
    state: Path | None,
    agent_type: str,
    channel: str,
    priority: str,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    max_text: int,
    room: int,
    drop: bool,
    patience: float,
    flush: float,
    strict: bool,
    tee: bool,
    seal_for: tuple[str, ...],
    server: str | None,
    as_json: bool,
) -> None:
    r"""Tell people what an agent prints: each event is a notification on a channel.

    Reads FILE, or standard input. Lines that are no JSON go as text. With --json a summary
    is printed at the end; beside --tee, on standard error.

    \b
    Examples:
      claude -p "fix it" --verbose --output-format stream-json | ailoop forward -c fix
      cursor-agent -p "fix it" --output-format stream-json | ailoop forward --skip thinking
      make deploy 2>&1 | ailoop forward -c deploys --tee
      ailoop forward --follow agent.jsonl --state agent.position
    """
    path = _path(file, input_file, follow=follow, state=state)
    patient = Patience(give_up_seconds=patience)
    position = _position(state)

    async def command() -> int:
        # Who has never been there is told at once; it may be the address that is wrong.
        async with AiloopClient(server, transport="rest", patience=NO_PATIENCE):
            pass
        async with AiloopClient(
            server, transport="rest", role="agent", patience=patient, seal_for=seal_for
        ) as client:
            forwarder = Forwarder(
                client,
                _source(path, position, follow=follow),
                Parser(agent_type, strict=strict),
                Messages(
                    channel=channel,
                    priority=Priority(priority),
                    most=max_text,
                    kinds={Kind(one) for one in only or Kind} - {Kind(one) for one in skip},
                ),
                Buffer(room, drops=drop),
                patience=patient,
                position=position,
                copy=_copy if tee else None,
                flush_seconds=flush,
                reads_on=tee or drop,
            )
            try:
                await watched(forwarder, shown=is_terminal(sys.stderr) and not tee)
            finally:
                counts = forwarder.counts()
                if as_json:
                    click.echo(json_line(summary(channel, counts)), err=tee)
                tell_losses(counts)
        return exit_code(forwarder)

    run(command)


def _path(
    file: Path | None, input_file: Path | None, *, follow: bool, state: Path | None
) -> Path | None:
    if file is not None and input_file is not None:
        raise click.UsageError("FILE and --input are the same; give one of them")
    path = file or input_file
    if path is not None and str(path) == "-":
        path = None
    if path is None and follow:
        raise click.UsageError(
            "--follow needs a FILE; standard input is read to its end anyway"
        )
    if path is None and state is not None:
        raise click.UsageError(
            "--state needs a FILE; standard input has no place to go on from"
        )
    return path


def _position(state: Path | None) -> PositionFile | None:
    try:
        return None if state is None else PositionFile(state)
    except BadPositionError as error:
        raise click.UsageError(f"--state: {error}") from None


def _source(
    path: Path | None, position: PositionFile | None, *, follow: bool
) -> AsyncGenerator[Piece, None]:
    begin = None if position is None else position.begin
    if path is None:
        return read_stdin()
    return follow_file(path, begin) if follow else read_file(path, begin)


async def _copy(chunk: bytes) -> None:
    """Write to standard output; who reads it slowly must not hold up the rest of us."""
    await trio.to_thread.run_sync(_write_all, chunk, abandon_on_cancel=True)


def _write_all(chunk: bytes) -> None:
    output, written = sys.stdout.fileno(), 0
    while written < len(chunk):
        try:
            written += os.write(output, chunk[written:])
        except BlockingIOError:  # another program has the same terminal, and made it so
            select.select([], [output], [])
