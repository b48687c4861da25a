"""``ailoop mcp install``: have a client start ``ailoop mcp``."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

import click
import orjson

from ailoop.cli.config_file import write_whole
from ailoop.cli.mcp_clients import CLIENTS, Client, Command
from ailoop.cli.mcp_config import CannotAdd, add_server
from ailoop.cli.running import OK, REFUSED, channel, server
from ailoop.cli.text import complain

__all__ = ["install"]

_NAME = "ailoop"


@click.command()
@click.argument("client", type=click.Choice(list(CLIENTS)))
@click.option(
    "--scope",
    type=click.Choice(["project", "user"]),
    help="This folder, or you; by default you, and for Claude Code this folder.",
)
@click.option("--file", type=click.Path(path_type=Path), help="Another file than usual.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--token-file", help="File of the API key that it shows to the daemon.")
@channel
@server
def install(
    client: str,
    scope: str | None,
    file: Path | None,
    dry_run: bool,
    token_file: str | None,
    channel: str,
    server: str | None,
) -> None:
    r"""Add ailoop to the servers of an MCP client.

    What is there stays; the file as it was is kept beside it. A file with comments is left
    alone, and what to add is printed.

    \b
    Examples:
      ailoop mcp install claude --dry-run
      ailoop mcp install cursor --scope project
      ailoop mcp install codex --server http://127.0.0.1:8081 --token-file ~/.ailoop-key
    """
    known = CLIENTS[client]
    in_project = scope == "project" if scope else known.user is None
    command = _command(channel, server, token_file, shared=in_project)
    path = file or known.file(in_project=in_project)
    if path is None:
        sys.exit(_advise(known, command, in_project=in_project))
    entry = known.entry(command)
    try:
        change = add_server(path, known.section, _NAME, entry)
        if not change.is_needed:
            click.echo(f"{known.title} has it already: {path}")
            return
        if dry_run:
            # Alone: what else is there may be nobody's business.
            click.echo(f"{path} would get this:\n{change.addition}", nl=False)
            return
        kept = write_whole(path, change.after)
    except CannotAdd as error:
        complain(f"{path} was not changed: {error}")
        addition = add_server(_nowhere(path), known.section, _NAME, entry).addition
        click.echo(f"Add this to it:\n{addition}", nl=False)
        sys.exit(REFUSED)
    except OSError as error:
        complain(f"{path} was not changed: {error.strerror}")
        sys.exit(REFUSED)
    click.echo(f"{known.title} will start it: {path}")
    if kept is not None:
        click.echo(f"As it was: {kept}")
    if known.after:
        click.echo(known.after)


def _command(
    channel: str, server: str | None, token_file: str | None, *, shared: bool
) -> Command:
    """Return what the client has to start.

    :param shared: whether other people may read the file: then this machine's paths are no
        good, as long as there is another way.
    """
    found = shutil.which(_NAME)
    here = Path(sys.executable).with_name(_NAME)
    if shared and found:
        words = [_NAME]
    elif here.exists():
        words = [str(here)]
    else:
        words = [found] if found else [sys.executable, "-m", _NAME]
    words.append("mcp")
    if channel != "public":
        words += ["--channel", channel]
    if server is not None:
        words += ["--server", server]
    variables = {}
    if token_file is not None:
        variables["AILOOP_TOKEN_FILE"] = str(Path(token_file).expanduser().absolute())
    return Command(tuple(words), variables)


def _advise(client: Client, command: Command, *, in_project: bool) -> int:
    """Say what to do where there is no file to write into; return the exit code."""
    if client is CLIENTS["claude"]:
        entry = orjson.dumps(client.entry(command)).decode()
        words = ["claude", "mcp", "add-json", "--scope", "user", _NAME, entry]
        click.echo("What Claude Code keeps for you is its own to write; run this:", err=True)
        click.echo(shlex.join(words))
        return OK
    other = "--scope user" if in_project else "--scope project"
    complain(f"{client.title} has no such file; try {other}")
    return REFUSED


def _nowhere(path: Path) -> Path:
    """Return the path of no file, of the same kind."""
    return Path(os.devnull) / f"none{path.suffix}"
