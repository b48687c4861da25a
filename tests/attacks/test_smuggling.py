"""Requests that two readers could read in two ways: never two answers where one was sent."""

from __future__ import annotations

import pytest

from tests.attacks.kit import HOST, UPGRADE, exchange, statuses
from tests.serving import Served, serving
from tests.ws.kit import connected

HIDDEN = b"GET /api/stats HTTP/1.1\r\n" + HOST + b"\r\n"
POST = b"POST /api/test HTTP/1.1\r\n" + HOST
CREDENTIALS = b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"

AMBIGUOUS = {
    "both lengths": POST + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN,
    "both lengths, the other way": POST
    + CHUNKED
    + b"Content-Length: 100\r\n\r\n0\r\n\r\n"
    + HIDDEN,
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + HIDDEN,
    "the same length twice": POST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n" + HIDDEN,
    "a list of lengths": POST + b"Content-Length: 0, 44\r\n\r\n" + HIDDEN,
    "a signed length": POST + b"Content-Length: +0\r\n\r\n" + HIDDEN,
    "a length in hexadecimal": POST + b"Content-Length: 0x0\r\n\r\n" + HIDDEN,
    "a length with an underscore": POST + b"Content-Length: 1_0\r\n\r\n" + HIDDEN,
    "a very long length": POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n" + HIDDEN,
    "a folded field": POST + b"X: a\r\n Content-Length: 44\r\n\r\n" + HIDDEN,
    "a folded encoding": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a space before the colon": POST + b"Content-Length : 44\r\n\r\n" + HIDDEN,
    "bare line feeds": b"POST /api/test HTTP/1.1\nHost: localhost\n\n" + HIDDEN,
    "one bare line feed": POST + b"X: a\nContent-Length: 44\r\n\r\n" + HIDDEN,
    "a bare carriage return": POST + b"X: a\rContent-Length: 44\r\n\r\n" + HIDDEN,
    "an unknown encoding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two encodings": POST + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN,
    "encodings in a list": POST
    + b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n"
    + HIDDEN,
    "an encoding with a tab": POST
    + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"
    + HIDDEN,
    "a NUL in a field": POST + b"X: a\0b\r\n\r\n" + HIDDEN,
    "two hosts": POST + HOST + b"\r\n" + HIDDEN,
    "two credentials": POST + CREDENTIALS + b"\r\n" + HIDDEN,
    "no host": b"POST /api/test HTTP/1.1\r\n\r\n" + HIDDEN,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + HIDDEN,
    "HTTP/0.9": b"GET /api/stats\r\n\r\n" + HIDDEN,
    "a chunk's size with a sign": POST + CHUNKED + b"\r\n+0\r\n\r\n" + HIDDEN,
    "a chunk's size in words": POST + CHUNKED + b"\r\n0x0\r\n\r\n" + HIDDEN,
    "a chunk that ends elsewhere": POST + CHUNKED + b"\r\n2\r\nabXX0\r\n\r\n" + HIDDEN,
    "a chunk without its end": POST + CHUNKED + b"\r\n2\r\nab0\r\n\r\n" + HIDDEN,
    "a chunk with a line feed": POST + CHUNKED + b"\r\n2\nab\n0\n\n" + HIDDEN,
    "a huge chunk's size": POST + CHUNKED + b"\r\n" + b"f" * 40 + b"\r\n" + HIDDEN,
    "a huge extension": POST + CHUNKED + b"\r\n0;" + b"x" * 100_000 + b"\r\n\r\n" + HIDDEN,
    "huge trailers": POST + CHUNKED + b"\r\n0\r\nX: " + b"x" * 100_000 + b"\r\n\r\n" + HIDDEN,
    "folded trailers": POST + CHUNKED + b"\r\n0\r\nX: a\r\n b\r\n\r\n" + HIDDEN,
}


@pytest.mark.parametrize("data", AMBIGUOUS.values(), ids=AMBIGUOUS)
async def test_ambiguous(server: Served, data: bytes) -> None:
    """Hide a request behind one whose end can be disputed: it is refused, and that is all."""
    answer = await exchange(server, "rest", data)
    assert len(statuses(answer)) <= 1, answer
    assert b"active_channels" not in answer
    assert all(400 <= status < 500 for status in statuses(answer)), answer
    assert b"<" not in answer


LENGTH = b"Content-Length: %d\r\n\r\n" % len(HIDDEN)
ONE = {
    "in a body": POST + LENGTH + HIDDEN,
    "in a body nobody reads": POST.replace(b"/api/test", b"/nothing") + LENGTH + HIDDEN,
    "in a chunk": POST + CHUNKED + b"\r\n%x\r\n" % len(HIDDEN) + HIDDEN + b"\r\n0\r\n\r\n",
    "in an extension": POST + CHUNKED + b'\r\n0;a="GET / HTTP/1.1"\r\n\r\n',
    "in a trailer": POST + CHUNKED + b"\r\n0\r\nX: GET / HTTP/1.1\r\n\r\n",
    "of a GET": b"GET /api/channels HTTP/1.1\r\n" + HOST + LENGTH + HIDDEN,
    "before a change to HTTP/2": b"POST /api/test HTTP/1.1\r\n"
    + HOST
    + b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n"
    + LENGTH
    + HIDDEN,
}


@pytest.mark.parametrize("data", ONE.values(), ids=ONE)
async def test_what_looks_like_a_request(server: Served, data: bytes) -> None:
    """Put a request into the body of another: it is that one's body, and nothing else."""
    answer = await exchange(server, "rest", data)
    assert len(statuses(answer)) == 1, answer
    assert b"active_channels" not in answer


@pytest.mark.parametrize(
    "target", [b"http://evil.example/api/stats", b"//evil.example/api/stats"]
)
async def test_other_forms_of_the_target(server: Served, target: bytes) -> None:
    """Name another host in the target: the Host field is what counts, and it is checked."""
    head = b"GET " + target + b" HTTP/1.1\r\n"
    assert len(statuses(await exchange(server, "rest", head + HOST + b"\r\n"))) == 1
    answer = await exchange(server, "rest", head + b"Host: evil.example\r\n\r\n")
    assert statuses(answer) == [403]


@pytest.mark.parametrize("field", [b"Upgrade: h2c", b"Upgrade: TLS/1.0", b"Upgrade: websocket"])
async def test_no_other_protocol(server: Served, field: bytes) -> None:
    """Change to a protocol that a proxy in front does not follow: it stays HTTP/1.1."""
    head = b"GET /api/stats HTTP/1.1\r\n" + HOST
    answer = await exchange(
        server, "rest", head + field + b"\r\nConnection: Upgrade\r\n\r\n" + HIDDEN
    )
    assert 101 not in statuses(answer)


@pytest.mark.parametrize(
    "fields",
    [
        b"X: a\r\n b\r\n",
        b"X: a\nY: b\r\n",
        b"Content-Length: 5\r\n" + CHUNKED,
        b"Content-Length: 0\r\nContent-Length: 5\r\n",
        CREDENTIALS,
    ],
    ids=["folded", "line feed", "both lengths", "two lengths", "two credentials"],
)
async def test_handshakes(server: Served, port: str, fields: bytes) -> None:
    """Open a WebSocket with such a head: it is not opened."""
    data = b"GET /ws HTTP/1.1\r\n" + HOST + UPGRADE + fields + b"\r\n"
    answer = await exchange(server, port, data)
    assert statuses(answer) == [400], answer
    assert b'"code":"bad_request"' in answer


async def test_head_bounds(port: str) -> None:
    """Send a head of too many bytes, or of too many fields, at once or in pieces."""
    async with serving(head_bytes=2000, head_fields=20, idle_seconds=0.3) as server:
        start = b"GET /api/stats HTTP/1.1\r\n" + HOST + (UPGRADE if port == "ws" else b"")
        for fields in (b"X: " + b"x" * 3000, b"\r\n".join([b"X: x"] * 30), b"X: x" * 20_000):
            answer = await exchange(server, port, start + fields + b"\r\n\r\n")
            assert statuses(answer) == [431], answer
            assert b'"code":"head_too_large"' in answer
        async with connected(server, port) as stream:
            await stream.send_all(start + b"X: x\r\n" * 10 + b"\r\n")
            answer = bytes(await stream.receive_some())
            assert statuses(answer) == [101 if port == "ws" else 200]


async def test_no_compression(server: Served, port: str) -> None:
    """Offer compression, so that few bytes become many: it is never agreed on."""
    head = b"GET /ws HTTP/1.1\r\n" + HOST + UPGRADE
    offered = b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
    async with connected(server, port) as stream:
        await stream.send_all(head + offered)
        answer = bytes(await stream.receive_some())
    assert answer.startswith(b"HTTP/1.1 101")
    assert b"extensions" not in answer.lower()


@pytest.mark.parametrize("encoding", [b"gzip", b"deflate", b"br", b"gzip, identity", b"x"])
async def test_no_decompression(server: Served, encoding: bytes) -> None:
    """Send a compressed body: it is refused by its encoding, never unpacked."""
    data = POST + b"Content-Encoding: " + encoding + b"\r\nContent-Length: 2\r\n\r\n\x1f\x8b"
    answer = await exchange(server, "rest", data)
    assert statuses(answer) == [415]
    assert b'"code":"encoded_body"' in answer
