"""Servers that are not there, not ours, or go away: a client says so and never hangs."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
import trio

from ailoop import (
    AiloopClient,
    Busy,
    ConnectionLost,
    Incompatible,
    Patience,
    Refused,
    Unreachable,
    VersionWarning,
)
from ailoop.model.message import Question
from tests.client.faces import OpenClient, alone, but
from tests.client.kit import Call, answering, asked, impostor
from tests.client.proxy import is_complete
from tests.client.vanishing import HeldJournal, vanishing_server
from tests.serving import PATIENCE, Served, serving, until

MUTE = "a browser tells a page nothing of why a WebSocket was refused"

AT_ONCE = Patience(give_up_seconds=0)
"""Of a client that does not connect again."""


async def fails(face: OpenClient, url: str, transport: Any) -> Exception:
    """Return what opening a client raises; it is not to take long."""
    with trio.fail_after(PATIENCE):
        with pytest.raises(Exception) as caught:  # noqa: PT011 -- the test looks at it
            async with face(url, transport=transport):
                pass
    return caught.value


async def test_nobody(transport: Any, face: OpenClient) -> None:
    """Where nobody listens the client is Unreachable, and says where and what to do."""
    async with impostor(answering("200 OK", b"")) as url:
        pass  # the port is free again
    error = await fails(face, url, transport)
    assert type(error) is Unreachable
    assert url in str(error)
    assert "ailoopd" in str(error)


@pytest.mark.parametrize("version", ["1.0.0", "2.3", "", None, 5])
async def test_other_major_version(transport: Any, version: Any, face: OpenClient) -> None:
    """A server of another major version is Incompatible, and both versions are named."""
    body = orjson.dumps({"status": "healthy", "version": version})
    async with impostor(answering("200 OK", body)) as url:
        error = await fails(face, url, transport)
    assert type(error) is Incompatible
    if version == "1.0.0":
        assert "version 1.0.0" in str(error)


async def test_other_minor_version(face: OpenClient) -> None:
    """As long as the major version is 0, another minor version is worth a warning."""
    body = orjson.dumps({"status": "healthy", "version": "0.99.1"})
    async with impostor(answering("200 OK", body)) as url:
        with pytest.warns(VersionWarning, match=r"version 0\.99\.1, this client is 0\.1"):
            async with face(url, transport="rest") as client:
                assert (await client.health())["version"] == "0.99.1"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("200 OK", b"<!doctype html><p>a proxy"),
        ("502 Bad Gateway", b"<html>bad gateway</html>"),
        ("404 Not Found", b""),
        ("200 OK", b"[]"),
        ("200 OK", b'"healthy"'),
        ("404 Not Found", b'{"detail":"not here"}'),
    ],
)
async def test_not_ailoop(transport: Any, status: str, body: bytes, face: OpenClient) -> None:
    """What answers otherwise is not taken for ailoop."""
    async with impostor(answering(status, body)) as url:
        error = await fails(face, url, transport)
    assert isinstance(error, Unreachable | Incompatible | Refused)


async def test_server_that_hangs_up(transport: Any, face: OpenClient) -> None:
    """One that closes at once is Unreachable."""

    async def hang_up(stream: trio.SocketStream) -> None:
        await stream.aclose()

    async with impostor(hang_up) as url:
        assert type(await fails(face, url, transport)) is Unreachable


@but(chromium=MUTE)
async def test_no_room(face: OpenClient) -> None:
    """A WebSocket that is refused at the door says why, and leaves nothing open."""
    async with serving(max_connections=1) as server, face(server.daemon.rest_url):
        error = await fails(face, server.daemon.rest_url, "websocket")
    assert type(error) is Busy


@but(chromium=MUTE)
async def test_no_websocket(face: OpenClient) -> None:
    """Where a proxy lets no WebSocket through, the client says so and does not hang."""
    body = orjson.dumps({"status": "healthy", "version": "0.1"})
    async with impostor(answering("200 OK", body)) as url:
        error = await fails(face, url, "websocket")
        assert type(error) is Unreachable
        assert "/ws: HTTP 200" in str(error)
        async with face(url, transport="rest"):
            pass


@alone("it looks into the client for the moment to cut")
async def test_lost_while_waiting(
    nursery: trio.Nursery, transport: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without patience a vanished server ends every wait, feed and request: ConnectionLost.

    Over REST each of them is Unreachable: there is no connection to lose.
    """
    kind = ConnectionLost if transport == "websocket" else Unreachable
    async with (
        vanishing_server() as vanishing,
        AiloopClient(vanishing.url, transport=transport, patience=AT_ONCE) as client,
    ):
        prompt = await client.post("a", Question(text="Which?"))
        wait = Call(nursery, client.wait, prompt.id)
        tables = vanishing.server.broker.tables
        await until(lambda: tables.waiters or getattr(client._link, "_settled", None))

        async def follow() -> None:
            async with client.subscribe("b") as feed:
                following.set()
                await anext(feed)

        following = trio.Event()
        feed = Call(nursery, follow)
        with trio.fail_after(PATIENCE):
            await following.wait()
        journal = HeldJournal(monkeypatch)
        request = Call(nursery, client.say, "a", "x")
        with trio.fail_after(PATIENCE):
            await journal.reached.wait()
        vanishing.vanish()
        journal.let_go.set()
        for one in (wait, feed, request):
            with pytest.raises(kind):
                await one.result()
        with pytest.raises(Unreachable):
            await client.say("a", "anybody?")
        with pytest.raises(Unreachable):
            await client.ask("a", "anybody?")


async def test_stopped_while_waiting(nursery: trio.Nursery, face: OpenClient) -> None:
    """A server that stops cleanly tells the answer first, then the connection is lost."""
    async with (
        serving() as server,
        face(server.daemon.rest_url, patience=AT_ONCE) as client,
    ):
        call = Call(nursery, lambda: client.authorize("a", "Deploy"))
        await asked(server)
        await server.broker.drain()
        assert not await call.result()
        await server.daemon.gateway.presence.dismiss()
        with pytest.raises(ConnectionLost):
            await client.say("a", "x")


@alone("how an error leaves a block; of the others in test_aio.py and test_sync.py")
async def test_error_of_the_block(server: Served, transport: Any) -> None:
    """The block's own exception comes out as it is, not in a group."""
    with pytest.raises(ZeroDivisionError):
        async with AiloopClient(server.daemon.rest_url, transport=transport):
            _ = 1 / 0


@alone("how an error leaves a block; of the others in test_aio.py and test_sync.py")
async def test_error_of_the_block_in_a_feed(server: Served, transport: Any) -> None:
    """Also from inside a subscription."""
    other = AiloopClient(server.daemon.rest_url, transport=transport)
    with pytest.raises(ZeroDivisionError):
        async with other, other.subscribe("a"):
            _ = 1 / 0


@alone("a cancelled block is Trio's; a task's is in test_aio.py")
async def test_cancelled_block(server: Served, transport: Any) -> None:
    """A block that is cancelled closes its connection and goes quietly."""
    other = AiloopClient(server.daemon.rest_url, transport=transport)
    with trio.CancelScope() as scope:
        async with other, other.subscribe("a"):
            scope.cancel()
            await trio.sleep_forever()
    assert scope.cancelled_caught
    await until(lambda: server.broker.tables.feeds == 0)


async def test_opened_and_closed_at_once(
    server: Served, transport: Any, face: OpenClient
) -> None:
    """A client that is closed as soon as it is open leaves without an error."""
    for _ in range(30):
        async with face(server.daemon.rest_url, transport=transport):
            pass
    await until(lambda: not len(server.daemon.gateway.presence))


@alone("opens nothing; TypeScript's is in test_typescript.py")
def test_base_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address comes from the argument, else the environment, else the usual place."""
    for name in ("AILOOP_BASE_URL", "AILOOP_SERVER"):
        monkeypatch.delenv(name, raising=False)
    assert AiloopClient().base_url == "http://127.0.0.1:8081"
    monkeypatch.setenv("AILOOP_BASE_URL", "http://one:1/")
    assert AiloopClient().base_url == "http://one:1"
    monkeypatch.setenv("AILOOP_SERVER", "http://two:2")
    assert AiloopClient().base_url == "http://two:2"
    assert AiloopClient("https://three").base_url == "https://three"
    with pytest.raises(ValueError, match="http"):
        AiloopClient("three:3")


async def test_refused_while_stopping(face: OpenClient) -> None:
    """Over HTTP, 503 with Retry-After means: the same again, then."""
    posted: list[bytes] = []
    healthy = b'{"status":"healthy","version":"0.1"}'
    stopping = b'{"error":"stopping","code":"shutting_down"}'

    async def serve(stream: trio.SocketStream) -> None:
        async with stream:
            request = b""
            while data := await stream.receive_some():
                request += data
                if not is_complete(request):
                    continue
                status, body = "200 OK", healthy
                if request.startswith(b"POST"):
                    posted.append(request.partition(b"\r\n\r\n")[2])
                    if len(posted) == 1:
                        status, body = "503 No\r\nRetry-After: 0", stopping
                head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n"
                await stream.send_all(head.encode() + body)
                request = b""

    async with impostor(serve) as url, face(url, transport="rest") as client:
        with trio.fail_after(PATIENCE):
            await client.say("a", "x")
    assert len(posted) == 2
    assert posted[0] == posted[1]
