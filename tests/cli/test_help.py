"""Help: every command has it, with an example, and shows it quickly."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from ailoop.cli.main import cli
from ailoop.version import __version__
from tests.cli.commands import ailoop, all_commands
from tests.daemon.process import PATIENCE, environment

ALL = all_commands()
COMMANDS = cli.list_commands(click.Context(cli))


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("command", ALL)
def test_every_command_has_help(command: str, flag: str) -> None:
    """``-h`` and ``--help``: exit 0, with an example on a line of its own."""
    done = CliRunner().invoke(cli, [*command.split(), flag], prog_name="ailoop")
    assert done.exit_code == 0
    shown = done.stdout
    assert shown.startswith(f"Usage: ailoop {command} ")
    after = shown[shown.index("Example") :].splitlines()[1]
    assert after.startswith("    ")
    assert "ailoop" in after
    assert "\\b" not in shown
    assert "\b" not in shown


@pytest.mark.parametrize("command", ALL)
def test_every_option_is_explained(command: str) -> None:
    """No flag without a word on what it does."""
    for option in ALL[command].params:
        assert not isinstance(option, click.Option) or option.help, option.name


def test_the_list_of_commands() -> None:
    """``ailoop -h`` names every command and the exit codes; so does ``python -m ailoop``."""
    done = ailoop("-h")
    assert done.returncode == 0
    assert all(f"\n  {command} " in done.stdout for command in COMMANDS)
    assert "Exit codes:" in done.stdout
    assert "\n    ailoop serve " in done.stdout


def test_the_version() -> None:
    """``--version`` tells the package's version."""
    assert ailoop("--version").stdout == f"ailoop, version {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["ask", "--help"], ("quart", "hypercorn", "quart_trio", "structlog", "ailoop.daemon")),
        (["inbox", "--help"], ("quart", "hypercorn", "quart_trio", "structlog")),
        (["ask", "x", "-t", "-1"], ("quart", "hypercorn", "ailoop.broker")),
        (["journal", "--help"], ("quart", "hypercorn", "quart_trio", "ailoop.daemon")),
        (["--version"], ("quart", "hypercorn", "trio", "httpx2")),
    ],
    ids=lambda value: " ".join(value),
)
def test_no_server_is_imported(arguments: list[str], unwanted: tuple[str, ...]) -> None:
    """Commands of agents and people start without loading a web server."""
    program = (
        "import sys\n"
        "from ailoop.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print('LOADED', [name for name in {unwanted!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment(),
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "LOADED []"
