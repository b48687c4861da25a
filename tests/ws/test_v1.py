"""The requests of ``ailoop.v1``: hello, send, ping, and whatever is not understood."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from ailoop.version import __version__
from tests.serving import V1, Served, Talk, note, question, serving, talking

OPS = {
    "auth",
    "hello",
    "send",
    "subscribe",
    "unsubscribe",
    "respond",
    "withdraw",
    "watch",
    "unwatch",
    "show",
    "ping",
}


async def test_subprotocol(server: Served, port: str) -> None:
    """The server agrees to ``ailoop.v1`` among others, and to none it does not know."""
    async with talking(server.socket_url(port), V1) as talk:
        assert talk.socket.subprotocol == V1
    async with talking(server.socket_url(port), "ailoop.v9") as talk:
        assert not talk.socket.subprotocol
        assert await talk.call_plain(note()) == []


async def test_hello(port: str) -> None:
    """The reply names the server, its version, and what it allows."""
    async with (
        serving(body_bytes=2000, message_bytes=1500, batch_messages=7) as server,
        talking(server.socket_url(port), V1) as talk,
    ):
        told = await talk.call("hello", role="agent", client="test", version="9", ref=1)
    assert told == {
        "op": "hello",
        "ref": 1,
        "server": "ailoop",
        "version": __version__,
        "limits": {
            "frame_bytes": 2000,
            "message_bytes": 1500,
            "batch_messages": 7,
            "timeout_seconds": 86400,
        },
    }


@pytest.mark.parametrize("role", ["king", None, 5, ["agent"], {}])
async def test_bad_role(talk: Talk, role: Any) -> None:
    """A role that is none is refused, with those there are."""
    told = await talk.call("hello", role=role)
    assert (told["op"], told["code"], told["path"]) == ("error", "bad_request", "$.role")
    assert "agent, human, observer" in told["error"]


async def test_send(server: Served, talk: Talk) -> None:
    """A message is acknowledged with its id and its place, once it is in the log."""
    told = await talk.call("send", message=note("a", "hi"), ref=7)
    assert list(told) == ["op", "ref", "items"]
    assert (told["op"], told["ref"]) == ("ack", 7)
    (item,) = told["items"]
    assert item["created"] is True
    page = (await server.http.get("/api/channels/a/messages")).json()
    assert page["messages"][0]["id"] == item["id"]
    assert page["next_after"] == item["seq"]


async def test_send_several(server: Served, talk: Talk) -> None:
    """An array is acknowledged as one, in its order, over several channels."""
    notes = [note("ab"[number % 2], str(number)) for number in range(4)]
    told = await talk.call("send", messages=notes)
    ids = [item["id"] for item in told["items"]]
    listed = []
    for name in "ab":
        answer = await server.http.get(f"/api/channels/{name}/messages")
        listed += [one["id"] for one in answer.json()["messages"]]
    assert listed == ids[::2] + ids[1::2]


async def test_send_again(talk: Talk) -> None:
    """The same message again is acknowledged with its first place, as not new."""
    sent = {**note(), "id": str(uuid4())}
    (first,) = (await talk.call("send", message=sent))["items"]
    (second,) = (await talk.call("send", message=sent))["items"]
    assert second == {**first, "created": False}


async def test_send_conflict(talk: Talk) -> None:
    """One refused message is an error with its id; among several it is its item."""
    sent = {**note("a", "1"), "id": str(uuid4())}
    other = {**note("a", "2"), "id": sent["id"]}
    await talk.call("send", message=sent)
    told = await talk.call("send", message=other, ref="x")
    assert told["op"] == "error"
    assert (told["ref"], told["id"], told["code"]) == ("x", sent["id"], "id_conflict")
    told = await talk.call("send", messages=[other, note("a", "3")], ref="y")
    assert told["op"] == "ack"
    assert told["items"][0]["code"] == "id_conflict"
    assert told["items"][1]["created"] is True


async def test_send_all_or_nothing(server: Served, talk: Talk) -> None:
    """An array with one bad message is refused whole, with the place of it."""
    told = await talk.call("send", messages=[note(), note(colour=1)], ref=1)
    assert (told["op"], told["ref"], told["index"]) == ("error", 1, 1)
    assert told["path"] == "$.content.colour"
    assert server.broker.channels == {}


async def test_send_nothing(talk: Talk) -> None:
    """A send that carries no message is refused."""
    assert (await talk.call("send"))["path"] == "$.messages"


@pytest.mark.parametrize("ref", [1, 0, "a", "", "x" * 128])
async def test_ref(talk: Talk, ref: Any) -> None:
    """A reply repeats the ref of its request, also in an error."""
    assert await talk.call("ping", ref=ref) == {"op": "pong", "ref": ref}
    told = await talk.call("dance", ref=ref)
    assert (told["op"], told["ref"]) == ("error", ref)
    assert (await talk.call("send", message=note(), ref=ref))["ref"] == ref


@pytest.mark.parametrize("ref", [1.5, True, -1, [1], {"a": 1}, "x" * 129])
async def test_a_ref_that_is_none(talk: Talk, ref: Any) -> None:
    """What is neither a number nor a short text is not repeated, and harms nothing."""
    told = await talk.call("ping", ref=ref)
    assert (told["op"], told["code"], told["path"]) == ("error", "bad_request", "$.ref")
    assert "ref" not in told
    assert await talk.call("ping") == {"op": "pong"}


async def test_a_deep_ref(talk: Talk) -> None:
    """A tower of arrays is refused like any other ref that is none."""
    await talk.send_raw('{"op": "ping", "ref": %s}' % ("[" * 50 + "]" * 50))
    assert (await talk.receive())["path"] == "$.ref"


async def test_no_ref(talk: Talk) -> None:
    """Without one the reply has none."""
    assert await talk.call("ping") == {"op": "pong"}
    assert "ref" not in await talk.call("dance")


@pytest.mark.parametrize("op", ["dance", None, 5, [], {}, "Send", "send ", ""])
async def test_unknown_op(server: Served, talk: Talk, op: Any) -> None:
    """An unknown op is told with those there are, and changes nothing."""
    told = await talk.call(op, message=note(), channels="*")
    assert (told["op"], told["code"]) == ("error", "unknown_op")
    assert set(told["ops"]) == OPS
    assert server.broker.channels == {}
    assert (await talk.call("ping"))["op"] == "pong"


async def test_unknown_members(talk: Talk) -> None:
    """Members that this server does not know are ignored in every request."""
    (item,) = (await talk.call("send", message=question(), later={"a": 1}))["items"]
    assert item["created"] is True
    for op, members, replies in (
        ("hello", {"role": "human"}, {"hello"}),
        ("subscribe", {"channels": ["b"]}, {"subscribed"}),
        ("unsubscribe", {"channels": ["b"]}, {"unsubscribed"}),
        ("respond", {"id": item["id"], "answer": "x"}, {"ack", "response"}),
        ("ping", {}, {"pong"}),
    ):
        await talk.send({"op": op, **members, "later": [1], "ops": None})
        assert {one["op"] for one in await talk.receive_some(len(replies))} == replies


@pytest.mark.parametrize("frame", ["", "?", b"\xff", b"", "[]", "null", '"ping"', "5"])
async def test_no_frame_of_this_protocol(talk: Talk, frame: str | bytes) -> None:
    """What is no object is refused, and the connection stays."""
    await talk.send_raw(frame)
    told = await talk.receive()
    assert told["op"] == "error"
    assert told["code"] in ("bad_json", "bad_request")
    assert (await talk.call("ping"))["op"] == "pong"
