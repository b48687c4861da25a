"""Who may do what over WebSockets, on both ports and in both conversations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
import trio
from trio_websocket import ConnectionRejected

from ailoop.model.errors import CLOSE_UNAUTHENTICATED
from tests.access.kit import Guarded, bearer, guarded
from tests.serving import (
    APPROVE,
    V1,
    authorization,
    message,
    note,
    question,
    response,
    talking,
    until,
)


async def why_rejected(
    url: str, subprotocol: str | None = None, **headers: str
) -> dict[str, Any]:
    """Open a WebSocket that is refused in its handshake; return the body."""
    with pytest.RaisesGroup(
        pytest.RaisesExc(ConnectionRejected), flatten_subgroups=True
    ) as group:
        async with talking(url, subprotocol, headers=list(headers.items())):
            pass
    error = group.value
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, ConnectionRejected)
    body: dict[str, Any] = {"status": error.status_code, **orjson.loads(error.body or b"{}")}
    return body


async def test_a_bad_key_is_not_let_in(house: Guarded, port: str) -> None:
    """A handshake with a credential that is not good is refused with 401."""
    url = house.server.socket_url(port)
    for headers in (bearer("nobody"), {"X-Api-Key": "x"}, {"Authorization": "Basic YTpi"}):
        said = await why_rejected(url, **headers)
        assert (said["status"], said["code"]) == (401, "bad_credential")
    said = await why_rejected(url, "ailoop.token.nobody")
    assert (said["status"], said["code"]) == (401, "bad_credential")


async def test_a_key_in_the_address_is_none(house: Guarded, port: str) -> None:
    """What stands in the address is no credential: the connection has yet to say who it is."""
    url = f"{house.server.socket_url(port)}?token={house.keys['root']}"
    async with talking(url, V1) as talk:
        assert (await talk.call("ping", ref=1))["code"] == "unauthenticated"
        assert await talk.closed() == CLOSE_UNAUTHENTICATED


async def test_a_key_as_a_subprotocol(house: Guarded, port: str) -> None:
    """A browser's page may offer its credential as a subprotocol, which is not sent back."""
    url = house.server.socket_url(port)
    offered = [V1, f"ailoop.token.{house.keys['ann']}"]
    async with talking(url, offered) as talk:
        assert talk.socket.subprotocol == V1
        who = await talk.call("auth", ref=1)
        assert who == {"op": "auth", "ref": 1, "name": "ann", "grants": ["human:a*"]}


async def test_a_key_in_the_first_frame(house: Guarded, port: str) -> None:
    """Without one in the handshake the first frame carries it, and nothing may come before."""
    url = house.server.socket_url(port)
    async with talking(url, V1) as talk:
        who = await talk.call("auth", credential=house.keys["bot"], ref=1)
        assert (who["op"], who["name"]) == ("auth", "bot")
        assert (await talk.call("send", message=note()))["op"] == "ack"
    async with talking(url) as talk:
        await talk.send({"type": "auth", "credential": house.keys["bot"]})
        assert await talk.receive() == {"type": "auth", "name": "bot"}
        assert await talk.call_plain(note()) == []
    assert len(house.server.broker.channels["a"].history) == 2


@pytest.mark.parametrize(
    ("subprotocol", "frame"),
    [
        (V1, {"op": "send", "message": note()}),
        (V1, {"op": "hello", "role": "human"}),
        (V1, {"op": "subscribe", "channels": "*"}),
        (V1, {"op": "auth"}),
        (V1, {"op": "auth", "credential": 5}),
        (V1, {"op": "auth", "credential": "nobody"}),
        (V1, []),
        (None, note()),
        (None, {"subscribe": "*"}),
        (None, {"type": "auth", "credential": "nobody"}),
        (None, "x"),
    ],
)
async def test_a_first_frame_without_a_key(
    house: Guarded, port: str, subprotocol: str | None, frame: Any
) -> None:
    """Anything else ends the connection with 4001, and has done nothing."""
    async with talking(house.server.socket_url(port), subprotocol) as talk:
        await talk.send(frame, frame, frame)
        assert (await talk.receive())["code"] in (
            "unauthenticated",
            "bad_credential",
            "bad_request",
        )
        if frame != []:
            assert await talk.closed() == CLOSE_UNAUTHENTICATED
    assert not house.server.broker.channels


async def test_who_says_nothing(house: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that does not say who it is is not kept."""
    monkeypatch.setattr("ailoop.transport.ws.connection._CREDENTIAL_SECONDS", 0.01)
    for port in ("ws", "rest"):
        async with talking(house.server.socket_url(port), V1) as talk:
            assert (await talk.receive())["code"] == "unauthenticated"
            assert await talk.closed() == CLOSE_UNAUTHENTICATED


async def test_many_who_say_nothing(tmp_path: Path, port: str) -> None:
    """Of too many strangers the oldest makes room; who says who it is stays."""
    async with guarded(tmp_path, max_newcomers=2) as house:
        url = house.server.socket_url(port)
        async with (
            house.talk(port, "bot") as known,
            talking(url, V1) as first,
            talking(url, V1) as second,
            talking(url, V1) as third,
        ):
            assert await first.closed() == CLOSE_UNAUTHENTICATED
            for talk in (second, third):
                who = await talk.call("auth", credential=house.keys["ann"], ref=1)
                assert who["name"] == "ann"
            assert (await known.call("ping"))["op"] == "pong"


async def test_an_agent_answers_nothing(house: Guarded, port: str) -> None:
    """No frame of an agent settles a prompt, not its own and not another's."""
    prompts = [await house.ask(authorization(), name) for name in ("bot", "rival")]
    async with house.talk(port, "bot") as talk:
        for prompt in prompts:
            for op, members in (
                ("respond", {"id": prompt["id"], **APPROVE}),
                ("show", {"ids": [prompt["id"]], "state": "seen"}),
                ("send", {"message": response(prompt, None, "authorization_approved")}),
                ("send", {"messages": [response(prompt, None, "authorization_denied")]}),
            ):
                refused = await talk.call(op, **members)
                assert refused["code"] == "not_granted", (op, refused)
        refused = await talk.call("withdraw", id=prompts[1]["id"])
        assert refused["code"] == "not_granted"
    async with house.talk(port, "bot", None) as plain:
        for prompt in prompts:
            forged = response(prompt, None, "authorization_approved")
            for sender in ("HUMAN", "SYSTEM", "AGENT"):
                await plain.send({**forged, "sender_type": sender})
                assert (await plain.receive())["code"] == "not_granted"
    for prompt in prompts:
        assert await house.state_of(prompt) == "pending"


async def test_a_persons_name_is_the_authenticated_one(house: Guarded, port: str) -> None:
    """What a person calls themselves is replaced, in answers and in who has seen a prompt."""
    prompt, other = await house.ask(question()), await house.ask(question())
    async with house.talk(port, "ann", role="human") as talk:
        shown = {"ids": [prompt["id"]], "state": "seen", "name": "the boss"}
        await talk.call("show", **shown, ref=1)
        answer = await talk.call(
            "respond", id=prompt["id"], answer="x", responder="the boss", ref=2
        )
        while answer.get("ref") != 2:
            answer = await talk.receive()
        assert answer["message"]["metadata"]["responder"] == "ann"
    told = (await house["root"].get(f"/api/v1/messages/{prompt['id']}/delivery")).json()
    assert "the boss" not in orjson.dumps(told).decode()
    assert "ann" in orjson.dumps(told).decode()
    async with house.talk(port, "ann", None) as plain:
        await plain.call_plain({**response(other), "metadata": {"responder": "the boss"}})
    assert await house.state_of(other) == "answered"


async def test_all_channels_are_those_that_are_granted(house: Guarded, port: str) -> None:
    """Who follows all follows what is granted, also of what comes later; the rest is silent."""
    await house.ask(note("b", "secret"), "rival")
    await house.ask(note("a", "open"))
    for subprotocol in (V1, None):
        async with house.talk(port, "ann", subprotocol) as talk:
            if subprotocol:
                told = await talk.call("subscribe", channels="*", replay=10)
                assert set(told["channels"]) == {"a"}
                assert (await talk.receive())["message"]["content"]["text"] == "open"
            else:
                await talk.send({"subscribe": "*"})
                assert (await talk.receive())["content"]["text"] == "open"
            await house.ask(note("b", "secret"), "rival")
            await house.ask(note("a2" if subprotocol else "a3", "new"))
            frame = await talk.receive()
            assert frame.get("message", frame)["content"]["text"] == "new"


async def test_a_channel_without_a_grant(house: Guarded, port: str) -> None:
    """To name one is refused, the same whether or not there is one."""
    hidden = await house.ask(question("b"), "rival")
    async with house.talk(port, "ann") as talk:
        there = await talk.call("subscribe", channels=["b"])
        nowhere = await talk.call("subscribe", channels=["c"])
        assert there["code"] == nowhere["code"] == "not_granted"
        there = await talk.call("watch", ids=[hidden["id"]])
        assert there["code"] == "message_not_found"
        assert (await talk.call("respond", id=hidden["id"], answer="x"))["code"] == (
            "original_not_found"
        )
    async with house.talk(port, "ann", None) as plain:
        (refused,) = await plain.call_plain({"subscribe": "b"})
        assert refused["code"] == "not_granted"
        await plain.send(response(hidden))
        assert (await plain.receive())["code"] == "original_not_found"


async def test_a_revoked_key_ends_its_connections(house: Guarded, port: str) -> None:
    """Within a second or so, with 4001; what is asked meanwhile is answered to nobody."""
    prompt = await house.ask(question())
    async with house.talk(port, "ann") as talk, house.talk(port, "olga") as other:
        await talk.call("subscribe", channels=["a"])
        await talk.send({"op": "watch", "ids": [prompt["id"]]})
        ann = next(key for key in house.file.listed() if key.name == "ann")
        house.file.revoke(ann.id)
        assert await talk.closed() == CLOSE_UNAUTHENTICATED
        assert (await other.call("ping", ref=1))["op"] == "pong"
    answer = await house["ann"].get("/api/v1/pending")
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_credential")


async def test_a_grant_that_changes_ends_its_connections(house: Guarded) -> None:
    """A key made anew under the same id with less is not the one that let somebody in."""
    async with house.talk("ws", "ann") as talk:
        text = house.file._path.read_text().replace("human:a*", "human:z")
        house.file._path.write_text(text)
        assert await talk.closed() == CLOSE_UNAUTHENTICATED
    assert (await house["ann"].get("/api/channels/a/stats")).status_code == 403


async def test_a_key_that_expires_ends_its_connections(house: Guarded) -> None:
    """So does one whose time is over, and a wait that it has begun brings nothing."""
    key, made = house.file.create("cat", ["human:a*"], 3600)
    prompt = await house.ask(question())
    path = f"/api/v1/messages/{prompt['id']}/response"
    house.keys["cat"] = key
    async with house.talk("rest", "cat") as talk, trio.open_nursery() as nursery:
        answers: list[Any] = []

        async def wait() -> None:
            answers.append(
                await house["ann"].get(path, params={"wait": 60}, headers=bearer(key))
            )

        nursery.start_soon(wait)
        await until(lambda: house.server.broker.tables.waiters)
        house.file.expire(made.id, 0)
        assert await talk.closed() == CLOSE_UNAUTHENTICATED
        await house["ann"].post(path, json={"answer": "secret"})
    assert answers[0].status_code == 401
    assert "secret" not in answers[0].text


async def test_without_authentication_a_first_frame_is_welcome(port: str) -> None:
    """A client that shows a key to a server that asks for none is told that it is nobody."""
    from tests.serving import serving

    async with serving() as server:
        async with talking(server.socket_url(port), V1) as talk:
            who = await talk.call("auth", credential="x", ref=1)
            assert who == {"op": "auth", "ref": 1, "name": None, "grants": []}
        async with talking(server.socket_url(port)) as talk:
            assert await talk.call_plain({"type": "auth", "credential": "x"}) == [
                {"type": "auth", "name": None}
            ]
            assert (await talk.call_plain(message({"type": "dance"})))[0][
                "code"
            ] == "unknown_content"
