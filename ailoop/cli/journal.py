"""``ailoop journal``: what can be done with a journal file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click
from attrs import asdict

from ailoop.cli.files import PROBLEMS, journal_path, path_type, run_on_file
from ailoop.cli.running import any_channel, as_json
from ailoop.cli.text import json_line, one_line, print_json
from ailoop.journal.database import read_only
from ailoop.journal.exchange import export, import_into
from ailoop.journal.report import (
    ChannelStats,
    Sizes,
    channel_stats,
    schema_version,
    sizes,
)
from ailoop.journal.upkeep import backup, compact, create_private
from ailoop.journal.verify import Checked, Problem, verify
from ailoop.model.codec import format_epoch

__all__ = ["journal"]


@click.group()
def journal() -> None:
    r"""Look at a journal file, copy it, move what is in it.

    stats, export, verify and backup also work while a daemon writes to the file; import and
    compact need it for themselves.

    \b
    Examples:
      ailoop journal stats ailoop.db
      ailoop journal backup ailoop.db copy.db

    Exit codes: 0 done, or fine; 1 problems were found, or a line cannot be imported; 2 used
    wrongly, or the file cannot be used.
    """


@journal.command("stats")
@journal_path
@as_json
def stats(path: Path, as_json: bool) -> None:
    r"""Tell how much is in a journal, from when to when, and what waits.

    \b
    Example:
      ailoop journal stats ailoop.db --json
    """

    def work() -> None:
        with read_only(path) as connection:
            version, found = schema_version(connection), channel_stats(connection)
            size = sizes(path)
        if as_json:
            channels = [asdict(one) | _times(one) for one in found]
            print_json(
                {
                    "file_bytes": size.file,
                    "wal_bytes": size.wal,
                    "schema_version": version,
                    "channels": channels,
                }
            )
            return
        for line in _table(found):
            click.echo(line)
        click.echo(f"{_size_text(size)}, schema version {version}")

    run_on_file(work)


def _times(one: ChannelStats) -> dict[str, str | None]:
    ends = {"oldest": one.oldest, "newest": one.newest}
    return {name: None if at is None else format_epoch(at) for name, at in ends.items()}


def _table(found: list[ChannelStats]) -> Iterator[str]:
    heads = ("channel", "messages", "bytes", "oldest", "newest", "open prompts")
    rows: list[tuple[str, ...]] = [heads]
    for one in found:
        ends = [(at or "-")[:19] for at in _times(one).values()]
        counts = [f"{one.messages}", f"{one.bytes}", *ends, f"{one.open_prompts}"]
        rows.append((one_line(one.channel), *counts))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        others = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        yield "  ".join([name.ljust(widths[0]), *others])


def _size_text(size: Sizes) -> str:
    return f"{size.file} bytes, write-ahead log {size.wal} bytes"


@journal.command("export")
@journal_path
@any_channel
@click.option(
    "-o",
    "--output",
    type=path_type,
    help="A new file, which only you can read; otherwise standard output.",
)
def export_command(path: Path, channel: str | None, output: Path | None) -> None:
    r"""Write what is in a journal as lines of JSON, channel by channel in order.

    \b
    Examples:
      ailoop journal export ailoop.db -o all.jsonl
      ailoop journal export ailoop.db -c deploys | jq .message.content
    """

    def work() -> None:
        with read_only(path) as connection, _opened(output) as file:
            for line in export(connection, channel):
                file.write(json_line(line) + "\n")

    run_on_file(work)


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    with os.fdopen(create_private(output), "w", encoding="utf-8") as file:
        try:
            yield file
        except BaseException:
            output.unlink()  # half of an export looks like a whole one
            raise


@journal.command("import")
@click.argument("file", type=path_type)
@journal_path
def import_command(file: Path, path: Path) -> None:
    r"""Add exported lines to a journal, which is made if it is not there; - reads the input.

    Ids and order stay, and so do the numbers of a channel that the journal does not have.
    Messages whose id is there already are skipped. A bad line stops it, and nothing is added.

    \b
    Example:
      ailoop journal import all.jsonl other.db
    """

    def work() -> None:
        with click.open_file(os.fspath(file), "rb") as lines:
            imported = import_into(path, lines)
        click.echo(f"imported {imported.messages}, skipped {imported.known} known before")

    run_on_file(work)


@journal.command("compact")
@journal_path
def compact_command(path: Path) -> None:
    r"""Give the room of what was removed back to the disk; no daemon may use the file.

    \b
    Example:
      ailoop journal compact ailoop.db
    """

    def work() -> None:
        before = sizes(path)
        compact(path)
        click.echo(f"before: {_size_text(before)}")
        click.echo(f"after: {_size_text(sizes(path))}")

    run_on_file(work)


@journal.command("verify")
@journal_path
@as_json
def verify_command(path: Path, as_json: bool) -> None:
    r"""Check that nothing was changed, removed or moved; a problem is a line.

    \b
    Example:
      ailoop journal verify ailoop.db && echo whole

    Exit codes: 0 fine; 1 problems; 2 used wrongly, or the file cannot be read.
    """

    def work() -> int:
        checked, problems = Checked(), []
        with read_only(path) as connection:
            for problem in verify(connection, checked):
                problems.append(problem)
                if not as_json:
                    click.echo(one_line(_problem_text(problem)))
        if as_json:
            found = [asdict(one) for one in problems]
            print_json({"fine": not found, **asdict(checked), "problems": found})
        elif not problems:
            counts = ", ".join(f"{number} {name}" for name, number in asdict(checked).items())
            click.echo(f"fine: {counts}")
        return PROBLEMS if problems else 0

    run_on_file(work)


def _problem_text(problem: Problem) -> str:
    place = [str(one) for one in (problem.channel, problem.seq) if one is not None]
    return f"{' '.join(place) or 'file'}: {problem.text}"


@journal.command("backup")
@journal_path
@click.argument("target", type=path_type)
def backup_command(path: Path, target: Path) -> None:
    r"""Copy a journal as it is at one moment, also while a daemon writes to it.

    \b
    Example:
      ailoop journal backup ailoop.db ailoop-monday.db
    """

    def work() -> None:
        backup(path, target)
        click.echo(f"{one_line(str(target))}: {sizes(target).file} bytes")

    run_on_file(work)
