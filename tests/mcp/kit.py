"""Official MCP clients at each of our doors, and the person who answers."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import orjson
import trio
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from ailoop.broker import Prompt
from tests.client.kit import Call, asked
from tests.daemon.process import AILOOP, environment
from tests.serving import PATIENCE, Served

__all__ = ["DOORS", "asking", "at_door", "over_http", "over_stdio", "shown", "told", "use"]

DOORS = ("stdio", "http", "http-2026")
"""A process on standard input and output; ``/mcp`` with a handshake; ``/mcp`` without."""


@asynccontextmanager
async def over_stdio(
    *arguments: str, env: Mapping[str, str] | None = None, mode: str = "legacy"
) -> AsyncIterator[Client]:
    """Start ``ailoop mcp`` and talk to it."""
    program, *rest = AILOOP
    server = StdioServerParameters(
        command=program, args=[*rest, "mcp", *arguments], env=environment(env)
    )
    async with Client(server, mode=mode) as client:
        yield client


@asynccontextmanager
async def over_http(
    url: str, *, mode: str = "legacy", headers: Mapping[str, str] | None = None
) -> AsyncIterator[Client]:
    """Talk to a daemon's ``/mcp``.

    :param url: of the daemon, or with more than its address.
    """
    address = url if "/mcp" in url else f"{url}/mcp"
    try:
        async with (
            httpx2.AsyncClient(headers=dict(headers or {}), verify=False, timeout=60) as http,
            Client(streamable_http_client(address, http_client=http), mode=mode) as client,
        ):
            yield client
    finally:
        gc.collect()  # of what the client leaves, so that no later test hears of it


@asynccontextmanager
async def at_door(door: str, server: Served) -> AsyncIterator[Client]:
    """Open a client at one of :data:`DOORS`."""
    if door == "stdio":
        async with over_stdio("--server", server.daemon.rest_url) as client:
            yield client
    else:
        mode = "legacy" if door == "http" else "2026-07-28"
        async with over_http(server.daemon.rest_url, mode=mode) as client:
            yield client


async def use(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool and return what it says, which its text says too."""
    with trio.fail_after(PATIENCE):
        result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    said: dict[str, Any] = result.structured_content
    assert orjson.loads(text_of(result)) == said
    return said


async def told(client: Client, tool: str, **arguments: Any) -> str:
    """Call a tool that fails, and return what the model reads."""
    with trio.fail_after(PATIENCE):
        result = await client.call_tool(tool, arguments)
    assert result.is_error, result.content
    return text_of(result)


def text_of(result: CallToolResult) -> str:
    """Return the one text of a result."""
    (block,) = result.content
    return str(block.text)


async def asking(
    nursery: trio.Nursery, server: Served, client: Client, tool: str, **arguments: Any
) -> tuple[Call, Prompt]:
    """Call a tool that asks; return the call, and the prompt once it waits."""

    async def call() -> dict[str, Any]:
        return await use(client, tool, **arguments)

    waiting = Call(nursery, call)
    return waiting, await asked(server)


async def shown(server: Served, prompt: Prompt) -> None:
    """Have a surface show a prompt."""
    path = f"/api/v1/messages/{prompt.entry.id}/delivery"
    answer = await server.http.post(path, json={"state": "delivered", "surface": "test"})
    assert answer.status_code == 200, answer.text
