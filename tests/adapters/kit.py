"""Agents as processes of their own, and a person who answers them by REST."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from ailoop import AiloopClient
from ailoop.model.message import PROMPT_TYPES
from tests.examples.people import ROOT, environment
from tests.serving import Served

__all__ = ["AGENTS_PYTHON", "PATIENCE", "Person", "Running", "person", "running"]

PROGRAMS = ROOT / "tests" / "adapters" / "programs"
AGENTS_PYTHON = (
    ROOT / ".venv-agents" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
)
"""Where the Agents SDK is."""

PATIENCE = 100
"""Seconds after which an agent that must end counts as hanging."""


class Running:
    """An agent's process."""

    def __init__(self, process: trio.Process) -> None:
        self.process = process

    async def results(self) -> list[Any]:
        """Wait for its end and return what came of each order."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        said = [b"", b""]

        async def read(index: int, stream: Any) -> None:
            async for part in stream:
                said[index] += part

        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(read, 0, self.process.stdout)
                nursery.start_soon(read, 1, self.process.stderr)
            status = await self.process.wait()
        assert status == 0, said[1].decode()
        return list(json.loads(said[0]))


@asynccontextmanager
async def running(
    server: Served, program: str, *orders: dict[str, Any], python: str | Path = sys.executable
) -> AsyncIterator[Running]:
    """Run one of the programs beside the block; it is killed at its end, if need be."""
    process = await trio.lowlevel.open_process(
        [str(python), str(PROGRAMS / program), json.dumps(orders)],
        env=environment(server.daemon.rest_url) | {"PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdout=-1,
        stderr=-1,
    )
    try:
        yield Running(process)
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()


class Person:
    """Sees every prompt, once, and answers by REST."""

    def __init__(self, server: Served, feed: Any) -> None:
        self._server = server
        self._feed = feed

    async def sees_all(self, count: int) -> list[dict[str, Any]]:
        """Return the next prompts, as they are on the wire."""
        seen = []
        with trio.fail_after(PATIENCE):
            while len(seen) < count:
                message = await anext(self._feed)
                if isinstance(message.content, PROMPT_TYPES):
                    path = f"/api/v1/messages/{message.id}"
                    seen.append((await self._server.http.get(path)).json())
        return seen

    async def sees(self, count: int = 1) -> dict[str, dict[str, Any]]:
        """Return the next prompts by what they ask; a description does not count."""
        seen = {}
        for one in await self.sees_all(count):
            asks = one["content"].get("action") or one["content"]["text"]
            seen[asks.partition(":")[0]] = one
        assert len(seen) == count
        return seen

    async def answers(self, prompt: dict[str, Any], **decision: Any) -> None:
        """Answer a prompt."""
        answer = await self._server.respond(prompt, **decision)
        assert answer.status_code == 200, answer.text

    async def asked(self) -> list[dict[str, Any]]:
        """Return all prompts that there have been."""
        body = (await self._server.http.get("/api/channels/public/messages")).json()
        return [one for one in body["messages"] if one["content"]["type"] != "response"]


@asynccontextmanager
async def person(server: Served) -> AsyncIterator[Person]:
    """Have a person look."""
    async with (
        AiloopClient(server.daemon.rest_url, role="human") as client,
        client.subscribe("*") as feed,
    ):
        yield Person(server, feed)
