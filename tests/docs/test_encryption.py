"""The page about encryption: its commands make keys, its two programs talk, sealed."""

from __future__ import annotations

import ast
import inspect
import json
from itertools import pairwise
from pathlib import Path

import trio
from click.testing import CliRunner

from ailoop.cli.main import cli
from ailoop.client.sealing import _REMEMBERED
from ailoop.model.envelope import COVER, COVER_ANSWER, COVER_URL
from tests.docs.blocks import DOCS, Block, read_blocks
from tests.serving import PATIENCE, serving

BLOCKS = read_blocks("encryption.rst")


def program(name: str) -> tuple[Block, str]:
    """Return a program of the page, and what the page says that it prints."""
    for block, after in pairwise(BLOCKS):
        if block.caption == name:
            return block, after.text
    raise LookupError(name)


async def run(code: Block) -> None:
    """Run statements that use ``await``."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    outcome = eval(compile(code.text, str(code), "exec", flags=flags, dont_inherit=True), {})
    if inspect.iscoroutine(outcome):
        await outcome


async def test_in_five_minutes(tmp_path: Path, monkeypatch, capsys) -> None:
    """Both programs, with the keys that the commands have made, print what the page says."""
    monkeypatch.chdir(tmp_path)
    commands = next(block for block in BLOCKS if block.language == "console")
    for line in commands.text.splitlines():
        done = CliRunner().invoke(cli, line.removeprefix("$ ailoop ").split())
        assert done.exit_code == 0, done.output
    (agent, paid), (person, read) = program("agent"), program("person")
    async with serving() as server:
        monkeypatch.setenv("AILOOP_SERVER", server.daemon.rest_url)
        capsys.readouterr()
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(run, agent)
                nursery.start_soon(run, person)
        printed = capsys.readouterr().out
        entries = [*server.broker.tables.messages.values()]
    lines = [line for line in printed.splitlines() if "event=" not in line]
    assert lines == [*read.splitlines(), *paid.splitlines()]
    assert len(entries) == 2
    assert b"Meyer" not in b"".join(entry.encoded for entry in entries)


def test_what_the_page_quotes() -> None:
    """The words that stand for others, and the numbers, are those of the code."""
    text = (DOCS / "encryption.rst").read_text()
    for cover in (COVER, COVER_URL, COVER_ANSWER):
        assert f"``{cover}``" in text
    assert f"last {_REMEMBERED:,} prompts" in text
    shape = next(block for block in BLOCKS if block.language == "json")
    part = json.loads(shape.text)["sealed"]
    assert {*part} == {
        *("protected", "aad", "iv", "ciphertext", "tag", "fingerprint", "recipients")
    }
