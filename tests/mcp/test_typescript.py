"""The official TypeScript client, run by node, at each door."""

from __future__ import annotations

import os
import signal
import subprocess
from functools import partial
from pathlib import Path

import orjson
import pytest
import trio

from tests.client.kit import asked, settle
from tests.daemon.process import AILOOP, environment
from tests.needs import needs
from tests.serving import Served, until

_PACKAGES = Path(__file__).parents[2] / "typescript"
_SCRIPT = Path(__file__).with_name("client.mjs")

pytestmark = [
    needs("node", "apt-get install nodejs"),
    pytest.mark.skipif(
        not (_PACKAGES / "node_modules" / "@modelcontextprotocol").exists()
        and not os.environ.get("AILOOP_STRICT"),
        reason="the TypeScript packages are missing; try: npm ci --prefix typescript",
    ),
]


@pytest.mark.parametrize("door", ["stdio", "http"])
async def test_it_asks_hears_cancels_and_errs(server: Served, door: str) -> None:
    url = server.daemon.rest_url
    target = [f"{url}/mcp"] if door == "http" else [*AILOOP, "mcp", "--server", url]
    async with trio.open_nursery() as nursery:
        process = await nursery.start(
            partial(
                trio.run_process,
                ["node", str(_SCRIPT), str(_PACKAGES), door, *target],
                stdout=subprocess.PIPE,
                env=environment(),
            )
        )
        with trio.fail_after(30):
            await until_asked(server, "Which?")
        prompt = await asked(server)
        await settle(server, prompt, answer="1")
        with trio.fail_after(30):
            await until_asked(server, "Cancelled?")
        prompt = await asked(server)
        process.send_signal(signal.SIGUSR1)
        await until(lambda: prompt.response is not None)
        assert prompt.state == "cancelled"
        said = b""
        while chunk := await process.stdout.receive_some():
            said += chunk
    result = orjson.loads(said)
    assert result["asked"]["answer"] == "main"
    assert result["tools"][0] == "ask_human"
    assert result["progress"]
    assert result["gone"] == "cancelled"
    assert result["wrong"]


async def until_asked(server: Served, text: str) -> None:
    """Wait until a question is open; a program in between has to start first."""
    while text not in [prompt.content.label for prompt in server.broker.pending()]:
        await trio.lowlevel.checkpoint()
