"""A call that is cancelled takes its prompt back; a client that vanishes leaves it open."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest
import trio

from tests.client.kit import Call, asked, settle
from tests.daemon.process import AILOOP, environment
from tests.mcp.kit import DOORS, at_door, over_http, over_stdio, use
from tests.serving import PATIENCE, Served, serving, until


@pytest.mark.parametrize("door", DOORS)
async def test_a_cancelled_call_takes_its_prompt_back(server: Served, door: str) -> None:
    async with at_door(door, server) as client, trio.open_nursery() as nursery:
        waiting = Call(nursery, client.call_tool, "ask_human", {"question": "Which?"})
        prompt = await asked(server)
        waiting.scope.cancel()
        await until(lambda: prompt.response is not None)
        assert prompt.state == "cancelled"
        assert prompt.response_message is not None
        assert prompt.response_message.metadata == {"reason": "withdrawn"}
        assert await use(client, "notify_human", text="still here")
    await until(lambda: not len(server.daemon.gateway.mcp_calls))


@pytest.mark.parametrize("door", DOORS)
async def test_one_with_a_key_stays(server: Served, door: str) -> None:
    asks = {"question": "Which?", "key": "one"}
    async with at_door(door, server) as client, trio.open_nursery() as nursery:
        waiting = Call(nursery, client.call_tool, "ask_human", asks)
        prompt = await asked(server)
        waiting.scope.cancel()
        await until(lambda: not prompt._watchers)
        assert prompt.response is None
        await settle(server, prompt, answer="blue")
        assert (await use(client, "ask_human", **asks))["answer"] == "blue"


async def test_nobody_cancels_the_call_of_another(server: Served) -> None:
    """Whoever says the same number, in a session of their own or in none, is not heard."""
    url = server.daemon.rest_url
    async with over_http(url) as client, trio.open_nursery() as nursery:
        waiting = Call(nursery, client.call_tool, "ask_human", {"question": "Which?"})
        prompt = await asked(server)
        for session in ({}, {"Mcp-Session-Id": "another"}):
            for number in range(6):
                answer = await server.http.post(
                    "/mcp",
                    json={
                        "jsonrpc": "2.0",
                        "method": "notifications/cancelled",
                        "params": {"requestId": number},
                    },
                    headers={"Accept": "application/json, text/event-stream", **session},
                )
                assert answer.status_code == 202
        await settle(server, prompt, answer="blue")
        assert (await waiting.result()).structured_content["answer"] == "blue"


def _frames(*more: dict[str, Any]) -> bytes:
    """Write a handshake and a question, as a client does, and what comes after them."""
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    ask = {"name": "ask_human", "arguments": {"question": "Which?"}}
    frames = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": ask},
        *more,
    ]
    return b"".join(orjson.dumps(frame) + b"\n" for frame in frames)


@pytest.mark.parametrize("end", ["eof", "sigterm", "sigkill"])
async def test_an_editor_that_ends_leaves_its_prompt_open(server: Served, end: str) -> None:
    async with trio.open_nursery() as nursery:
        process = await nursery.start(
            lambda task_status: trio.run_process(
                [*AILOOP, "mcp", "--server", server.daemon.rest_url],
                stdin=subprocess.PIPE,
                capture_stdout=True,
                capture_stderr=True,
                check=False,
                env=environment(),
                task_status=task_status,
            )
        )
        await process.stdin.send_all(_frames())
        prompt = await asked(server)
        if end == "eof":
            await process.stdin.aclose()
        else:
            number = signal.SIGTERM if end == "sigterm" else signal.SIGKILL
            process.send_signal(number)
        with trio.fail_after(PATIENCE):
            await process.wait()
    await until(lambda: not prompt._watchers)
    assert prompt.response is None


async def test_a_connection_that_breaks_leaves_its_prompt_open(server: Served) -> None:
    """With a protocol that cancels in words, the end of a connection is no such word."""
    *_, ask = _frames().splitlines()
    host, port = server.address("rest")
    stream = await trio.open_tcp_stream(host, port)
    async with stream:
        head = (
            f"POST /mcp HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
            "Accept: application/json, text/event-stream\r\n"
            f"Content-Length: {len(ask)}\r\n\r\n"
        )
        await stream.send_all(head.encode() + ask)
        prompt = await asked(server)
    await until(lambda: not prompt._watchers)
    await until(lambda: not len(server.daemon.gateway.mcp_calls))
    assert prompt.response is None


async def _restarting(folder: Path, door: str) -> None:
    journal = f"sqlite:{folder / 'journal.db'}"
    async with serving(journal=journal) as first:
        _, rest_port = first.address("rest")
        if door == "stdio":
            opening = over_stdio("--server", first.daemon.rest_url)
        else:
            mode = "legacy" if door == "http" else "2026-07-28"
            opening = over_http(first.daemon.rest_url, mode=mode)
        client = await opening.__aenter__()
        nursery_manager = trio.open_nursery()
        nursery = await nursery_manager.__aenter__()
        waiting = Call(nursery, client.call_tool, "ask_human", {"question": "Which?"})
        prompt = await asked(first)
    async with serving(journal=journal, rest_port=rest_port) as second:
        if door != "stdio":
            said = (await waiting.result()).structured_content
            assert said["open"]
            waiting = Call(
                nursery, client.call_tool, "check_answer", {"prompt_id": said["prompt_id"]}
            )
        await settle(second, await asked(second), answer="blue")
        said = (await waiting.result()).structured_content
        assert said["answer"] == "blue"
        assert said["prompt_id"] == str(prompt.entry.id)
        await nursery_manager.__aexit__(None, None, None)
        await opening.__aexit__(None, None, None)


@pytest.mark.parametrize("door", DOORS)
async def test_a_daemon_may_restart_meanwhile(tmp_path: Path, door: str) -> None:
    """Over standard input the call goes on; over HTTP it returns, and the same client goes on."""
    await _restarting(tmp_path, door)
