"""``ailoop key``: who may use a server, and for what."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ailoop.access.keys import ApiKey, KeyFile, KeyFileError
from ailoop.cli.running import as_json
from ailoop.cli.text import colour, complain, one_line, print_json
from ailoop.model.codec import format_epoch

__all__ = ["key"]

_UNUSABLE = 2
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST_SECONDS = 36500 * 86400
"""A moment much later could not be written as a date."""
_COLOURS = {"valid": "green", "expired": "yellow", "revoked": "red"}


def _read_duration(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    """Read a time such as ``30d``."""
    if text is None:
        return None
    parts = re.fullmatch(r"(\d{1,9})([smhd])", text)
    if parts is None:
        raise click.BadParameter("a time is a number with s, m, h or d behind it, such as 30d")
    seconds = int(parts[1]) * _SECONDS[parts[2]]
    if seconds > _LONGEST_SECONDS:
        raise click.BadParameter("a time is at most 36500d, about a hundred years")
    return seconds


file = click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="AILOOP_AUTH_KEYS",
    show_envvar=True,
    required=True,
    help="The file of keys, as the daemon's --auth-keys.",
)


def _run(work: Callable[[], Any]) -> None:
    """Do the work; what is wrong is one line, and exit code 2."""
    try:
        work()
    except (KeyFileError, ValueError) as error:
        complain(str(error))
        sys.exit(_UNUSABLE)


@click.group()
def key() -> None:
    r"""Make, list and revoke the API keys of a server.

    A daemon with --auth-keys FILE notices a change of the file by itself, within a second.

    \b
    Examples:
      ailoop key create ci --grant "agent:deploys-*" --file keys.json
      ailoop key create ann --grant "human:*" --expires 90d --file keys.json
      ailoop key list --file keys.json
      ailoop key revoke k3v9x2ab --file keys.json

    Exit codes: 0 done; 2 used wrongly, or the file cannot be used.
    """


@key.command("create")
@click.argument("name")
@click.option(
    "--grant",
    "grants",
    multiple=True,
    required=True,
    metavar="ROLE:PATTERN",
    help="agent, human, observer or admin, on the channels of a pattern.",
)
@click.option("--expires", callback=_read_duration, help="For how long it is good, as in 90d.")
@file
@as_json
def create(
    name: str, grants: tuple[str, ...], expires: float | None, path: Path, as_json: bool
) -> None:
    r"""Make a key for somebody, and print it this once: the file keeps its hash only.

    NAME is what the records say of whoever uses it. Nobody answers a prompt that was asked
    under the same name.

    \b
    Example:
      ailoop key create ann --grant "human:*" --file keys.json
    """

    def work() -> None:
        text, made = KeyFile(path).create(name, grants, expires)
        if as_json:
            print_json({"key": text, **_members(made)})
            return
        click.echo(text)
        click.echo(
            f"{made.id} for {one_line(made.name)}; keep it, it is not shown again", err=True
        )

    _run(work)


@key.command("list")
@file
@as_json
def list_(path: Path, as_json: bool) -> None:
    r"""List the keys: whose they are, what for, and whether they are good.

    \b
    Example:
      ailoop key list --file keys.json
    """

    def work() -> None:
        keys = KeyFile(path).listed()
        if as_json:
            print_json({"keys": [_members(one) for one in keys]})
            return
        for one in keys:
            state = one.state(time.time())
            until = f" until {format_epoch(one.expires_at)}" if one.expires_at else ""
            grants = " ".join(map(str, one.grants))
            shown = colour(state, fg=_COLOURS[state])
            click.echo(f"{one.id}  {shown}{until}  {one_line(one.name)}  {grants}")

    _run(work)


@key.command("expire")
@click.argument("id_", metavar="ID")
@click.argument("after", callback=_read_duration, metavar="TIME")
@file
def expire(id_: str, after: float, path: Path) -> None:
    r"""Have a key end after a time, so that its owner can change to another before.

    \b
    Example:
      ailoop key expire k3v9x2ab 1d --file keys.json
    """
    _change("ends then", lambda: KeyFile(path).expire(id_, after))


@key.command("revoke")
@click.argument("id_", metavar="ID")
@file
def revoke(id_: str, path: Path) -> None:
    r"""Have a key be good no longer; connections that were made with it end.

    \b
    Example:
      ailoop key revoke k3v9x2ab --file keys.json
    """
    _change("is revoked", lambda: KeyFile(path).revoke(id_))


def _change(what: str, change: Callable[[], ApiKey]) -> None:
    def work() -> None:
        changed = change()
        click.echo(f"{changed.id} of {one_line(changed.name)} {what}", err=True)

    _run(work)


def _members(one: ApiKey) -> dict[str, Any]:
    """Return what may be shown of a key; even its hash is nobody's business."""
    members = {name: value for name, value in one.members().items() if name != "hash"}
    times = ("created_at", "expires_at", "revoked_at")
    told = {
        name: None if members[name] is None else format_epoch(members[name]) for name in times
    }
    return {**members, **told, "state": one.state(time.time())}
