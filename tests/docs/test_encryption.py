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
from tests.examples.people import environment
from tests.serving import PATIENCE, serving
from tests.typescript.kit import needs_typescript
from tests.typescript.kit import program as node_program

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


@needs_typescript
async def test_from_typescript(tmp_path: Path, monkeypatch, capsys) -> None:
    """The agent in TypeScript is answered by the person in Python."""
    monkeypatch.chdir(tmp_path)
    for name in ("ann", "agent"):
        assert CliRunner().invoke(cli, ["keygen", name]).exit_code == 0
    (agent, paid), (person, read) = program("agent in TypeScript"), program("person")
    with node_program(agent.text, tmp_path) as made:
        async with serving() as server:
            url = server.daemon.rest_url
            monkeypatch.setenv("AILOOP_SERVER", url)
            capsys.readouterr()
            with trio.fail_after(PATIENCE):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(run, person)
                    done = await trio.run_process(
                        ["node", str(made)], env=environment(url), capture_stdout=True
                    )
    printed = [one for one in capsys.readouterr().out.splitlines() if "event=" not in one]
    assert (done.stdout.decode(), printed) == (paid, read.splitlines())


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
