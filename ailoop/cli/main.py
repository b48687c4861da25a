"""The ``ailoop`` command and its subcommands, each loaded only when it is run."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module

import click

from ailoop.version import __version__

__all__ = ["cli", "main", "main_daemon"]

_COMMANDS = {
    "ask": "agent",
    "authorize": "agent",
    "say": "agent",
    "navigate": "agent",
    "forward": "forward",
    "inbox": "inbox",
    "answer": "people",
    "approve": "people",
    "deny": "people",
    "history": "read",
    "channels": "read",
    "health": "read",
    "journal": "journal",
    "audit": "audit",
    "key": "key",
    "keygen": "keygen",
    "hook": "hook",
    "policy": "policy",
    "receipt": "receipt",
    "serve": "serve",
    "mcp": "mcp",
}


class _LazyGroup(click.Group):
    """Finds commands by name without importing the others: ``ask`` needs no web server."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        return _load(name) if name in _COMMANDS else None


def _load(name: str) -> click.Command:
    command = getattr(import_module(f"ailoop.cli.{_COMMANDS[name]}"), name)
    assert isinstance(command, click.Command)  # noqa: S101 -- the table above is ours
    return _laid_out(command)


def _laid_out(command: click.Command) -> click.Command:
    r"""Let click see its ``\b``, the mark of lines not to be filled, in a raw docstring."""
    command.help = (command.help or "").replace(r"\b", "\b")
    if isinstance(command, click.Group):
        for one in command.commands.values():
            _laid_out(one)
    return command


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ailoop")
def cli() -> None:
    r"""Let an agent ask a person, and a person answer.

    Without --server or AILOOP_SERVER, ask, authorize, say and navigate talk to the person
    at this terminal.

    \b
    Examples:
      ailoop ask "Which branch?"                    ask here
      ailoop serve                                  start the daemon
      ailoop --help, ailoop ask --help              more

    Exit codes: 0 answered or approved; 1 denied, timed out or cancelled; 2 used wrongly, or
    not allowed; 3 the server cannot be reached or cannot take it now; 130 interrupted.
    """


def _leave(*_: object) -> None:
    """End a daemon that is not up yet."""
    sys.exit(0)


def main() -> None:
    """Run ``ailoop``."""
    _laid_out(cli)
    cli(prog_name="ailoop")


def main_daemon() -> None:
    """Run ``ailoopd``, which is ``ailoop serve``."""
    if os.getpid() == 1:
        # In a container the kernel keeps from process 1 what it has no handler for
        # (pid_namespaces(7)): a stop during the start would be waited out, and end in a kill.
        signal.signal(signal.SIGTERM, _leave)
    _load("serve")(prog_name="ailoopd")
