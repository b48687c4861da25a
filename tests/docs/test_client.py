"""Every Python example of the pages about the client runs, and prints what the page says.

An example that starts a loop, or uses the blocking face, is a whole program and runs in a
thread, where it may have a loop of its own. The others are pieces of an agent: they run with
the ``client`` that the page promises them. What is captioned ``before`` is of other software.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
import trio

from ailoop import AiloopClient
from ailoop.client import errors
from ailoop.model.message import Message
from tests.docs.blocks import Block, read_blocks
from tests.serving import PATIENCE, Served, serving

PAGES = ("client.rst", "client-asyncio.rst", "client-sync.rst", "forms.rst", "migration.rst")
BLOCKS = {page: read_blocks(page) for page in PAGES}
EXAMPLES = [
    (block, after.text if after.language == "text" else "")
    for blocks in BLOCKS.values()
    for block, after in pairwise([*blocks, Block("", 0, "", "", "")])
    if block.language == "python" and block.caption != "before"
]
PROGRAM = ("trio.run(", "asyncio.run(", "from ailoop.sync import")
"""One of these is in what runs by itself."""

APPROVED = {"response_type": "authorization_approved"}
SCRIPT: dict[str, dict[str, Any] | None] = {
    "Which region?": {"answer": "eu"},
    "Which branch?": {"answer": "main"},
    "deploy 1.4": APPROVED,
    "drop the old table": {
        "response_type": "authorization_denied",
        "reason": "not before the audit",
    },
    "https://example.org/login": APPROVED,
    "Now, or tonight?": None,
    "Merge it?": None,
    "Is anybody there?": None,
    "What is to be released?": {"answer": {"version": "1.4.2", "region": "eu"}},
    "Which machine?": {"answer": {"size": "l", "checks": ["unit", "load"]}},
    "Who are you?": {"answer": {"name": "Ann"}},
    "How many?": None,
    "send the mails": {**APPROVED, "answer": {"to": ["ann", "bob"], "limit": 20}},
}
"""What the person says to each prompt; to some of them nothing."""


@asynccontextmanager
async def person(server: Served) -> AsyncIterator[None]:
    """Have a person answer by the script while the block runs."""

    url = server.daemon.rest_url
    async with (
        AiloopClient(url, role="human") as client,
        client.subscribe() as feed,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(attend, client, feed)
        yield
        nursery.cancel_scope.cancel()


async def attend(client: AiloopClient, feed: AsyncIterator[Message]) -> None:
    """Answer what comes, by the script."""
    async for message in feed:
        decision = SCRIPT[message.content.label] if hasattr(message.content, "label") else None
        if decision is not None:
            await client.respond(message.id, responder="ann", **decision)


async def run_piece(code: Block) -> None:
    """Run statements that use ``await`` and ``client``."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    compiled = compile(code.text, str(code), "exec", flags=flags, dont_inherit=True)
    async with AiloopClient(role="agent") as client:
        # A channel whose past has something to miss.
        await client.say("deploys", "The agent is at work")
        outcome = eval(compiled, {"client": client, "AiloopClient": AiloopClient})
        if inspect.iscoroutine(outcome):
            await outcome


@pytest.mark.parametrize(("code", "output"), EXAMPLES, ids=[str(one) for one, _ in EXAMPLES])
async def test_an_example_prints_what_the_page_says(code, output, capsys, monkeypatch):
    """The example runs against a daemon and a person, and its output is the documented one."""
    async with serving() as server, person(server):
        monkeypatch.setenv("AILOOP_BASE_URL", server.daemon.rest_url)
        capsys.readouterr()
        with trio.fail_after(PATIENCE):
            if any(sign in code.text for sign in PROGRAM):
                program = compile(code.text, str(code), "exec", dont_inherit=True)
                await trio.to_thread.run_sync(exec, program, {"__name__": "__main__"})
            else:
                await run_piece(code)
        printed = capsys.readouterr().out
    lines = [line for line in printed.splitlines(keepends=True) if not _is_log(line)]
    assert "".join(lines) == output


def _is_log(line: str) -> bool:
    """Tell the daemon's log, which is on stdout when no command has set it up, from output."""
    return "level=" in line or "event=" in line


@pytest.mark.parametrize(("page", "least"), [*zip(PAGES, (9, 5, 6, 5, 4), strict=True)])
def test_there_are_examples(page, least):
    """Each page has examples, so that a slip of the parser cannot pass for success."""
    assert len([code for code, output in EXAMPLES if code.page == page and output]) >= least


def test_the_error_tree_is_the_code_s():
    """The tree of errors on the page has exactly the client's classes, in their places."""
    tree = next(
        block.text for block in BLOCKS["client.rst"] if block.text.startswith("AiloopError")
    )
    parents: list[str] = []
    shown = {}
    for line in tree.splitlines():
        depth, name = (len(line) - len(line.lstrip())) // 2, line.split()[0]
        parents[depth:] = [name]
        shown[name] = parents[depth - 1] if depth else "Exception"
    classes = [one for one in vars(errors).values() if inspect.isclass(one)]
    ours = [one for one in classes if one.__module__ == errors.__name__]
    assert shown == {one.__name__: one.__base__.__name__ for one in ours}
