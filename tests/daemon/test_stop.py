"""SIGTERM and SIGINT: everybody who waits learns the outcome, and the exit code is 0."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import closing

import httpx2
import orjson
import pytest
import trio
from trio_websocket import ConnectionClosed

from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess, eventually, running_daemon
from tests.daemon.sockets import connected, websocket

SIGNALS = [signal.SIGTERM, signal.SIGINT]


def question(channel: str) -> dict[str, object]:
    return {"channel": channel, "content": {"type": "question", "text": "Which?"}}


async def wait_asked(api: Api, count: int) -> None:
    """Return when so many prompts are open, on whatever channel."""
    await trio.to_thread.run_sync(
        lambda: eventually(
            lambda: api.get("/api/v1/pending").json()["total_count"] == count, "open prompts"
        )
    )


async def stop(daemon: DaemonProcess, number: signal.Signals) -> int:
    daemon.signal(number)
    return await trio.to_thread.run_sync(daemon.wait)


@pytest.mark.parametrize("number", SIGNALS)
async def test_everybody_who_waits_is_told(number: signal.Signals) -> None:
    """Two long polls and three WebSocket askers get ``cancelled`` because of the shutdown.

    A long poll's is a regular response; a WebSocket's comes before it is closed with 1001.
    """
    told: dict[str, dict[str, object]] = {}
    closed: dict[str, int] = {}

    async def poll(name: str, method: str, path: str, json: object = None) -> None:
        answer = await http.request(method, path, params={"wait": 50}, json=json)
        assert answer.status_code == 200
        told[name] = answer.json()

    async def ask(name: str, url: str, protocols: list[str], frame: object) -> None:
        async with websocket(url, *protocols) as connection:
            await connection.send_message(orjson.dumps(frame).decode())
            try:
                while True:
                    frame = orjson.loads(await connection.get_message())
                    if frame.get("op", "response") == "response":
                        told[name] = frame.get("message", frame)
            except ConnectionClosed as end:
                closed[name] = end.reason.code

    with running_daemon() as daemon, closing(Api(daemon.rest)) as api:
        asked = api.ask("a")
        with trio.fail_after(30):
            async with (
                httpx2.AsyncClient(base_url=daemon.rest, timeout=60) as http,
                trio.open_nursery() as nursery,
            ):
                posted, waited = "/api/v1/messages", f"/api/v1/messages/{asked}/response"
                nursery.start_soon(poll, "poll", "GET", waited)
                nursery.start_soon(poll, "ask and poll", "POST", posted, question("b"))
                v1 = {"op": "send", "message": question("c")}
                same = f"{daemon.rest.replace('http', 'ws')}/ws"
                nursery.start_soon(ask, "v1", daemon.ws, ["ailoop.v1"], v1)
                nursery.start_soon(ask, "v1 at /ws", same, ["ailoop.v1"], v1)
                nursery.start_soon(ask, "plain", daemon.ws, [], question("d"))
                await wait_asked(api, 5)
                assert await stop(daemon, number) == 0
    assert told.keys() == {"poll", "ask and poll", "v1", "v1 at /ws", "plain"}
    for response in told.values():
        assert response["content"] == {
            "type": "response",
            "answer": None,
            "response_type": "cancelled",
        }
        assert response["metadata"] == {"reason": "shutdown"}
        assert response["sender_type"] == "SYSTEM"
    assert closed == dict.fromkeys(("v1", "v1 at /ws", "plain"), 1001)


@pytest.mark.parametrize("number", SIGNALS)
def test_an_idle_daemon_stops(number: signal.Signals) -> None:
    """Nobody is there: exit 0, and the log says that it was meant to."""
    with running_daemon() as daemon:
        daemon.signal(number)
        assert daemon.wait() == 0
        assert [line["event"] for line in daemon.log()] == ["ready", "stopping", "stopped"]


def test_a_second_signal_changes_nothing() -> None:
    """Whoever presses Ctrl-C again, or a supervisor that repeats itself, gets the same stop."""
    with running_daemon("--grace-seconds", "1") as daemon:
        # A request that never ends keeps it in its grace period.
        with connected(daemon.rest) as sock:
            sock.sendall(b"POST /api/v1/messages HTTP/1.1\r\nHost: localhost\r\n")
            sock.sendall(b"Content-Length: 100\r\n\r\n{")
            with closing(Api(daemon.rest)) as api:
                api.get("/api/v1/health")
            daemon.signal(signal.SIGTERM)
            eventually(lambda: "stopping" in daemon.stderr, "it stops")
            daemon.signal(signal.SIGINT)
            daemon.signal(signal.SIGTERM)
            assert daemon.wait() == 0
        assert "Traceback" not in daemon.stderr


async def test_new_connections_are_not_taken_while_it_stops() -> None:
    """Who comes too late is refused at once, not left waiting."""
    with running_daemon() as daemon:
        async with websocket(daemon.ws) as connection:
            daemon.signal(signal.SIGTERM)
            with trio.fail_after(20), pytest.raises(ConnectionClosed):
                await connection.get_message()
        assert daemon.wait() == 0
        for url in (daemon.rest, daemon.ws):
            with pytest.raises(ConnectionRefusedError), connected(url):
                pass


def test_keep_alive_connections_do_not_hold_it_up() -> None:
    """A client that keeps its connection for later is no reason to wait."""
    with running_daemon("--grace-seconds", "600") as daemon, closing(Api(daemon.rest)) as api:
        api.get("/api/v1/health")
        daemon.signal(signal.SIGTERM)
        assert daemon.wait() == 0


_FIRST = """
import os, signal
from importlib import import_module

main = import_module("ailoop.cli.main")
here, os.getpid = os.getpid(), lambda: {number}
main._load = lambda name: lambda **_: os.kill(here, signal.SIGTERM)
main.main_daemon()
"""


@pytest.mark.parametrize(("number", "code"), [(1, 0), (2, -signal.SIGTERM)])
def test_process_1_stops_before_it_is_up(number: int, code: int) -> None:
    """The kernel keeps from process 1 what it has no handler for, so it has one at once."""
    done = subprocess.run([sys.executable, "-c", _FIRST.format(number=number)], check=False)
    assert done.returncode == code
