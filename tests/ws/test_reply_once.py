"""An answer reaches its asker once, whether a reply or a feed is the first to have it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ailoop.model.message import Response
from ailoop.transport.gateway import TransportLimits
from ailoop.transport.ws.plain import PlainSession
from ailoop.transport.ws.v1 import V1Session
from tests.serving import note, question
from tests.ws.world import World, follow, text_of, took, world


def answers(frames: list[dict[str, Any]]) -> list[str]:
    """Return the answers among plain frames."""
    return [one["content"]["answer"] for one in frames if one["content"]["type"] == "response"]


async def ask(w: World, session: PlainSession) -> str:
    """Let the session ask, and return the prompt's id."""
    asked = question("a") | {"id": "01990000-0000-7000-8000-000000000001"}
    await w.say(session, asked)
    return asked["id"]


async def test_a_settled_prompt_posted_again_behind_the_feed() -> None:
    """The feed is past the answer, so the reply alone brings it."""
    async with world() as w:
        first = PlainSession(w.gateway)
        prompt_id = await ask(w, first)
        await w.broker.respond(UUID(prompt_id), Response(answer="yes"))
        first.detach()
        await w.publish(*(note("a", str(number)) for number in range(600)))
        session = PlainSession(w.gateway)
        await w.say(session, follow(session, "a"))
        while took(session):
            pass
        await ask(w, session)
        assert answers(took(session)) == ["yes"]
        assert took(session) == []
        session.detach()


async def test_unsubscribing_before_the_feed_has_brought_it() -> None:
    """What a feed had yet to bring is not lost with the feed."""
    async with world() as w:
        session = PlainSession(w.gateway)
        await w.say(session, follow(session, "a"))
        prompt_id = await ask(w, session)
        await w.broker.respond(UUID(prompt_id), Response(answer="yes"))
        await w.say(session, {"unsubscribe": ["a"]})
        assert answers(took(session)) == ["yes"]
        session.detach()


async def test_a_feed_does_not_say_it_again() -> None:
    """The asker follows its channel: the answer comes once, and everything else as well."""
    async with world() as w:
        session = PlainSession(w.gateway)
        await w.say(session, follow(session, "a"))
        prompt_id = await ask(w, session)
        await w.broker.respond(UUID(prompt_id), Response(answer="yes"))
        await w.publish(note("a", "after"))
        frames = took(session)
        assert answers(frames) == ["yes"]
        assert [one["content"]["text"] for one in frames if "text" in one["content"]] == [
            "Which?",
            "after",
        ]
        session.detach()


async def test_a_channel_that_has_gone_leaves_nothing_in_its_followers() -> None:
    """Channels come and go under a session that follows all; it keeps none of them."""
    async with world() as w:
        session = V1Session(w.gateway)
        await w.say(session, {"op": "subscribe", "channels": "*"})
        took(session)
        other = V1Session(w.gateway)
        for number in range(20):
            await w.say(other, follow(other, f"c{number}"))
            await w.say(other, {"op": "unsubscribe", "channels": [f"c{number}"]})
        took(session)
        assert not w.broker.channels
        assert session.cursors() == {}
        assert not session._feeds
        session.detach()
        other.detach()


async def test_after_wins_over_replay() -> None:
    """With a cursor nothing after it is left out, however little replay asks for."""
    async with world() as w:
        await w.publish(*(note("a", str(number)) for number in range(10)))
        second = w.broker.channels["a"].history.latest(9)[0].seq
        session = V1Session(w.gateway)
        wish = {"op": "subscribe", "channels": ["a"], "after": second, "replay": 2}
        await w.say(session, wish)
        texts = [text_of(one) for one in took(session) if one["op"] == "message"]
        assert texts == [str(number) for number in range(2, 10)]
        session.detach()


async def test_what_is_taken_at_once_is_bounded_in_bytes() -> None:
    """Many ready feeds of large messages do not make one large heap of frames."""
    async with world() as w:
        names = [f"c{number}" for number in range(20)]
        for name in names:
            await w.publish(*(note(name, "x" * 10_000) for _ in range(30)))
        session = V1Session(w.gateway)
        await w.say(session, follow(session, *names))
        seen: set[str] = set()
        while frames := session.take():
            assert sum(map(len, frames)) < 1_000_000
            seen |= {name for name in names if any(name.encode() in one for one in frames)}
        assert seen == set(names)
        session.detach()


async def test_unread_replies_are_bounded_in_bytes() -> None:
    """A few large replies stop reading as many small ones do."""
    async with world(TransportLimits(reply_bytes=1000)) as w:
        session = V1Session(w.gateway)
        await w.say(session, {"op": "dance", "ref": "x" * 100})
        assert not session._is_full()
        await w.say(session, *({"op": "dance", "ref": "x" * 100} for _ in range(3)))
        assert session._is_full()
        session.take()
        assert not session._is_full()
        session.detach()
