"""The opening handshake on both ports: who is let in, and who holds nobody up."""

from __future__ import annotations

from contextlib import suppress

import orjson
import pytest
import trio
from structlog.testing import capture_logs
from trio_websocket import ConnectionRejected

from tests.serving import V1, Served, note, serving, talking, until
from tests.ws.kit import connected, frame, read_to_end, shake

GARBAGE = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    b"\r\n" * 100,
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
    b"Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: [\r\nOrigin: http://[\r\nUpgrade: websocket\r\n"
    b"Connection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: xn--\xff\r\nUpgrade: websocket\r\n"
    b"Connection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\n\r\n",
    bytes(range(256)) * 500,
)


async def refused(url: str, *headers: tuple[str, str]) -> ConnectionRejected:
    """Return how the server refuses a connection."""
    with pytest.RaisesGroup(ConnectionRejected) as caught:
        async with talking(url, V1, headers=headers):
            pass
    return caught.value.exceptions[0]


def own(server: Served, port: str) -> str:
    return f"http://127.0.0.1:{server.address(port)[1]}"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1"])
async def test_foreign_page(server: Served, port: str, origin: str) -> None:
    """A foreign page gets no connection, so it can neither read nor answer."""
    rejected = await refused(server.socket_url(port), ("Origin", origin))
    assert rejected.status_code == 403
    assert rejected.body is not None
    body = orjson.loads(rejected.body)
    assert (body["code"], body["origin"]) == ("bad_origin", origin)


async def test_own_pages(server: Served, port: str) -> None:
    """Pages of either port get in on either port, and programs that send no Origin."""
    for origin in (own(server, "rest"), own(server, "ws")):
        async with talking(server.socket_url(port), headers=[("Origin", origin)]) as talk:
            assert await talk.call_plain(note()) == []


async def test_allow_list(port: str) -> None:
    """So does an origin on the list."""
    allowed = "https://inbox.example.org"
    async with serving(allowed_origins=(allowed,)) as server:
        url = server.socket_url(port)
        async with talking(url, headers=[("Origin", allowed)]) as talk:
            assert await talk.call_plain(note()) == []
        assert (await refused(url, ("Origin", f"{allowed}.evil.example"))).status_code == 403


async def test_rebound_name(server: Served, port: str) -> None:
    """A name that was made to point here gets no connection."""
    number = server.address(port)[1]
    url = f"ws://evil.localhost.example:{number}/ws"
    async with connected(server, port) as stream:
        await stream.send_all(
            b"GET /ws HTTP/1.1\r\nHost: evil.example\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n"
        )
        with trio.fail_after(5):
            answer = b""
            while b'"code"' not in answer:
                more = await stream.receive_some()
                assert more, (url, answer)
                answer += more
    assert answer.startswith(b"HTTP/1.1 403")
    assert b"bad_host" in answer


async def test_too_many(port: str) -> None:
    """A connection over the bound is refused at the door, and let in when there is room."""
    async with serving(max_connections=2) as server:
        url = server.socket_url(port)
        async with talking(url) as first:
            async with talking(url):
                rejected = await refused(url)
                assert rejected.status_code == 429
                assert orjson.loads(rejected.body or b"")["code"] == "too_many_connections"
                assert await first.call_plain(note()) == []
            await until(lambda: len(server.daemon.gateway.presence) == 1)
            async with talking(url) as third:
                assert await third.call_plain(note()) == []


async def test_any_path(server: Served) -> None:
    """The WebSocket port takes any path, the REST port ``/ws`` alone."""
    for path in ("", "/", "/ws", "/a/b?c=d"):
        async with talking(f"{server.daemon.ws_url}{path}") as talk:
            assert await talk.call_plain(note()) == []
    rest = server.socket_url("rest")
    rejected = await refused(rest.replace("/ws", "/other"))
    assert rejected.status_code == 404
    assert orjson.loads(rejected.body or b"")["code"] == "not_found"


async def test_handshakes_that_never_finish(server: Served, port: str) -> None:
    """Half-open doors hold up nobody, and their closing is noticed."""
    async with trio.open_nursery() as nursery:

        async def loiter(sent: bytes) -> None:
            async with connected(server, port) as stream:
                await stream.send_all(sent)
                await trio.sleep_forever()

        for number in range(20):
            nursery.start_soon(loiter, b"GET /ws HTTP/1.1\r\n" if number % 2 else b"")
        async with talking(server.socket_url(port)) as talk:
            await talk.send({"subscribe": "*"})
            await talk.call_plain(note())
            assert (await talk.receive())["content"]["text"] == "hello"
        nursery.cancel_scope.cancel()


async def test_handshake_has_a_time_limit(port: str) -> None:
    """Who does not finish in time is told so and shown the door."""
    async with serving(head_seconds=0.05) as server, connected(server, port) as stream:
        await stream.send_all(b"GET /ws HTTP/1.1\r\nHost: localhost\r\n")
        answer = await read_to_end(stream)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"code":"too_slow"' in answer


async def test_garbage(port: str) -> None:
    """Whatever comes instead of a handshake stays with its connection, and is no fault."""
    with capture_logs() as logs:
        # Some of it is a request, after which the connection is kept for another.
        async with serving(idle_seconds=0.1) as server:
            for garbage in GARBAGE:
                async with connected(server, port) as stream:
                    with suppress(trio.BrokenResourceError):
                        await stream.send_all(garbage)
                        await stream.send_eof()
                    answer = await read_to_end(stream)
                assert not answer.startswith(b"HTTP/1.1 101"), garbage
                async with talking(server.socket_url(port)) as talk:
                    assert await talk.call_plain(note()) == [], garbage
    assert [one for one in logs if one["log_level"] in ("error", "critical")] == []


async def test_handshake_by_hand(server: Served, port: str) -> None:
    """The hand-made handshake that these tests use is one that is accepted."""
    async with connected(server, port) as stream:
        await shake(stream)
        await stream.send_all(frame(orjson.dumps(note("by-hand"))))
        await until(lambda: "by-hand" in server.broker.channels)
