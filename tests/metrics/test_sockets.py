"""WebSockets in the metrics: who is there, what passes, why it ends, what is refused."""

from __future__ import annotations

from uuid import uuid4

import pytest
import trio
from trio.testing import wait_all_tasks_blocked
from trio_websocket import HandshakeError

from ailoop.transport.buffers import Fill, buffers
from ailoop.transport.gateway import TransportLimits
from ailoop.transport.ws.plain import PlainSession
from tests.metrics.kit import moving, scrape
from tests.serving import (
    PORTS,
    V1,
    Served,
    note,
    question,
    response,
    serving,
    talking,
    until,
)
from tests.ws.kit import connected, frame, shake
from tests.ws.world import follow, took, world

FRAMES = "ailoop_frames_{}_total".format


def closed(code: str) -> str:
    """Name the counter of a close code."""
    return f'ailoop_connections_closed_total{{code="{code}"}}'


def refusals(code: str) -> str:
    """Name the counter of an error code."""
    return f'ailoop_refusals_total{{code="{code}"}}'


async def gone(server: Served) -> None:
    """Wait until nobody is connected any more."""
    await until(lambda: not len(server.daemon.gateway.presence))


async def test_who_is_there(server: Served) -> None:
    """Connections are told by port, protocol and role, and forgotten when they leave."""
    ws, rest = map(server.socket_url, PORTS)
    async with (
        talking(ws, V1, role="agent"),
        talking(ws, V1, role="human"),
        talking(ws, V1, role="observer"),
        talking(rest, V1),
        talking(rest) as plain,
        talking(ws),
    ):
        await plain.call_plain(note())
        await until(lambda: len(server.daemon.gateway.presence) == 6)
        answer = await scrape(server)
        kinds = {
            (one["port"], one["protocol"], one["role"]): answer.of("ailoop_connections", **one)
            for one in answer.labels["ailoop_connections"]
        }
        assert kinds == {
            ("ws", "ailoop.v1", "agent"): 1,
            ("ws", "ailoop.v1", "viewer"): 2,
            ("rest", "ailoop.v1", "none"): 1,
            ("rest", "plain", "agent"): 1,
            ("ws", "plain", "none"): 1,
        }
    await gone(server)
    assert "ailoop_connections" not in (await scrape(server)).labels


@pytest.mark.parametrize("port", PORTS)
async def test_frames(server: Served, port: str) -> None:
    """Each frame counts once, in and out, whether it answers or is sent by a feed."""
    moved: dict[str, float] = {}
    async with talking(server.socket_url(port), V1) as talk, moving(server, moved):
        await talk.call("subscribe", channels=["a"])
        for _ in range(3):
            await server.post(note())
            assert (await talk.receive())["op"] == "message"
        await talk.send({"op": "send", "message": note()})
        await talk.receive_some(2)
        await talk.call("ping")
    assert moved.pop(FRAMES("received")) == 3
    assert moved.pop(FRAMES("sent")) == 1 + 3 + 2 + 1
    assert moved == {
        "ailoop_feeds_opened_total": 1,
        "ailoop_deliveries_total": 4,
        'ailoop_messages_total{sender="AGENT",type="notification"}': 4,
    }


async def test_refusals_of_v1(server: Served) -> None:
    """What a frame, or a message in it, is told counts under its code, each by itself."""
    asked = await server.post(question())
    nobody = str(uuid4())
    moved: dict[str, float] = {}
    async with talking(server.socket_url("ws"), V1) as talk, moving(server, moved):
        told = [await talk.call("dance"), await talk.call("send")]
        told.append(await talk.call("send", message=note("no name")))
        told.append(await talk.call("subscribe", channels=["no name"]))
        told += [await talk.call("watch", ids=[nobody]), await talk.call("respond", id=nobody)]
        known = [{**note(), "id": asked["id"]} for _ in range(2)]
        ack = await talk.call("send", messages=[*known, note()])
        told += [one for one in ack["items"] if "code" in one]
        told.append(await talk.call("send", message=known[0]))
    codes = [one["code"] for one in told]
    assert codes.count("id_conflict") == 3
    for code in codes:
        assert moved[refusals(code)] == codes.count(code), code
    assert sum(value for one, value in moved.items() if "refusals" in one) == len(codes)


async def test_refusals_of_plain(server: Served) -> None:
    """The earlier conversation's refusals count the same way."""
    asked = await server.post(question())
    moved: dict[str, float] = {}
    async with talking(server.socket_url("ws")) as talk, moving(server, moved):
        await talk.send_raw("{")
        assert (await talk.receive())["code"] == "bad_json"
        await talk.send(response({**asked, "id": str(uuid4())}))
        assert (await talk.receive())["code"] == "original_not_found"
        await talk.send({**note(), "id": asked["id"]})
        assert (await talk.receive())["code"] == "id_conflict"
    codes = ("bad_json", "original_not_found", "id_conflict")
    assert {one: value for one, value in moved.items() if "refusals" in one} == {
        refusals(code): 1 for code in codes
    }


@pytest.mark.parametrize("port", PORTS)
async def test_refused_handshakes(port: str) -> None:
    """Who may not come in is counted, and is no connection."""
    async with serving(max_connections=1) as server:
        url = server.socket_url(port)
        moved: dict[str, float] = {}
        async with talking(url), moving(server, moved):
            for headers in ([("Origin", "https://evil.example")], []):
                with pytest.RaisesGroup(
                    HandshakeError, allow_unwrapped=True, flatten_subgroups=True
                ):
                    async with talking(url, headers=headers):
                        pass
        assert moved == {refusals("bad_origin"): 1, refusals("too_many_connections"): 1}


async def test_close_codes(server: Served) -> None:
    """A connection that ends counts once, under the code that one of both has said."""
    url = server.socket_url("ws")
    for code, label in ((1000, "1000"), (1001, "1001"), (4321, "other")):
        moved: dict[str, float] = {}
        async with moving(server, moved):
            async with talking(url) as talk:
                await talk.socket.aclose(code)
            await gone(server)
        assert moved == {closed(label): 1}


async def test_a_frame_too_large() -> None:
    """It ends the connection with 1009."""
    async with serving(body_bytes=1000) as server:
        moved: dict[str, float] = {}
        async with moving(server, moved):
            async with talking(server.socket_url("ws")) as talk:
                await talk.send_raw(" " * 1001)
                assert await talk.closed() == 1009
            await gone(server)
        assert moved == {closed("1009"): 1}


async def test_just_gone(server: Served) -> None:
    """A peer that vanishes without a word counts too, on both ports."""
    moved: dict[str, float] = {}
    async with moving(server, moved):
        for port in PORTS:
            async with talking(server.socket_url(port)) as talk:
                await trio.aclose_forcefully(talk.socket._stream)
            await gone(server)
    assert moved == {closed("1006"): 1, closed("unknown"): 1}


async def test_a_fault(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that ends by a fault of ours counts as 1011."""
    monkeypatch.setattr("ailoop.transport.ws.session.Session.take", lambda _: 1 / 0)
    moved: dict[str, float] = {}
    async with moving(server, moved):
        async with talking(server.socket_url("ws")) as talk:
            await talk.send({"op": "dance"})
            await talk.closed()
        await gone(server)
    assert moved.pop(FRAMES("received")) == 1
    assert moved.pop(closed("1011")) == 1


async def test_stop() -> None:
    """Whoever is sent home counts under 1001."""
    async with serving() as server, talking(server.socket_url("ws")) as talk:
        presence = server.daemon.gateway.presence
        async with trio.open_nursery() as nursery:
            nursery.start_soon(presence.dismiss)
            assert await talk.closed() == 1001
        assert presence.closed["1001"] == 1


async def test_slow_reader() -> None:
    """A reader that takes nothing loses its feeds, all of them, and that is counted.

    Not at ``/ws``, where the kernel gives up on such a peer at about the same time.
    """
    bounds = {"history_messages": 100_000, "history_bytes": 2**30}
    async with serving(send_seconds=0.3, **bounds) as server:
        moved: dict[str, float] = {}
        async with connected(server, "ws") as stream, moving(server, moved):
            await shake(stream)
            await stream.send_all(frame(b'{"subscribe":["a","b"]}'))
            await until(lambda: server.broker.tables.feeds == 2)
            with trio.fail_after(30):
                while len(server.daemon.gateway.presence):
                    await server.post(*[note("a", "x" * 16_000)] * 50)
        assert moved['ailoop_feeds_dropped_total{reason="slow_reader"}'] == 2
        assert moved[closed("4008")] == 1


async def test_missed() -> None:
    """A plain reader that has missed something is closed with 4008, and its feeds count."""
    async with world(feed_messages=5, history_messages=5) as w:
        session = PlainSession(w.gateway)
        with w.gateway.presence.admit(session, "ws"):
            await w.say(session, follow(session, "a", "b"))
            took(session)
            for number in range(20):
                await w.publish(note("a", str(number)))
            took(session)
            session.detach()
        assert w.gateway.counts.feeds_dropped == {"gap": 2, "slow_reader": 0}
        assert w.gateway.presence.closed["4008"] == 1


async def test_unread_replies() -> None:
    """Replies that wait fill their buffers; a connection that is not read for it counts."""
    async with world(TransportLimits(replies=2)) as w:
        session = PlainSession(w.gateway)
        with w.gateway.presence.admit(session, "ws"):
            await w.say(session, "?", "?")
            fills = buffers(w.gateway)
            assert fills["fullest_replies"] == Fill(2, 2)
            assert fills["fullest_reply_bytes"].used == session.unread_bytes > 50
            assert w.gateway.counts.reads_paused == 0
            async with trio.open_nursery() as nursery:
                nursery.start_soon(session.receive, "?")
                await wait_all_tasks_blocked()
                assert w.gateway.counts.reads_paused == 1
                took(session)
        assert w.gateway.counts.reads_paused == 1
