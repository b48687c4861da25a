"""Peers that misbehave after the handshake: each costs its own connection and no more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import orjson
import pytest
import trio
from structlog.testing import capture_logs

from ailoop.transport.ws.session import Session
from tests.serving import (
    V1,
    Served,
    Talk,
    authorization,
    note,
    question,
    serving,
    talking,
    until,
)
from tests.ws.kit import BINARY, CONTINUED_TEXT, TEXT, connected, frame, read_to_end, shake


@asynccontextmanager
async def bystander(server: Served, port: str) -> AsyncIterator[Talk]:
    """Follow all on another connection, and check at the end that it still works."""
    async with talking(server.socket_url(port)) as talk:
        await talk.send({"subscribe": ["bystander"]})
        await talk.call_plain(note("other"))
        yield talk
        told = await server.post(note("bystander", "still here"))
        assert await talk.receive() == told


def guests(server: Served) -> int:
    return len(server.daemon.gateway.presence)


async def test_reader_that_stops(port: str) -> None:
    """A reader that stops reading is closed after a while, and its feed with it; meanwhile
    everybody else is served.
    """
    async with serving(send_seconds=0.3, history_messages=100) as server:
        big = [note("a", "x" * 16_000)] * 50
        async with (
            connected(server, port) as stream,
            talking(server.socket_url(port)) as reader,
            trio.open_nursery() as nursery,
        ):
            await shake(stream)
            await stream.send_all(frame(b'{"subscribe":["a"]}'))
            await reader.send({"subscribe": ["a"]})
            await until(lambda: server.broker.tables.feeds == 2)
            read: list[Any] = []

            async def keep_reading() -> None:
                while True:
                    read.append(await reader.receive())

            nursery.start_soon(keep_reading)
            posted = 0
            with trio.fail_after(30):
                while guests(server) == 2:
                    # Wait for the reader, so that it is the other one that falls behind.
                    await server.post(*big)
                    posted += len(big)
                    await until(lambda: len(read) == posted)  # noqa: B023 -- called here
            assert guests(server) == 1
            assert server.broker.tables.feeds == 1
            await server.post(note("a", "last"))
            await until(lambda: len(read) == posted + 1)
            nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    "last",
    [
        b"",
        frame(b'{"subscribe":"*"}')[:5],
        frame(b'{"a"', CONTINUED_TEXT),
        frame(b"x" * 1000)[:100],
    ],
    ids=["nothing", "half a head", "half a message", "half a frame"],
)
async def test_peer_that_vanishes(server: Served, port: str, last: bytes) -> None:
    """A peer that vanishes leaves no feed, no watcher and no connection; its prompt stays."""
    async with bystander(server, port):
        async with connected(server, port) as stream:
            await shake(stream)
            await stream.send_all(frame(b'{"subscribe":["a"]}'))
            await stream.send_all(frame(orjson.dumps(authorization("a"))))
            await until(lambda: server.broker.tables.open_prompts == 1)
            assert guests(server) == 2
            await stream.send_all(last)
        await until(lambda: guests(server) == 1)
        assert server.broker.tables.feeds == 1
        (prompt,) = server.broker.pending()
        assert prompt._watchers == []
        assert prompt.state == "pending"


@pytest.mark.parametrize("pieces", [1, 4])
async def test_frame_too_large(port: str, pieces: int) -> None:
    """A message over the limit, in one frame or in several, is closed with 1009."""
    async with serving(body_bytes=1000) as server, bystander(server, port):
        async with talking(server.socket_url(port), V1) as talk:
            if pieces == 1:
                await talk.send_raw(" " * 1001)
            else:
                stream = talk.socket._stream
                await stream.send_all(frame(b" " * 400, CONTINUED_TEXT))
                for _ in range(pieces - 1):
                    await stream.send_all(frame(b" " * 400, 0x00))
            assert await talk.closed() == 1009
        await until(lambda: guests(server) == 1)


async def test_largest_frame(port: str) -> None:
    """A message at the limit is taken."""
    async with serving(body_bytes=1000) as server, talking(server.socket_url(port)) as talk:
        await talk.send_raw(orjson.dumps(note()).decode().ljust(1000))
        assert await talk.call_plain(note()) == []
        assert server.broker.channels["a"].history.head


@pytest.mark.parametrize(
    "nonsense",
    [
        frame(b"\xff\xfe"),
        frame(b"\xed\xa0\x80"),
        frame(b"hello", 0x83),
        frame(b"hello", 0xF1),
        frame(b"x" * 126, 0x89),
        frame(b"x", 0x00),
        b"\x81\x05hello",
        frame(b"\x03", 0x88),
        frame(b"\x00\x00", 0x88),
    ],
    ids=[
        "bad UTF-8",
        "surrogate",
        "unknown opcode",
        "reserved bits",
        "long ping",
        "continues nothing",
        "not masked",
        "close without a code",
        "close with code 0",
    ],
)
async def test_broken_protocol(server: Served, port: str, nonsense: bytes) -> None:
    """What breaks the protocol ends its connection, is no fault, and touches no other."""
    with capture_logs() as logs:
        async with bystander(server, port):
            async with connected(server, port) as stream:
                await shake(stream)
                await stream.send_all(nonsense)
                await read_to_end(stream)
            await until(lambda: guests(server) == 1)
    assert [one for one in logs if one["log_level"] in ("error", "critical")] == []


async def test_no_text_in_a_binary_frame(server: Served, port: str) -> None:
    """Bytes that are no text are a bad frame, not a broken protocol."""
    async with connected(server, port) as stream:
        await shake(stream)
        await stream.send_all(frame(b"\xff\xfe", BINARY) + frame(b"?", TEXT))
        seen = b""
        with trio.fail_after(5):
            while seen.count(b'"bad_json"') < 2:
                more = await stream.receive_some()
                assert more, seen
                seen += more


async def test_deep_json(server: Served, port: str) -> None:
    """JSON that is nested as deep as a frame allows is refused like any other nonsense."""
    async with talking(server.socket_url(port)) as talk:
        for text in ("[" * 100_000, '{"a":' * 50_000, "[" * 500 + "]" * 500):
            await talk.send_raw(text)
            assert (await talk.receive())["type"] == "error"


@pytest.mark.parametrize("broken", ["_is_full", "take"])
async def test_fault_in_one_connection(
    server: Served, port: str, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """A fault of ours ends the connection that met it, is logged, and the door stays open."""
    whole = getattr(Session, broken)

    def crash(self: Session, *arguments: Any) -> Any:
        if self.role == "doomed":
            raise RuntimeError("nobody has thought of this")
        return whole(self, *arguments)

    with capture_logs() as logs:
        async with bystander(server, port):
            async with talking(server.socket_url(port)) as doomed:
                await doomed.send({"subscribe": ["a"]})
                await until(lambda: server.broker.tables.feeds == 2)
                asked = await server.post(question("a"))
                assert await doomed.receive() == asked
                monkeypatch.setattr(Session, broken, crash)
                (session,) = [
                    one for one in server.daemon.gateway.presence._guests if "a" in one._feeds
                ]
                session.role = "doomed"
                await doomed.send_raw("?")  # to be replied to, out of the express's way
                assert await doomed.closed() == (1006 if port == "ws" else 1011)
            await until(lambda: guests(server) == 1)
            await until(lambda: any(one["log_level"] == "error" for one in logs))
            assert server.broker.tables.feeds == 1
            async with talking(server.socket_url(port)) as later:
                assert await later.call_plain(note()) == []
    faults = [one for one in logs if one["log_level"] == "error"]
    assert [one["event"] for one in faults] == ["connection_failed"]


async def test_fault_in_the_handshake(
    server: Served, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So does a fault while a connection is let in."""

    def crash(*_: Any) -> NoReturn:
        raise RuntimeError("nobody has thought of this")

    async with bystander(server, port):
        with monkeypatch.context() as broken:
            broken.setattr(type(server.daemon.gateway.presence), "place", crash)
            async with connected(server, port) as stream:
                with pytest.raises(AssertionError, match=r"^(b''|b'HTTP/1.1 500 )"):
                    await shake(stream)
        async with talking(server.socket_url(port)) as later:
            assert await later.call_plain(note()) == []


async def test_silent_peer(port: str) -> None:
    """A peer that answers no ping is given up."""
    settings = {"heartbeat_seconds": 0.05, "send_seconds": 0.3}
    async with serving(**settings) as server, connected(server, port) as stream:
        await shake(stream)
        await until(lambda: guests(server) == 1)
        if port == "ws":
            await until(lambda: guests(server) == 0)
