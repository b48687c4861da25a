"""A call that is cancelled takes its prompt back; a client that vanishes leaves it open."""

from __future__ import annotations

import signal
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
import trio

from tests.client.kit import Call, asked, settle
from tests.daemon.process import AILOOP, environment
from tests.mcp.kit import DOORS, at_door, over_http, use
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
        await use(client, "notify_human", text="what was cancelled before has been")
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


def _frames(*more: dict[str, Any], **asks: Any) -> bytes:
    """Write a handshake and a question, as a client does, and what comes after them."""
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    ask = {"name": "ask_human", "arguments": {"question": "Which?", **asks}}
    frames = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": ask},
        *more,
    ]
    return b"".join(orjson.dumps(frame) + b"\n" for frame in frames)


async def _mcp(
    server: Served, task_status: trio.TaskStatus[trio.Process] = trio.TASK_STATUS_IGNORED
) -> None:
    """Run ``ailoop mcp``."""
    await trio.run_process(
        [*AILOOP, "mcp", "--server", server.daemon.rest_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
        env=environment(),
        task_status=task_status,
    )


@pytest.mark.parametrize("asks", [{}, {"key": "one"}], ids=["taken-back", "with-a-key"])
async def test_a_cancelled_call_is_not_answered(server: Served, asks: dict[str, str]) -> None:
    """Its client has forgotten it, and may take an answer for a broken connection."""
    *ask, cancel, ping = _frames(
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}},
        {"jsonrpc": "2.0", "id": 3, "method": "ping"},
        **asks,
    ).splitlines(keepends=True)
    answered = []
    async with trio.open_nursery() as nursery:
        process = await nursery.start(partial(_mcp, server))
        await process.stdin.send_all(b"".join(ask))
        await asked(server)
        await process.stdin.send_all(cancel + ping)
        with trio.fail_after(PATIENCE):
            async for chunk in process.stdout:
                answered += [orjson.loads(line)["id"] for line in chunk.splitlines()]
                if 3 in answered:
                    await process.stdin.aclose()
    assert answered == [1, 3]


@pytest.mark.parametrize("end", ["eof", "sigterm", "sigkill"])
async def test_an_editor_that_ends_leaves_its_prompt_open(server: Served, end: str) -> None:
    async with trio.open_nursery() as nursery:
        process = await nursery.start(partial(_mcp, server))
        await process.stdin.send_all(_frames())
        assert await process.stdout.receive_some()  # it is up
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


class _Daemon:
    """A daemon that can be ended while others go on, and started again at its port."""

    def __init__(self, nursery: trio.Nursery, journal: str) -> None:
        self._nursery = nursery
        self._journal = journal
        self._port = 0
        self._stopping, self._ended = trio.Event(), trio.Event()

    async def start(self) -> Served:
        """Run it."""
        self._stopping, self._ended = trio.Event(), trio.Event()
        server: Served = await self._nursery.start(self._run, self._stopping, self._ended)
        _, self._port = server.address("rest")
        return server

    async def stop(self) -> None:
        """End it as a signal would."""
        self._stopping.set()
        with trio.fail_after(PATIENCE):
            await self._ended.wait()

    async def _run(
        self,
        stopping: trio.Event,
        ended: trio.Event,
        *,
        task_status: trio.TaskStatus[Served],
    ) -> None:
        async with serving(journal=self._journal, rest_port=self._port) as server:
            task_status.started(server)
            await stopping.wait()
        ended.set()


@pytest.mark.parametrize("door", DOORS)
async def test_a_daemon_may_restart_meanwhile(tmp_path: Path, door: str) -> None:
    """Over standard input a call goes on; over HTTP it returns, and the client goes on."""
    async with trio.open_nursery() as nursery:
        daemon = _Daemon(nursery, f"sqlite:{tmp_path / 'journal.db'}")
        first = await daemon.start()
        async with at_door(door, first) as client:
            await client.list_tools()  # by which this client checks what comes back
            waiting = Call(nursery, client.call_tool, "ask_human", {"question": "Which?"})
            prompt = await asked(first)
            await daemon.stop()
            if door != "stdio":
                said = (await waiting.result()).structured_content
                assert said["open"]
            second = await daemon.start()
            if door != "stdio":
                again = {"prompt_id": said["prompt_id"]}
                waiting = Call(nursery, client.call_tool, "check_answer", again)
            await settle(second, await asked(second), answer="blue")
            said = (await waiting.result()).structured_content
            assert said["answer"] == "blue"
            assert said["prompt_id"] == str(prompt.entry.id)
        await daemon.stop()
