"""Prompts in ``ailoop.v1``: asking, watching, answering, withdrawing, and who may."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.serving import (
    APPROVE,
    V1,
    Served,
    Talk,
    authorization,
    note,
    question,
    response,
    serving,
    talking,
)


async def test_ask(server: Served, talk: Talk) -> None:
    """Who asks is told the response, once, by the prompt's id and with its place."""
    (item,) = (await talk.call("send", message=authorization()))["items"]
    recorded = (await server.respond(item, **APPROVE)).json()
    told = await talk.receive()
    assert told == {
        "op": "response",
        "id": item["id"],
        "seq": item["seq"] + 1,
        "message": recorded,
    }
    assert (await talk.call("ping"))["op"] == "pong"


async def test_ask_and_follow(server: Served, talk: Talk) -> None:
    """Who also follows the channel sees the message there, and the response still once."""
    await talk.call("subscribe", channels=["a"])
    await talk.send({"op": "send", "message": question()})
    frames = await talk.receive_some(2)
    (item,) = next(one for one in frames if one["op"] == "ack")["items"]
    recorded = (await server.respond(item, answer="x")).json()
    frames = await talk.receive_some(2)
    assert sorted(one["op"] for one in frames) == ["message", "response"]
    assert [one["message"] for one in frames] == [recorded] * 2
    assert (await talk.call("ping"))["op"] == "pong"


async def test_respond(server: Served, talk: Talk) -> None:
    """A person's response is acknowledged with the recorded message."""
    asked = await server.post(question(choices=["red", "blue"]))
    told = await talk.call(
        "respond", id=asked["id"], answer="2", reason="sky", responder="ann", ref=3
    )
    assert (told["op"], told["ref"]) == ("ack", 3)
    recorded = told["message"]
    assert recorded["content"]["answer"] == "blue"
    assert recorded["metadata"] == {
        "reason": "sky",
        "responder": "ann",
        "index": 1,
        "value": "blue",
    }
    assert told["items"][0]["id"] == recorded["id"]
    assert told["items"][0]["created"] is True
    kept = await server.http.get(f"/api/v1/messages/{recorded['id']}")
    assert kept.json() == recorded


async def test_respond_again(server: Served, talk: Talk) -> None:
    """The same again is acknowledged as not new; another answer is refused."""
    asked = await server.post(authorization())
    first = await talk.call("respond", id=asked["id"], **APPROVE)
    second = await talk.call("respond", id=asked["id"], **APPROVE)
    assert second["message"] == first["message"]
    assert second["items"] == [{**first["items"][0], "created": False}]
    other = await talk.call("respond", id=asked["id"], response_type="authorization_denied")
    assert (other["op"], other["code"], other["state"]) == (
        "error",
        "already_settled",
        "approved",
    )


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"answer": "x"}, "bad_request"),
        ({"id": "x", "answer": "x"}, "bad_request"),
        ({"id": 5, "answer": "x"}, "bad_request"),
        ({"id": str(uuid4()), "answer": "x"}, "original_not_found"),
        ({"id": "note", "answer": "x"}, "not_a_prompt"),
        ({"id": "asked", "answer": "x"}, "wrong_response"),
        ({"id": "asked", "response_type": "maybe"}, "invalid_message"),
        ({"id": "asked"}, "wrong_response"),
        ({"id": "asked", "response_type": "timeout"}, "wrong_response"),
    ],
)
async def test_bad_response(
    server: Served, talk: Talk, members: dict[str, Any], code: str
) -> None:
    """A response that does not fit is refused to its sender and settles nothing."""
    asked = await server.post(authorization())
    told = await server.post(note())
    ids = {"asked": asked["id"], "note": told["id"]}
    if "id" in members:
        members = {**members, "id": ids.get(members["id"], members["id"])}
    refused = await talk.call("respond", **members, ref=1)
    assert (refused["op"], refused["ref"], refused["code"]) == ("error", 1, code)
    assert await server.state_of(asked) == "pending"


async def test_withdraw(server: Served, talk: Talk) -> None:
    """An agent takes its prompt back and is told the recorded response."""
    (item,) = (await talk.call("send", message=question()))["items"]
    await talk.send({"op": "withdraw", "id": item["id"], "ref": 1})
    frames = {one["op"]: one for one in await talk.receive_some(2)}
    assert frames["ack"]["message"] == frames["response"]["message"]
    assert frames["ack"]["message"]["content"]["response_type"] == "cancelled"
    assert await server.state_of(item) == "cancelled"
    assert (await talk.call("withdraw", id=str(uuid4())))["code"] == "original_not_found"


async def test_withdraw_right_behind(server: Served, talk: Talk) -> None:
    """What is asked and taken back in one breath is cancelled."""
    asked = question()
    asked["id"] = str(uuid4())
    await talk.send(
        {"op": "send", "message": asked, "ref": 1},
        {"op": "withdraw", "id": asked["id"], "ref": 2},
    )
    while (frame := await talk.receive()).get("ref") != 2:
        pass
    assert frame["op"] == "ack"
    assert await server.state_of(asked) == "cancelled"


async def test_watch(server: Served, port: str, talk: Talk) -> None:
    """After a reconnect the ids are enough: what is settled comes now, the rest later."""
    pending = await server.post(question())
    settled = await server.post(question())
    recorded = (await server.respond(settled, answer="x")).json()
    told = await server.post(note())
    unknown = str(uuid4())
    ids = [pending["id"], settled["id"], told["id"], unknown]
    await talk.send({"op": "watch", "ids": ids, "ref": 9})
    frames = await talk.receive_some(3)
    assert [(one["op"], one["id"]) for one in frames] == [
        ("response", settled["id"]),
        ("error", told["id"]),
        ("error", unknown),
    ]
    assert frames[0]["message"] == recorded
    assert [one["code"] for one in frames[1:]] == ["not_a_prompt", "message_not_found"]
    assert [one["ref"] for one in frames[1:]] == [9, 9]
    later = (await server.respond(pending, answer="y")).json()
    assert (await talk.receive())["message"] == later


async def test_watch_twice(server: Served, talk: Talk) -> None:
    """To watch a prompt twice brings its response once."""
    (item,) = (await talk.call("send", message=question()))["items"]
    await talk.send({"op": "watch", "ids": [item["id"]] * 2})
    await server.respond(item, answer="x")
    assert (await talk.receive())["op"] == "response"
    assert (await talk.call("ping"))["op"] == "pong"


async def test_unwatch(server: Served, talk: Talk) -> None:
    """Who stops watching is not told, and leaves nothing with the prompt."""
    (item,) = (await talk.call("send", message=question()))["items"]
    await talk.send({"op": "unwatch", "ids": [item["id"], str(uuid4())]})
    assert (await talk.call("ping"))["op"] == "pong"
    await server.respond(item, answer="x")
    assert (await talk.call("ping"))["op"] == "pong"


@pytest.mark.parametrize("ids", [None, "x", ["x"], [5], {}])
async def test_bad_ids(talk: Talk, ids: Any) -> None:
    """Ids that are none are refused."""
    for op in ("watch", "unwatch"):
        told = await talk.call(op, ids=ids, ref=1)
        assert (told["op"], told["ref"], told["code"]) == ("error", 1, "bad_request")


async def test_too_many_watched(port: str) -> None:
    """A connection waits for so many prompts and no more, however it came to them."""
    async with (
        serving(max_watched=2) as server,
        talking(server.socket_url(port), V1) as talk,
    ):
        others = await server.post(question(), question())
        assert (await talk.call("send", message=question()))["op"] == "ack"
        for refused in (
            await talk.call("send", messages=[question(), question()]),
            await talk.call("watch", ids=[one["id"] for one in others]),
        ):
            assert (refused["code"], refused["limit"]) == ("too_many_prompts", 2)
        assert server.broker.tables.open_prompts == 3
        assert (await talk.call("send", message=note()))["op"] == "ack"


@pytest.mark.parametrize("role", ["agent", "observer"])
async def test_may_not_answer(server: Served, port: str, role: str) -> None:
    """An agent or an observer can never answer, neither by op nor by message."""
    asked = await server.post(authorization())
    async with talking(server.socket_url(port), V1, role=role) as talk:
        forged = response(asked, None, "authorization_approved")
        for told in (
            await talk.call("respond", id=asked["id"], **APPROVE, ref=1),
            await talk.call("send", message=forged, ref=1),
            await talk.call("send", messages=[note("b"), forged], ref=1),
        ):
            assert (told["op"], told["ref"], told["code"]) == ("error", 1, "not_allowed")
    assert await server.state_of(asked) == "pending"
    assert "b" not in server.broker.channels


async def test_observer_only_reads(server: Served, port: str) -> None:
    """An observer sends and withdraws nothing, and may follow."""
    asked = await server.post(question())
    async with talking(server.socket_url(port), V1, role="observer") as talk:
        for told in (
            await talk.call("send", message=note()),
            await talk.call("withdraw", id=asked["id"]),
        ):
            assert told["code"] == "not_allowed"
        assert (await talk.call("subscribe", channels="*"))["op"] == "subscribed"
    assert await server.state_of(asked) == "pending"


async def test_human_answers(server: Served, port: str) -> None:
    """A human may, by either way."""
    first, second = await server.post(authorization(), authorization())
    async with talking(server.socket_url(port), V1, role="human") as talk:
        assert (await talk.call("respond", id=first["id"], **APPROVE))["op"] == "ack"
        told = await talk.call("send", message=response(second, None, "authorization_denied"))
        assert told["op"] == "ack"
    assert await server.state_of(first) == "approved"
    assert await server.state_of(second) == "denied"
