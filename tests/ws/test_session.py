"""Both conversations over memory alone: order, bounds, and what a session leaves behind."""

from __future__ import annotations

from typing import Any, NoReturn

import orjson
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from ailoop.broker import Broker
from ailoop.transport.gateway import TransportLimits
from ailoop.transport.ws.plain import PlainSession
from ailoop.transport.ws.v1 import V1Session
from tests.serving import authorization, note, question
from tests.ws.world import BOTH, Make, follow, send, text_of, took, world


async def test_replies_keep_their_order() -> None:
    """Replies leave in the order of their requests, before what feeds bring."""
    async with world() as w:
        session = V1Session(w.gateway)
        await w.publish(note("a", "old"))
        await w.say(session, follow(session, "a"))
        await w.say(session, *({"op": "ping", "ref": number} for number in range(5)))
        frames = took(session)
        assert [one["op"] for one in frames] == ["subscribed", *["pong"] * 5, "message"]
        assert [one["ref"] for one in frames[1:6]] == list(range(5))
        session.detach()


@BOTH
async def test_long_replay_in_order(make: Make) -> None:
    """A long replay comes in shares, complete and in order, with replies in between."""
    async with world() as w:
        session = make(w.gateway)
        await w.publish(*(note("a", str(number)) for number in range(400)))
        await w.say(session, follow(session, "a"))
        seen: list[str] = []
        shares = 0
        while len(seen) < 400:
            await w.say(session, "nonsense")
            frames = took(session)
            shares += 1
            assert any("error" in one for one in frames)
            seen += [text_of(one) for one in frames if "content" in str(one)]
            assert len(frames) < 150
        assert seen == [str(number) for number in range(400)]
        assert shares > 2
        session.detach()


@BOTH
async def test_one_busy_channel_does_not_starve_another(make: Make) -> None:
    """Each ready feed has its share of what is taken."""
    async with world() as w:
        session = make(w.gateway)
        await w.publish(*(note("busy", str(number)) for number in range(400)))
        await w.publish(note("quiet", "quiet"))
        await w.say(session, follow(session, "busy", "quiet"))
        assert "quiet" in [text_of(one) for one in took(session) if "content" in str(one)]
        session.detach()


@BOTH
async def test_unread_replies_stop_reading(make: Make) -> None:
    """While too many replies are unread, no further frame is read; taking goes on with it."""
    async with world(TransportLimits(replies=2)) as w:
        session = make(w.gateway)
        await w.say(session, "x", "y")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(session.receive, b'"z"')
            await wait_all_tasks_blocked()
            assert len(nursery.child_tasks) == 1
            assert len(took(session)) == 2
            await wait_all_tasks_blocked()
            assert not nursery.child_tasks
        assert len(took(session)) == 1
        session.detach()


@BOTH
async def test_feeds_do_not_stop_reading(make: Make) -> None:
    """A feed that is not read holds up neither its connection's requests nor the channel."""
    async with world(feed_messages=10) as w:
        slow, quick = make(w.gateway), make(w.gateway)
        await w.say(slow, follow(slow, "a"))
        await w.say(quick, follow(quick, "a"))
        await w.publish(note("a", "first"))
        assert text_of(took(slow)[-1]) == text_of(took(quick)[-1]) == "first"
        for number in range(100):
            await w.publish(note("a", str(number)))
            assert text_of(took(quick)[-1]) == str(number)
        seen = []
        while frames := [one for one in took(slow) if "content" in str(one)]:
            seen += [text_of(one) for one in frames]
        assert seen == [str(number) for number in range(100)]
        slow.detach()
        quick.detach()
        assert sum(w.broker.tables.counts.overflows.values()) >= 1


async def test_slow_feed_is_told_of_a_gap() -> None:
    """Where history has moved on too, the reader is told, and goes on after the gap."""
    async with world(feed_messages=5, history_messages=5) as w:
        session = V1Session(w.gateway)
        await w.say(session, follow(session, "a"))
        took(session)
        for number in range(20):
            await w.publish(note("a", str(number)))
        gap, *frames = took(session)
        assert gap["op"] == "gap"
        assert gap["first"] == frames[0]["seq"]
        assert [text_of(one) for one in frames] == [str(n) for n in range(15, 20)]
        await w.publish(note("a", "20"))
        assert [text_of(one) for one in took(session)] == ["20"]
        session.detach()


async def test_slow_plain_feed_is_closed() -> None:
    """Earlier clients know no gap: they are closed with a code, nothing after it is sent."""
    async with world(feed_messages=5, history_messages=5) as w:
        session = PlainSession(w.gateway)
        await w.say(session, follow(session, "a"))
        took(session)
        for number in range(20):
            await w.publish(note("a", str(number)))
        assert took(session) == []
        assert session.close_with is not None
        assert session.close_with[0] == 4008
        await w.publish(note("a", "later"))
        assert took(session) == []
        session.detach()


@BOTH
async def test_nothing_is_left_behind(make: Make) -> None:
    """A session that ends leaves neither feed nor watcher; what it asked stays open."""
    async with world() as w:
        session = make(w.gateway)
        await w.say(session, follow(session, "a", "b"), send(session, question("a")))
        await w.say(session, {"subscribe": "*"} if make is PlainSession else {"op": "ping"})
        (prompt,) = w.broker.pending()
        assert prompt._watchers
        session.detach()
        assert prompt._watchers == []
        assert w.broker.tables.feeds == 0
        await w.publish(note("later"))
        assert w.broker.tables.feeds == 0
        assert [one.state for one in w.broker.pending()] == ["pending"]


@BOTH
async def test_ended_while_asking(make: Make) -> None:
    """So does one that ends between sending a prompt and its place in the log."""
    async with world() as w:
        session = make(w.gateway)
        await session.receive(orjson.dumps(send(session, authorization("a"))))
        session.detach()
        await wait_all_tasks_blocked()
        (prompt,) = w.broker.pending()
        assert prompt._watchers == []
        assert took(session) == []


@BOTH
async def test_fault(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in a frame's handling is told as ``internal``, and the next frame is handled."""

    async def crash(*_: Any) -> NoReturn:
        raise RuntimeError("a secret of the inside")

    async with world() as w:
        session = make(w.gateway)
        with monkeypatch.context() as broken:
            broken.setattr(Broker, "submit", crash)
            await w.say(session, send(session, note()))
        (told,) = took(session)
        assert told["code"] == "internal"
        assert "secret" not in str(told)
        await w.say(session, send(session, note()))
        assert w.broker.channels["a"].history.head
        session.detach()


@BOTH
async def test_goes_away_after_what_is_due(make: Make) -> None:
    """A server that stops first says what became of the prompts, then why it closes."""
    async with world() as w:
        session = make(w.gateway)
        await w.say(session, send(session, authorization("a")))
        took(session)
        await w.broker.drain()
        session.go_away()
        (frame,) = took(session)
        recorded = frame.get("message", frame)
        assert recorded["content"]["response_type"] == "cancelled"
        assert recorded["metadata"] == {"reason": "shutdown"}
        assert session.close_with == (1001, "the server is stopping")
        session.detach()


async def test_cursors_of_a_channel_that_comes_back() -> None:
    """Who follows all follows a channel through its end and its return, and is told all."""
    async with world(history_seconds=0.01) as w:
        session = V1Session(w.gateway)
        await w.say(session, {"op": "subscribe", "channels": "*"})
        took(session)
        await w.publish(note("a", "1"))
        with trio.fail_after(5):
            while "a" in w.broker.channels:
                await trio.lowlevel.checkpoint()
        await w.publish(note("a", "2"))
        frames = [one for one in took(session) if one["op"] == "message"]
        assert [text_of(one) for one in frames][-1] == "2"
        session.detach()
