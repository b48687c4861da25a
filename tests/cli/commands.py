"""Running ``ailoop`` commands without a terminal."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click

from ailoop.cli.main import cli
from tests.daemon.process import AILOOP, PATIENCE, environment

Done = subprocess.CompletedProcess[str]


def all_commands() -> dict[str, click.Command]:
    """Return every command, also those of groups (``journal stats``), by how it is called."""
    found: dict[str, click.Command] = {}
    for name in cli.list_commands(click.Context(cli)):
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        found[name] = command
        if isinstance(command, click.Group):
            found |= {f"{name} {inner}": one for inner, one in command.commands.items()}
    return found


def ailoop(*arguments: str, typed: str = "", env: Mapping[str, str] | None = None) -> Done:
    """Run a command to its end.

    :param typed: what comes through a pipe as its standard input.
    """
    return subprocess.run(
        [*AILOOP, *arguments],
        input=typed,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment(env),
        check=False,
    )


@contextmanager
def started(
    *arguments: str, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Start a command that waits for something; it is gone at the end of the block."""
    popen = subprocess.Popen(
        [*AILOOP, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(env),
    )
    with popen:
        try:
            yield popen
        finally:
            popen.kill()


def finish(popen: subprocess.Popen[str]) -> Done:
    """Wait for the end of a started command."""
    out, err = popen.communicate(timeout=PATIENCE)
    return Done(popen.args, popen.returncode, out, err)
