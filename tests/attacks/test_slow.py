"""Requests that take their time: each is ended when its time is over, and holds up nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from tests.attacks.kit import HOST, UPGRADE, statuses
from tests.serving import (
    PATIENCE,
    Served,
    authorization,
    note,
    question,
    serving,
    talking,
    until,
)
from tests.ws.kit import connected, read_to_end

HEAD = b"GET /ws HTTP/1.1\r\n" + HOST + UPGRADE + b"X: " + b"x" * 10_000
BODY = b"POST /api/v1/messages HTTP/1.1\r\n" + HOST + b"Content-Length: 100000\r\n\r\n"


@asynccontextmanager
async def trickling(server: Served, port: str, start: bytes) -> AsyncIterator[list[bytes]]:
    """Send ``start``, then a byte at a time, for as long as anybody listens.

    What came back is in the list when the connection has ended.
    """
    ended: list[bytes] = []

    async def trickle(stream: trio.SocketStream, over: trio.CancelScope) -> None:
        with over:
            try:
                while True:
                    await stream.send_all(b" ")
                    await trio.sleep(0.02)  # what makes it slow
            except trio.BrokenResourceError:
                pass

    async with connected(server, port) as stream, trio.open_nursery() as nursery:
        over = trio.CancelScope()

        async def listen() -> None:
            ended.append(await read_to_end(stream))
            over.cancel()

        await stream.send_all(start)
        nursery.start_soon(trickle, stream, over)
        nursery.start_soon(listen)
        yield ended
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    "start", [b"", b"GET", HEAD[:-10]], ids=["nothing", "a word", "fields"]
)
async def test_slow_head(port: str, start: bytes) -> None:
    """Send a head byte by byte (slowloris): the connection ends when its time is over."""
    async with serving(head_seconds=0.3) as server:
        async with trickling(server, port, start) as ended:
            async with talking(server.socket_url(port)) as talk:
                assert await talk.call_plain(note()) == []
            await until(lambda: ended)
            assert 101 not in statuses(ended[0])
        await until(lambda: server.daemon.gateway.lobby.newcomers == {})


async def test_slow_second_head() -> None:
    """The same behind a request that was quick: a later head has no more time."""
    first = b"POST /api/test HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n"
    async with (
        serving(head_seconds=0.3) as server,
        trickling(server, "rest", first + b"GET / HTTP/1.1\r\nX: ") as ended,
    ):
        await until(lambda: ended)
        assert statuses(ended[0]) == [200, 408]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("path", [b"/api/v1/messages", b"/nothing"])
async def test_slow_body(chunked: bool, path: bytes) -> None:
    """Send a body byte by byte: it is cut off with 408, or with what was decided before."""
    start = BODY.replace(b"/api/v1/messages", path)
    if chunked:
        start = start.replace(b"Content-Length: 100000", b"Transfer-Encoding: chunked")
        start += b"20000\r\n"
    async with serving(upload_seconds=0.3) as server:
        async with trickling(server, "rest", start) as ended:
            async with talking(server.socket_url("rest")) as talk:
                assert await talk.call_plain(note()) == []
            await until(lambda: ended)
            assert statuses(ended[0]) == [404 if path == b"/nothing" else 408]
            if path != b"/nothing":
                assert b'"code":"too_slow"' in ended[0]
        assert server.broker.channels.keys() <= {"a"}


async def test_connections_that_say_nothing(port: str) -> None:
    """Connect and say nothing: the connection is closed after a while, and is not kept."""
    async with serving(head_seconds=0.1) as server, connected(server, port) as stream:
        assert await read_to_end(stream) == b""
        await until(lambda: server.daemon.gateway.lobby.sockets == 0)


async def test_long_polls_are_not_slow() -> None:
    """Wait for an answer far longer than a head or a body may take: that is no attack."""
    async with serving(head_seconds=0.05, upload_seconds=0.05, idle_seconds=0.05) as server:
        asked = await server.post(question())
        answers = []

        async def wait() -> None:
            path = f"/api/v1/messages/{asked['id']}/response"
            answers.append(await server.http.get(path, params={"wait": PATIENCE}))

        async def ask() -> None:
            answers.append(
                await server.http.post(
                    "/api/v1/messages", params={"wait": PATIENCE}, json=authorization("b")
                )
            )

        async with trio.open_nursery() as nursery, connected(server, "rest") as idle:
            nursery.start_soon(wait)
            nursery.start_soon(ask)
            await until(lambda: server.broker.tables.waiters == 2)
            # By the time an idle connection has been ended, the others have waited as long.
            for _ in range(3):
                assert await read_to_end(idle) == b""
            (second,) = [one for one in server.broker.pending() if one.entry.channel == "b"]
            await server.respond(asked, answer="late")
            await server.respond(
                {"id": str(second.entry.id)}, response_type="authorization_approved"
            )
        assert [one.status_code for one in answers] == [200, 200]


async def test_newcomers_make_room(port: str) -> None:
    """Fill the hall with connections that say nothing: the oldest goes, everybody gets in."""
    async with serving(max_newcomers=10, head_seconds=60.0) as server:
        lobby = server.daemon.gateway.lobby
        async with trio.open_nursery() as nursery:

            async def loiter(sent: bytes) -> None:
                async with connected(server, port) as stream:
                    await stream.send_all(sent)
                    await read_to_end(stream)

            for number in range(50):
                nursery.start_soon(loiter, b"GET /ws HTTP/1.1\r\n" if number % 2 else b"")
            await until(lambda: lobby.evicted >= 40)
            assert len(lobby.newcomers) <= 10
            async with talking(server.socket_url(port)) as talk:
                assert await talk.call_plain(note()) == []
                assert len(lobby.newcomers) <= 10
            nursery.cancel_scope.cancel()


async def test_idle_connections_make_room() -> None:
    """Ask once on each of many connections and keep them all: the idle ones make room."""
    ping = b"POST /api/test HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n"
    async with serving(max_sockets=10) as server, trio.open_nursery() as nursery:
        lobby = server.daemon.gateway.lobby

        async def keep() -> None:
            async with connected(server, "rest") as stream:
                await stream.send_all(ping)
                await read_to_end(stream)

        for _ in range(30):
            nursery.start_soon(keep)
        await until(lambda: lobby.evicted >= 20)
        await until(lambda: lobby.sockets <= 10)  # some are being closed
        async with talking(server.socket_url("ws")) as talk:
            assert await talk.call_plain(note()) == []
        nursery.cancel_scope.cancel()
