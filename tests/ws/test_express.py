"""What a feed brings goes straight to the socket, unless something is to come before it."""

from __future__ import annotations

import socket as stdlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import orjson
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from trio_websocket import WebSocketConnection, wrap_client_stream, wrap_server_stream
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

from ailoop.broker import Batch, Entry
from ailoop.model.message import Response
from ailoop.transport.buffers import buffers
from ailoop.transport.gateway import TransportLimits
from ailoop.transport.outbox import Outbox
from ailoop.transport.ws.heart import Heart
from ailoop.transport.ws.listener import _TrioSocket, serve_stream, text_frames
from ailoop.transport.ws.plain import PlainSession
from ailoop.transport.ws.session import Session
from tests.serving import V1, Served, note, question, talking
from tests.ws.kit import frame, shake
from tests.ws.world import BOTH, Make, World, follow, send, text_of, took, world

ROOMY = {"feed_bytes": 10**9, "history_bytes": 10**9}


async def following(w: World, make: Make) -> tuple[Session, list[Any]]:
    """Return a session that has caught up with its channel, and what it sends express."""
    session = make(w.gateway)
    sent: list[Any] = []

    def express(batch: Batch, render: Callable[[Entry], bytes]) -> bool:
        sent.extend(orjson.loads(render(entry)) for entry in batch.entries)
        return True

    await w.say(session, follow(session, "a"))
    took(session)
    session.express = express
    return session, sent


@BOTH
async def test_straight_to_the_socket(make: Make) -> None:
    """Nothing waits in the session; the frame is as it would have been."""
    async with world() as w:
        session, sent = await following(w, make)
        await w.publish(note("a", "1"), note("a", "2"))
        assert [text_of(frame) for frame in sent] == ["1", "2"]
        assert not session.has_output
        session.detach()


@BOTH
async def test_behind_a_reply(make: Make) -> None:
    """A reply that waits goes first, and what follows keeps its place behind."""
    async with world() as w:
        session, sent = await following(w, make)
        await w.say(session, "no frame")
        await w.publish(note("a", "1"))
        await w.publish(note("a", "2"))
        frames = took(session)
        assert "error" in orjson.dumps(frames[0]).decode()
        assert [text_of(frame) for frame in frames[1:]] == ["1", "2"]
        assert sent == []
        session.detach()


async def test_not_before_an_answer_is_told() -> None:
    """The answer to an agent that follows its own channel comes once."""
    async with world() as w:
        session, sent = await following(w, PlainSession)
        asked = question("a") | {"id": "01990000-0000-7000-8000-000000000001"}
        await w.say(session, send(session, asked))
        await w.broker.respond(UUID(asked["id"]), Response(answer="yes"))
        kinds = [one["content"]["type"] for one in [*sent, *took(session)]]
        assert sorted(kinds) == ["question", "response"]
        session.detach()


@BOTH
async def test_not_while_closing(make: Make) -> None:
    """After the decision to close, only what was due before goes out."""
    async with world() as w:
        session, sent = await following(w, make)
        session.go_away()
        await w.publish(note("a", "1"))
        assert sent == []
        session.detach()


@BOTH
async def test_nothing_after_the_end(make: Make) -> None:
    """What the reading task still has in hand when a connection ends opens nothing any more."""
    async with world() as w:
        session = make(w.gateway)
        session.detach()
        await w.say(session, follow(session, "a"), send(session, note("b")))
        assert w.broker.tables.feeds == 0
        assert not w.broker.channels


async def test_nothing_behind_a_close() -> None:
    """A message behind one that is too large, in the same read, is dropped with it."""
    async with world(TransportLimits(body_bytes=1000)) as w:
        ours, theirs = map(trio.socket.from_stdlib_socket, stdlib.socketpair())
        async with (
            trio.SocketStream(theirs) as client,
            trio.SocketStream(ours) as near,
            trio.open_nursery() as nursery,
        ):
            nursery.start_soon(serve_stream, w.gateway, Heart(30), near)
            await shake(client, "/")
            await wait_all_tasks_blocked()
            large, small = frame(b"x" * 1001), frame(orjson.dumps(note("a")))
            await client.send_all(large + small)
            await wait_all_tasks_blocked()
            assert not w.broker.channels
            nursery.cancel_scope.cancel()


@BOTH
async def test_not_more_than_a_share(make: Make) -> None:
    """A batch that is larger than what is sent at a time takes its turn in the feed."""
    async with world(**ROOMY) as w:
        session, sent = await following(w, make)
        await w.publish(*(note("a", "x" * 16_000) for _ in range(20)))
        assert sent == []
        assert len(took(session)) == 20
        session.detach()


@asynccontextmanager
async def narrow(w: World) -> AsyncIterator[WebSocketConnection]:
    """Connect to the listener through sockets that hold little."""
    ours, theirs = stdlib.socketpair()
    ours.setsockopt(stdlib.SOL_SOCKET, stdlib.SO_SNDBUF, 4096)
    near, far = (
        trio.SocketStream(trio.socket.from_stdlib_socket(one)) for one in (ours, theirs)
    )
    async with near, far, trio.open_nursery() as nursery:
        nursery.start_soon(serve_stream, w.gateway, Heart(30), near)
        client = await wrap_client_stream(nursery, far, "localhost", "/", subprotocols=[V1])
        yield client
        nursery.cancel_scope.cancel()


async def subscribe(client: WebSocketConnection) -> None:
    await client.send_message('{"op":"subscribe","channels":["a"]}')
    assert "subscribed" in await client.get_message()


async def test_what_the_socket_does_not_take() -> None:
    """The rest follows as soon as there is room, without anything else happening."""
    async with world() as w, narrow(w) as client:
        await subscribe(client)
        sent = [note("a", "x" * 16_000) for _ in range(10)]
        await w.publish(*sent)
        for _ in sent:
            with trio.fail_after(10):
                told = await client.get_message()
            assert orjson.loads(told)["op"] == "message"


async def test_a_reader_that_stops(autojump_clock: MockClock) -> None:
    """What waits for it is bounded: it is told of a gap, and then of what there is."""
    async with world(history_messages=5, feed_bytes=50_000) as w, narrow(w) as client:
        await subscribe(client)
        for number in range(50):
            await w.publish(note("a", f"{number}" + "x" * 16_000))
            # At the most the one batch that was sent when nothing else was.
            assert buffers(w.gateway)["fullest_outbox_bytes"].used < 20_000
        assert buffers(w.gateway)["fullest_outbox_bytes"].used > 0
        frames = []
        while not frames or not text_of(frames[-1]).startswith("49"):
            told = orjson.loads(await client.get_message())
            if told["op"] == "message":
                frames.append(told)
            else:
                assert told["op"] == "gap"
                gap = told
        seqs = [frame["seq"] for frame in frames]
        missed = [seq for seq in range(seqs[0], seqs[-1]) if seq not in seqs]
        assert len(missed) > 20
        assert missed == list(range(gap["after"] + 1, gap["first"]))


@BOTH
async def test_replies_are_handed_over_in_shares(make: Make) -> None:
    """Many replies go out a share at a time, in order, and before what a feed brings."""
    async with world(TransportLimits(outbox_bytes=200)) as w:
        session = make(w.gateway)
        await w.say(session, follow(session, "a"), *(str(number) for number in range(9)))
        await w.publish(note("a", "last"))
        shares = []
        while session.has_output:
            before = session.unread_bytes
            shares.append(session.take())
            assert session.unread_bytes <= before
        sizes = [sum(map(len, share)) for share in shares]
        assert len(shares) > 3
        assert max(sizes) < 200 + max(len(frame) for share in shares for frame in share)
        frames = [orjson.loads(frame) for share in shares for frame in share]
        assert text_of(frames[-1]) == "last"
        assert session.unread_bytes == 0
        session.detach()


async def test_frames_on_the_heels_of_the_handshake() -> None:
    """What came before anybody listened is first, also what waited for room; all is there."""
    ours, theirs = map(trio.socket.from_stdlib_socket, stdlib.socketpair())
    outbox = Outbox(trio.SocketStream(ours))
    heard: list[str] = []

    async def hear(message: str | bytes) -> None:
        await trio.lowlevel.checkpoint()
        heard.append(str(message))

    async with (
        outbox,
        trio.SocketStream(theirs) as client,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(shake, client, "/")
        request = await wrap_server_stream(nursery, outbox, message_queue_size=3)
        connection = await request.accept()
        await client.send_all(b"".join(frame(b"%d" % number) for number in range(5)))
        await wait_all_tasks_blocked()
        nursery.start_soon(_TrioSocket(connection, outbox, lambda: None).listen, hear)
        await client.send_all(b"".join(frame(b"%d" % number) for number in range(5, 9)))
        await wait_all_tasks_blocked()
        assert heard == [str(number) for number in range(9)]
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 100_000])
def test_frames(size: int) -> None:
    """Our frames are what a WebSocket library reads, at each edge of the length's form."""
    peer = Connection(ConnectionType.CLIENT)
    peer.receive_data(text_frames([b"x" * size, b"y"]))
    texts, text = [], ""
    for event in peer.events():
        assert isinstance(event, TextMessage)
        text += event.data
        if event.message_finished:
            texts.append(text)
            text = ""
    assert texts == ["x" * size, "y"]


async def test_readers_of_every_kind(server: Served) -> None:
    """One batch reaches both conversations on both ports, each in its own form."""
    async with (
        talking(server.socket_url("ws")) as plain,
        talking(server.socket_url("rest")) as quart,
        talking(server.socket_url("ws"), "ailoop.v1") as v1,
        talking(server.socket_url("ws")) as agent,
    ):
        for talk in (plain, quart):
            assert await talk.call_plain({"subscribe": ["a"]}) == []
        await v1.send({"op": "subscribe", "channels": ["a"]})
        assert (await v1.receive())["op"] == "subscribed"
        await agent.send([note("a", str(number)) for number in range(50)])
        for number in range(50):
            for talk in (plain, quart):
                assert (await talk.receive())["content"]["text"] == str(number)
            frame = await v1.receive()
            assert frame["op"] == "message"
            assert frame["message"]["content"]["text"] == str(number)
