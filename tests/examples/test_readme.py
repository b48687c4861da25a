"""What README.rst shows works when it is typed in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson

from ailoop.model.message import Message, Question
from tests.examples.people import ROOT, approve, literal_blocks, run_example
from tests.needs import needs
from tests.serving import serving
from tests.typescript.kit import needs_typescript, program

BLOCKS = literal_blocks((ROOT / "README.rst").read_text())


def block(word: str) -> str:
    """Return the one block of the README that contains a word."""
    (found,) = [one for one in BLOCKS if word in one]
    return found


def decide(message: Message) -> dict[str, Any]:
    return {"answer": "us"} if isinstance(message.content, Question) else approve(message)


async def test_the_python_agent() -> None:
    """The Python example asks, prints the answer and asks for permission."""
    async with serving() as served:
        done = await run_example(
            [sys.executable, "-c", block("import trio")], served.daemon.rest_url, decide
        )
    assert (done.stdout, done.returncode) == (b"us\n", 0), done.stderr


async def test_the_asyncio_agent() -> None:
    """The example on asyncio asks and prints the answer."""
    async with serving() as served:
        done = await run_example(
            [sys.executable, "-c", block("import asyncio")], served.daemon.rest_url, decide
        )
    assert (done.stdout, done.returncode) == (b"us\n", 0), done.stderr


async def test_the_plain_script() -> None:
    """The example without a loop goes on because a person approved."""
    async with serving() as served:
        done = await run_example(
            [sys.executable, "-c", block("ailoop.sync")], served.daemon.rest_url, decide
        )
    assert (done.stdout, done.returncode) == (b"dropping it\n", 0), done.stderr


@needs_typescript
async def test_the_typescript_agent(tmp_path: Path) -> None:
    """The TypeScript example asks, prints the answer and goes on because a person approved."""
    async with serving() as served:
        with program(block("ailoop-js"), tmp_path) as made:
            done = await run_example(["node", made], served.daemon.rest_url, decide)
    assert (done.stdout, done.returncode) == (b"us\ndropping it\n", 0), done.stderr


async def test_the_shell_agent() -> None:
    """The shell example runs its script only because a person approved."""
    async with serving() as served:
        url = served.daemon.rest_url
        script = block("./drop.sh").replace("http://127.0.0.1:8081", url)
        script = script.replace("./drop.sh", 'echo "dropped in $region"')
        done = await run_example(["sh", "-c", script], url, decide)
    assert done.stdout.endswith(b"approved\ndropped in us\n"), done.stderr


@needs("curl", "apt-get install curl")
async def test_the_curl_agent() -> None:
    """One request asks and waits, and what it prints is the response."""
    async with serving() as served:
        url = served.daemon.rest_url
        script = block("?wait=60").replace("http://127.0.0.1:8081", url)
        done = await run_example(["sh", "-c", script], url, decide)
    assert orjson.loads(done.stdout)["content"]["answer"] == "us"


@needs("curl", "apt-get install curl")
async def test_the_curl_person() -> None:
    """The lines that answer the demo list what waits, answer it and approve."""
    async with serving() as served:
        asked = await served.post(
            {
                "channel": "demo",
                "content": {"type": "question", "text": "Which?", "choices": ["Hi", "Ahoy"]},
            }
        )
        allowed = await served.post(
            {"channel": "demo", "content": {"type": "authorization", "action": "print"}}
        )
        url = served.daemon.rest_url
        script = block("/api/v1/pending").replace("http://127.0.0.1:8081", url)
        for prompt in (asked, allowed):
            script = script.replace("messages/ID", f"messages/{prompt['id']}", 1)
        done = await run_example(["sh", "-c", script], url, lambda _: {})
        assert done.returncode == 0
        assert await served.state_of(asked) == "answered"
        assert await served.state_of(allowed) == "approved"
