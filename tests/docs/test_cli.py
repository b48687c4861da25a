"""The commands that the documentation shows are commands, and take what they are shown with."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from ailoop.cli.main import cli
from tests.cli.commands import all_commands
from tests.docs.blocks import DOCS, Block, read_blocks

PAGES = (
    "claude-code.rst",
    "cli.rst",
    "forward.rst",
    "journal.rst",
    "mcp.rst",
    "policy.rst",
    "receipts.rst",
    "settings.rst",
    "tls.rst",
)
_SEPARATORS = set("|&;()<>")


def commands_of(block: Block) -> Iterator[list[str]]:
    """Yield each ``ailoop`` or ``ailoopd`` call in a block, as its arguments."""
    for line in block.text.splitlines():
        if not line.startswith("$ "):
            continue
        words = shlex.shlex(
            line[2:].replace("$(", "( ").replace("2>&1", ""), posix=True, punctuation_chars=True
        )
        words.whitespace_split = True
        call: list[str] | None = None
        for word in [*words, ";"]:
            if set(word) <= _SEPARATORS:
                if call:
                    yield call
                call = None
            elif call is not None:
                call.append(word)
            elif word in ("ailoop", "ailoopd"):
                call = [word]


CALLS = [
    pytest.param(call, id=f"{block}-{' '.join(call)[:40]}")
    for page in PAGES
    for block in read_blocks(page)
    if block.language == "console"
    for call in commands_of(block)
]


COMMANDS = all_commands()
LEAVES = {
    name: command
    for name, command in COMMANDS.items()
    if not isinstance(command, click.Group) or command.invoke_without_command
}


def split(call: list[str]) -> tuple[str, list[str]]:
    """Split a call into the command's name, with its group's, and the arguments."""
    program, *words = call
    if program == "ailoopd":
        return "serve", words
    length = 2 if " ".join(words[:2]) in LEAVES else 1
    return " ".join(words[:length]), words[length:]


@pytest.mark.parametrize("call", CALLS)
def test_a_shown_command_is_understood(call):
    """The command exists and its line of arguments is a valid one."""
    name, arguments = split(call)
    # Below the command ailoop, from which it has its -h.
    above = click.Context(cli, **cli.context_settings)
    LEAVES[name].make_context(name, arguments, parent=above)


def test_commands_are_shown():
    """There are examples, so that a slip of the parser cannot pass for success."""
    assert {split(call.values[0])[0] for call in CALLS} == set(LEAVES)


def test_every_command_has_its_table_of_options():
    """``cli.rst`` has a table for each command, and for nothing else."""
    tables = re.findall(
        r"^\.\. cli-options:: ([\w-]+(?: [\w-]+)?)$",
        (DOCS / "cli.rst").read_text(),
        re.MULTILINE,
    )
    assert sorted(tables) == sorted(LEAVES)


def test_a_flag_named_in_the_text_exists():
    """Each ``--flag`` in the text of any page is a flag of some command."""
    flags = {"--help"}
    for command in COMMANDS.values():
        for parameter in command.params:
            flags |= {*parameter.opts, *parameter.secondary_opts}
    for page in DOCS.glob("*.rst"):
        for flag in re.findall(r"``(--[a-z-]+)", page.read_text()):
            assert flag in flags, page
