"""``ailoop mcp install``: have a client start ``ailoop mcp``."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

import click
import orjson

from ailoop.cli.mcp_clients import CLIENTS, Client, Command
from ailoop.cli.mcp_config import CannotAdd, Change, add_server
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
        kept = _write(path, change)
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


def _write(path: Path, change: Change) -> Path | None:
    """Write a file in one step; return where the earlier one is kept."""
    target = path.resolve()  # the file itself, where the path is a link to it
    target.parent.mkdir(parents=True, exist_ok=True)
    kept = None
    if change.before is not None:
        kept = _unused(target)
        shutil.copy2(target, kept)
    with NamedTemporaryFile(
        "w", dir=target.parent, prefix=f".{target.name}.", delete=False, encoding="utf-8"
    ) as new:
        try:
            new.write(change.after)
            new.flush()
            mode = target.stat().st_mode & 0o777 if kept else 0o666 & ~_umask()
            Path(new.name).chmod(mode)
            Path(new.name).replace(target)
        except BaseException:
            with suppress(OSError):
                Path(new.name).unlink()
            raise
    return kept


def _unused(target: Path) -> Path:
    """Return a name beside a file that is not taken."""
    names = (f"{target.name}.bak{number or ''}" for number in range(1000))
    return next(one for name in names if not (one := target.with_name(name)).exists())


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
