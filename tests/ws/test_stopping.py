"""A server that stops: everybody hears first what became of their prompts, then 1001."""

from __future__ import annotations

import pytest
import trio
from trio_websocket import ConnectionRejected

from ailoop.daemon import Settings, open_daemon
from tests.serving import PORTS, V1, Served, Talk, authorization, question, talking, until
from tests.ws.kit import connected, frame, shake

GRACE = 10.0


async def ask_and_wait(
    url: str, subprotocol: str | None, asked: list[str], heard: list[tuple[str, dict, int]]
) -> None:
    """Ask for permission, wait for the answer, then for the end of the connection."""
    async with talking(url, subprotocol) as talk:
        prompt = authorization("a")
        await talk.send({"op": "send", "message": prompt} if subprotocol else prompt)
        if subprotocol:
            assert (await talk.receive())["op"] == "ack"
        asked.append(url)
        with trio.fail_after(GRACE):
            frame = await talk.receive()
            heard.append((url, frame.get("message", frame), await talk.closed()))


async def test_askers_and_followers() -> None:
    """On both ports and in both conversations: the cancelled response, then close 1001."""
    heard: list[tuple[str, dict, int]] = []
    closed: list[int] = []

    async def follow(talk: Talk) -> None:
        with trio.fail_after(GRACE):
            closed.append(await talk.closed())

    async with trio.open_nursery() as nursery:
        with trio.fail_after(GRACE):
            settings = Settings(ws_port=0, rest_port=0, grace_seconds=60)
            async with open_daemon(settings) as daemon:
                served = Served(daemon, None)  # type: ignore[arg-type]
                asked: list[str] = []
                for port in PORTS:
                    for subprotocol in (None, V1):
                        url = served.socket_url(port)
                        nursery.start_soon(ask_and_wait, url, subprotocol, asked, heard)
                await until(lambda: daemon.gateway.broker.tables.open_prompts == 4)
                await until(lambda: len(asked) == 4)
    assert len(heard) == 4
    for _, response, code in heard:
        assert response["content"]["response_type"] == "cancelled"
        assert response["metadata"] == {"reason": "shutdown"}
        assert response["sender_type"] == "SYSTEM"
        assert code == 1001


async def test_idle_connections(port: str) -> None:
    """Who only listens is told too, and the daemon does not wait for its grace to end."""
    codes: list[int] = []

    async def listen(url: str, task_status: trio.TaskStatus[None]) -> None:
        async with talking(url) as talk:
            task_status.started()
            codes.append(await talk.closed())

    async with trio.open_nursery() as nursery:
        with trio.fail_after(GRACE):
            async with open_daemon(
                Settings(ws_port=0, rest_port=0, grace_seconds=60)
            ) as daemon:
                url = Served(daemon, None).socket_url(port)  # type: ignore[arg-type]
                for _ in range(3):
                    await nursery.start(
                        lambda task_status: listen(url, task_status=task_status)
                    )
    assert codes == [1001] * 3


async def test_nothing_new(server: Served, port: str) -> None:
    """A stopping server refuses what is sent, and new connections."""
    async with talking(server.socket_url(port)) as talk:
        await server.broker.drain()
        await talk.send(question())
        assert (await talk.receive())["code"] == "shutting_down"
        await talk.send({"subscribe": ["new"]})
        assert (await talk.receive())["code"] == "shutting_down"


async def test_no_way_in(server: Served, port: str) -> None:
    """Once everybody has been sent away, the door answers 503."""
    await server.broker.drain()
    await server.daemon.gateway.presence.dismiss()
    stopping = pytest.RaisesExc(ConnectionRejected, check=lambda one: one.status_code == 503)
    with pytest.RaisesGroup(stopping):
        async with talking(server.socket_url(port)):
            pass


async def test_peer_that_does_not_read(port: str) -> None:
    """A peer that neither reads nor answers holds a stopping daemon for its grace at most."""
    async with trio.open_nursery() as nursery:
        with trio.fail_after(GRACE):
            settings = Settings(ws_port=0, rest_port=0, grace_seconds=0.3, send_seconds=0.3)
            async with open_daemon(settings) as daemon:
                server = Served(daemon, None)  # type: ignore[arg-type]
                nursery.start_soon(_sit, server, port)
                await until(lambda: daemon.gateway.broker.tables.feeds == 1)
        nursery.cancel_scope.cancel()


async def _sit(server: Served, port: str) -> None:
    async with connected(server, port) as stream:
        await shake(stream)
        await stream.send_all(frame(b'{"subscribe":["a"]}'))
        await trio.sleep_forever()
