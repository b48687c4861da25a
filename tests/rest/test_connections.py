"""A connection's life around its requests: it is closed when due, and usable until then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import wait_all_tasks_blocked

from tests.serving import PATIENCE, Served, serving, until
from tests.ws.kit import frame, read_to_end, shake

HOST = b"Host: localhost\r\n"
PING = b"POST /api/test HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n"
OK = b'{"test":"ok"}'


class Raw:
    """A plain connection to the REST port."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self._seen = b""

    async def send(self, data: bytes) -> None:
        with trio.fail_after(PATIENCE):
            await self.stream.send_all(data)

    async def read_to(self, end: bytes) -> bytes:
        """Return what comes up to and with ``end``."""
        with trio.fail_after(PATIENCE):
            while end not in self._seen:
                more = await self.stream.receive_some()
                assert more, f"closed after {self._seen!r}"
                self._seen += more
        found, _, self._seen = self._seen.partition(end)
        return found + end

    async def read_to_end(self) -> bytes:
        """Return all that comes until the server closes."""
        with trio.fail_after(PATIENCE):
            while more := await self.stream.receive_some():
                self._seen += more
        return self._seen


def tasks() -> int:
    """Count the tasks of this Trio run."""
    return trio.lowlevel.current_statistics().tasks_living


@asynccontextmanager
async def connected(server: Served) -> AsyncIterator[Raw]:
    async with await trio.open_tcp_stream(*server.address("rest")) as stream:
        yield Raw(stream)


@pytest.mark.parametrize(
    "head",
    [
        b"POST /api/test HTTP/1.1\r\n" + HOST + b"Connection: close\r\n",
        b"POST /api/test HTTP/1.0\r\n",
        b"POST /api/test HTTP/1.0\r\n" + HOST,
    ],
    ids=["close", "1.0", "1.0 with a host"],
)
async def test_closed_after_the_answer(server: Served, head: bytes) -> None:
    """A client that reads to the end of the connection gets there."""
    async with connected(server) as raw:
        await raw.send(head + b"Content-Length: 2\r\n\r\n{}")
        assert (await raw.read_to_end()).endswith(OK)


async def test_kept(server: Served) -> None:
    """Otherwise the connection serves one request after the other."""
    async with connected(server) as raw:
        for _ in range(3):
            await raw.send(PING)
            assert (await raw.read_to(OK)).startswith(b"HTTP/1.1 200")


async def test_pipelined(server: Served) -> None:
    """Requests sent without waiting are answered one after the other."""
    async with connected(server) as raw:
        await raw.send(PING * 3)
        for _ in range(3):
            await raw.read_to(OK)


async def test_idle() -> None:
    """A connection that has been answered and stays idle is closed."""
    async with serving(idle_seconds=0.01) as server, connected(server) as raw:
        await raw.send(PING)
        assert (await raw.read_to_end()).endswith(OK)


@pytest.mark.parametrize("half", [False, True], ids=["closed", "half closed"])
async def test_let_go(server: Served, half: bool) -> None:
    """A connection that its client has closed is let go at once, not when it has been idle."""
    before = tasks()
    for _ in range(20):
        async with connected(server) as raw:
            await raw.send(PING)
            await raw.read_to(OK)
            await wait_all_tasks_blocked()  # by now the connection counts as idle
            if half:
                await raw.stream.send_eof()
                assert await raw.read_to_end() == b""
    await until(lambda: tasks() == before)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /nothing HTTP/1.1\r\n" + HOST, b"404"),
        (b"PUT /api/test HTTP/1.1\r\n" + HOST, b"405"),
        (b"POST /api/test HTTP/1.1\r\n" + HOST + b"Origin: https://evil.example\r\n", b"403"),
        (b"POST /api/v1/messages?wait=x HTTP/1.1\r\n" + HOST, b"400"),
    ],
)
async def test_refused_before_it_was_read(server: Served, head: bytes, status: bytes) -> None:
    """A request decided on before its body has come is answered, and the next one too."""
    async with connected(server) as raw:
        await raw.send(head + b"Content-Length: 6\r\n\r\n{")
        await wait_all_tasks_blocked()  # it has been decided on, and is not answered yet
        await raw.send(b'"a":1' + PING)
        assert (await raw.read_to(b'"}')).startswith(b"HTTP/1.1 " + status)
        await raw.read_to(OK)


@pytest.mark.parametrize("chunked", [False, True])
async def test_far_too_large(chunked: bool) -> None:
    """A body far over the limit is read to its end and not kept; the next request is served."""
    async with serving(body_bytes=1000) as server, connected(server) as raw:
        head = b"POST /api/v1/messages HTTP/1.1\r\n" + HOST
        piece = b" " * 1000
        if chunked:
            head += b"Transfer-Encoding: chunked\r\n\r\n"
            body = (b"3e8\r\n" + piece + b"\r\n") * 1000 + b"0\r\n\r\n"
        else:
            head += b"Content-Length: 1000000\r\n\r\n"
            body = piece * 1000
        await raw.send(head + body)
        answer = await raw.read_to(b'"}')
        assert answer.startswith(b"HTTP/1.1 413")
        assert b'"code":"too_large"' in answer
        await raw.send(PING)
        await raw.read_to(OK)


async def test_body_that_never_comes() -> None:
    """A request that is refused and never ends is cut off after its answer."""
    async with serving(upload_seconds=0.01) as server, connected(server) as raw:
        await raw.send(b"POST /nothing HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\n{")
        assert b"404" in await raw.read_to_end()


async def test_sending_while_it_closes(server: Served) -> None:
    """A connection that one task closes while another sends ends alone, and is no fault.

    A bad frame right after the handshake has Hypercorn close it while its first ping is
    under way; how the two meet is up to chance, so it is tried a few times.
    """
    with capture_logs() as logs:
        for _ in range(50):
            async with await trio.open_tcp_stream(*server.address("rest")) as stream:
                await shake(stream)
                await stream.send_all(frame(b"\xff\xfe"))
                await read_to_end(stream)
        assert (await server.http.get("/api/v1/health")).status_code == 200
    assert [one for one in logs if one["log_level"] == "error"] == []


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"GET\r\n\r\n",
        b"GET ?x HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET * HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /%ff?%ff=%ff HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 100_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"CONNECT a:1 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(50),
        b"GET /api/stats HTTP/1.1\r\n" + HOST + b"Upgrade: h2c\r\nConnection: upgrade\r\n\r\nx",
        b"GET / HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\nConnection: upgrade\r\n\r\nx",
        b"GET /ws HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\nConnection: upgrade\r\n\r\nx",
    ],
)
async def test_garbage(garbage: bytes) -> None:
    """Whatever comes over a connection stays with it; the server goes on for the others."""
    async with serving(idle_seconds=0.1) as server, connected(server) as raw:
        await raw.send(garbage)
        await raw.stream.send_eof()
        try:
            answer = await raw.read_to_end()
        except trio.BrokenResourceError:
            answer = b""
        assert b"<" not in answer
        assert b"Traceback" not in answer
        assert (await server.http.get("/api/v1/health")).status_code == 200
