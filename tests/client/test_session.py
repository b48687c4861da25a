"""The session against a server of a few lines: whatever is cut when, each thing ends once."""

from __future__ import annotations

from random import Random
from typing import Any
from uuid import UUID

import orjson
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ailoop.client.errors import (
    Busy,
    Incompatible,
    Invalid,
    MissedMessages,
    PromptLost,
    Unavailable,
    Unreachable,
    refusal_of,
)
from ailoop.client.events import Arrived, Failed, Greeted, Replied, Settled, Unsettled
from ailoop.client.patience import Patience, Retries
from ailoop.client.session import ClientSession
from ailoop.model.codec import dump_message
from ailoop.model.ids import new_id
from ailoop.model.message import Message, Notification, Response, ResponseMessage

BAD = "bad"
"""The text of a message that the server refuses, and a whole frame with it."""


class Server:
    """Knows every message by its id; forgets nothing but connections."""

    def __init__(self) -> None:
        self.log: list[dict[str, Any]] = []

    def answer(self, frame: str) -> list[str]:
        """Return the frames that a frame is answered with."""
        value = orjson.loads(frame)
        ref = value.get("ref")
        match value["op"]:
            case "ping" | "hello":
                replies = [{"op": "pong", "ref": ref}]
            case "send":
                replies = [self._send(ref, value.get("messages") or [value["message"]])]
            case "subscribe":
                after = value.get("after") or {}
                cursor = after.get("a", len(self.log))
                replies = [{"op": "subscribed", "ref": ref, "channels": {"a": cursor}}]
                replies += [
                    {"op": "message", "seq": seq, "message": message}
                    for seq, message in enumerate(self.log, 1)
                    if seq > cursor
                ]
            case _:
                replies = []
        return [orjson.dumps(one).decode() for one in replies]

    def _send(self, ref: Any, messages: list[dict[str, Any]]) -> dict[str, Any]:
        if any(one["content"]["text"] == BAD for one in messages):
            return {"op": "error", "ref": ref, "error": "no", "code": "invalid_message"}
        items = []
        for one in messages:
            created = one["id"] not in {known["id"] for known in self.log}
            if created:
                self.log.append(one)
            items.append({"id": one["id"], "seq": len(self.log), "created": created})
        return {"op": "ack", "ref": ref, "items": items}


def notification(text: str) -> Message:
    """Make a message."""
    return Message(channel="a", content=Notification(text=text))


def greeted(session: ClientSession, now: float = 0.0) -> None:
    """Bring a session to where it may send."""
    session.opened(now)
    (frame,) = session.take(now)
    (event,) = session.receive(Server().answer(frame)[0], now)
    assert isinstance(event, Greeted)


STEPS = st.lists(
    st.one_of(
        st.sampled_from(["post", "bad", "loud", "take", "forget"]),
        st.tuples(st.just("cut"), st.integers(0, 3)),
        st.tuples(st.just("pass"), st.sampled_from([0.0005, 0.002, 1.0])),
    ),
    max_size=40,
)


@given(STEPS)
def test_each_ends_once(steps: list[Any]) -> None:
    """Every message is recorded once and acknowledged once; a feed brings each once, in order.

    A cut lets some frames of the client through, and no reply.
    """
    session, server, now = ClientSession(), Server(), 0.0
    feed = session.follow(["a"], {"a": 0}, None)
    open_refs: dict[int, str] = {}
    ended: list[int] = []
    unawaited = 0
    read: list[int] = []
    session.opened(now)

    def tell(frames: list[str]) -> None:
        for frame in frames:
            for event in session.receive(frame, now):
                if isinstance(event, Replied | Failed) and event.ref != feed:
                    assert isinstance(event, Failed) is (open_refs.pop(event.ref) == BAD)
                    ended.append(event.ref)
                elif isinstance(event, Arrived):
                    assert isinstance(event.item, tuple)
                    read.append(event.item[0])

    def talk() -> None:
        nonlocal now
        for _ in range(6):
            now += 0.002
            tell([reply for frame in session.take(now) for reply in server.answer(frame)])

    for step in steps:
        match step:
            case "post" | "bad":
                text = BAD if step == "bad" else "x"
                ref = session.requests.post(notification(text))
                assert ref is not None
                open_refs[ref] = text
            case "loud":
                assert session.requests.post(notification("y"), awaited=False) is not None
                unawaited += 1
            case "forget" if open_refs:
                gone = next(iter(open_refs))
                session.requests.forget(gone)
                del open_refs[gone]
            case "take":
                talk()
            case ("cut", some):
                for frame in session.take(now)[:some]:
                    server.answer(frame)
                session.closed()
                session.opened(now)
            case ("pass", seconds):
                now += seconds
    talk()
    assert not open_refs
    assert len(ended) == len(set(ended))
    assert session.requests.unawaited == 0
    assert session.requests.dropped == 0
    ids = [one["id"] for one in server.log]
    assert len(ids) == len(set(ids))
    assert sum(one["content"]["text"] == "y" for one in server.log) == unawaited
    session.closed()  # whatever the feed has not had yet comes with the next connection
    session.opened(now)
    talk()
    assert read == list(range(1, len(server.log) + 1))


def test_together() -> None:
    """What comes within a millisecond of a frame shares the next; a lone one goes at once."""
    session = ClientSession()
    greeted(session)
    session.requests.post(notification("1"))
    assert len(session.take(1.0)) == 1
    session.requests.post(notification("2"))
    session.requests.post(notification("3"))
    assert session.take(1.0005) == []
    assert session.deadline == pytest.approx(1.001)
    (frame,) = session.take(session.deadline)
    assert len(orjson.loads(frame)["messages"]) == 2


def test_order_of_requests() -> None:
    """A withdrawal never overtakes what it withdraws."""
    session = ClientSession()
    greeted(session)
    session.requests.post(notification("1"))
    session.request("withdraw", id="x")
    session.requests.post(notification("2"))
    ops = [orjson.loads(frame)["op"] for frame in session.take(0.0)]
    assert ops == ["send", "withdraw", "send"]


def test_silence() -> None:
    """After a silence the server is asked; after another one it counts as dead."""
    session = ClientSession(patience=Patience(heartbeat_seconds=10))
    greeted(session)
    assert session.deadline == 10
    assert session.take(9.9) == []
    assert [orjson.loads(one)["op"] for one in session.take(10.0)] == ["ping"]
    assert session.take(15.0) == []
    assert not session.is_dead(19.9)
    assert session.is_dead(20.0)
    session.receive('{"op":"pong"}', 19.95)
    assert not session.is_dead(20.0)
    assert session.deadline == pytest.approx(29.95)


def test_silent_from_the_start() -> None:
    """The greeting is a question too."""
    session = ClientSession("agent", Patience(heartbeat_seconds=10))
    session.opened(0.0)
    assert [orjson.loads(one)["op"] for one in session.take(0.0)] == ["hello"]
    assert session.take(5.0) == []
    assert session.is_dead(10.0)


def test_prompts() -> None:
    """A prompt is watched on every connection; one that was taken and is unknown is lost."""
    session = ClientSession()
    greeted(session)
    prompt = notification("x")
    session.watch(prompt.id, taken=True)
    ask = orjson.loads(session.take(0.0)[0])
    assert (ask["op"], ask["ids"]) == ("watch", [str(prompt.id)])
    stopping = {"op": "error", "id": str(prompt.id), "error": "", "code": "shutting_down"}
    assert session.receive(orjson.dumps(stopping), 0.0) == []
    session.closed(1001)
    greeted(session)
    assert orjson.loads(session.take(0.0)[0])["ids"] == [str(prompt.id)]
    unknown = stopping | {"code": "message_not_found", "ref": str(prompt.id)}
    (event,) = session.receive(orjson.dumps(unknown), 0.0)
    assert isinstance(event, Unsettled)
    assert isinstance(event.error, PromptLost)
    assert session.receive(orjson.dumps(unknown), 0.0) == []


def test_settled_once() -> None:
    """A response that is told twice wakes nobody twice."""
    session = ClientSession()
    greeted(session)
    prompt_id = UUID(int=1)
    session.watch(prompt_id, taken=True)
    response = ResponseMessage(channel="a", content=Response(), correlation_id=prompt_id)
    frame = {"op": "response", "id": str(prompt_id), "message": dump_message(response)}
    (event,) = session.receive(orjson.dumps(frame), 0.0)
    assert event == Settled(prompt_id, evolve(response))
    assert session.receive(orjson.dumps(frame), 0.0) == []


def test_gap() -> None:
    """A gap is told, and the feed goes on after it, on the next connection too."""
    session = ClientSession()
    greeted(session)
    ref = session.follow(None, {"a": 17}, None)
    session.take(0.0)
    reply = {"op": "subscribed", "ref": ref, "channels": {"a": 17}}
    session.receive(orjson.dumps(reply), 0.0)
    gap = {"op": "gap", "channel": "a", "after": 17, "first": 5}
    (event,) = session.receive(orjson.dumps(gap), 0.0)
    assert isinstance(event, Arrived)
    assert isinstance(event.item, MissedMessages)
    session.closed()
    greeted(session)
    assert orjson.loads(session.take(0.0)[0])["after"] == {"a": 4, "*": 0}


def test_message_of_a_feed_that_has_ended() -> None:
    """What is still on its way from an ended feed is none of the next one's."""
    session = ClientSession()
    greeted(session)
    session.unfollow(session.follow(["a"], {}, None))
    ref = session.follow(["a"], {"a": 3}, None)
    message = {"op": "message", "seq": 9, "message": dump_message(notification("x"))}
    assert session.receive(orjson.dumps(message), 0.0) == []
    reply = {"op": "subscribed", "ref": ref, "channels": {"a": 3}}
    session.receive(orjson.dumps(reply), 0.0)
    (event,) = session.receive(orjson.dumps(message | {"seq": 4}), 0.0)
    assert isinstance(event, Arrived)


def test_batches_are_bounded() -> None:
    """A frame has so many messages and so many bytes at most; all go, in their order."""
    session = ClientSession()
    greeted(session)
    texts = [str(number) for number in range(450)] + [c * 100_000 for c in "abcdefg"]
    for text in texts:
        session.requests.post(notification(text))
    frames = [orjson.loads(frame) for frame in session.take(0.0)]
    sent = [frame.get("messages") or [frame["message"]] for frame in frames]
    assert [one["content"]["text"] for batch in sent for one in batch] == texts
    assert max(len(batch) for batch in sent) == 200
    assert len(sent) == 3 + 3


@pytest.mark.parametrize("frame", ["", "[]", "{}", '{"op":"message"}', '{"op":"gap"}', "\x00"])
def test_foreign_frames(frame: str) -> None:
    """What is none of the protocol is Incompatible."""
    session = ClientSession()
    greeted(session)
    with pytest.raises(Incompatible):
        session.receive(frame, 0.0)


def test_other_version() -> None:
    """A server that was replaced by another major version is Incompatible."""
    session = ClientSession("agent")
    session.opened(0.0)
    with pytest.raises(Incompatible):
        session.receive('{"op":"hello","ref":0,"version":"7.0"}', 0.0)


@given(st.integers(0, 2**32), st.lists(st.booleans(), max_size=60))
def test_backoff(seed: int, successes: list[bool]) -> None:
    """Waits double up to a bound, less up to a half, and begin anew after a success."""
    patience = Patience(first_seconds=0.1, longest_seconds=15)
    retries, step = Retries(patience, Random(seed)), 0.1
    for success in successes:
        if success:
            retries.succeeded()
            step = 0.1
        else:
            delay = retries.failed(0.0, Unreachable("x"))
            assert step / 2 <= delay <= step
            step = min(15, step * 2)


def test_backoff_ends() -> None:
    """What cannot get better, or has taken too long, is raised; the last wait ends in time."""
    retries = Retries(Patience(give_up_seconds=10))
    for error in (Incompatible("x"), refusal_of({"code": "bad_origin"}), Invalid({})):
        with pytest.raises(type(error)):
            retries.failed(0.0, error)
    for error in (Busy({}), Unavailable({}), Unreachable("x")):
        assert retries.failed(0.0, error) < 1
    told = Unavailable({})
    told.retry_after = 5
    assert 5 <= retries.failed(1.0, told) < 6
    assert retries.failed(6.0, told) == 4
    with pytest.raises(Unavailable):
        retries.failed(10.0, told)


def test_answered_before_anybody_waits() -> None:
    """A response right behind the word that its prompt was taken is there for who waits."""
    session = ClientSession()
    greeted(session)
    prompt, frame = early_response(session)
    response = session.watch(prompt, taken=True)
    assert response is not None
    assert response.content.answer == "yes"
    assert session.take(0.0) == []
    assert session.watch(prompt, taken=True) is None
    assert session.receive(frame, 0.0) == [Settled(prompt, response)]


def test_answered_by_a_server_of_before() -> None:
    """Another connection may lead to a server whose prompt of that id is another one."""
    session = ClientSession()
    greeted(session)
    prompt, _ = early_response(session)
    session.closed()
    greeted(session)
    assert session.watch(prompt, taken=True) is None


def test_answers_nobody_waits_for_are_bounded() -> None:
    """The oldest go; the server has them still."""
    session = ClientSession()
    greeted(session)
    prompts = [early_response(session)[0] for _ in range(1001)]
    assert session.watch(prompts[0], taken=True) is None
    assert session.watch(prompts[1], taken=True) is not None


def early_response(session: ClientSession) -> tuple[UUID, str]:
    """Have a response come that nobody waits for; return the prompt's id and the frame."""
    prompt = new_id()
    message = Message(channel="a", content=Response(answer="yes"), correlation_id=prompt)
    told = {"op": "response", "id": str(prompt), "message": dump_message(message)}
    frame = orjson.dumps(told).decode()
    assert session.receive(frame, 0.0) == []
    return prompt, frame
