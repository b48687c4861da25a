"""``show`` in ``ailoop.v1``: who has been shown a prompt, who is told of it, and its bounds."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from ailoop.model.delivery import Showing
from tests.serving import V1, Served, Talk, question, serving, talking, until


async def show(talk: Talk, *prompts: dict[str, Any], state: str = "seen", **more: Any) -> Any:
    """Tell how prompts stand, and return what comes first."""
    ids = [one["id"] for one in prompts]
    await talk.send({"op": "show", "ids": ids, "state": state, **more})
    return await talk.receive()


async def test_show(server: Served, talk: Talk) -> None:
    """What was told is known everywhere, and comes back to who told it."""
    asked = await server.post(question())
    assert (await show(talk, asked, name="ann", ref=4)) == {"op": "shown", "ref": 4}
    told = await talk.receive()
    assert (told["op"], told["id"]) == ("delivery", asked["id"])
    kept = (await server.http.get(f"/api/v1/messages/{asked['id']}")).json()["prompt"]
    assert kept["delivery"] == told["delivery"]
    assert told["delivery"]["seen_by"] == ["ann"]


async def test_no_ref_no_reply(server: Served, talk: Talk) -> None:
    """Without a ref there is no reply, so that typing costs one frame."""
    asked = await server.post(question())
    await talk.send({"op": "show", "ids": [asked["id"]], "state": "typing", "surface": "page"})
    told = await talk.receive()
    assert (told["op"], told["delivery"]["typing"]) == ("delivery", ["page"])


async def test_others_hear(server: Served, talk: Talk) -> None:
    """Who has shown the prompt hears of the others; who has not, does not."""
    asked, foreign = await server.post(question()), await server.post(question("b"))
    async with (
        talking(server.socket_url("rest"), V1) as other,
        talking(server.socket_url("rest"), V1) as third,
    ):
        await show(talk, asked, state="delivered")
        await show(third, foreign)
        await show(other, asked, state="typing", name="bob")
        assert (await talk.receive())["delivery"]["typing"] == ["bob"]
        assert (await third.call("ping"))["op"] == "pong"
    assert (await talk.receive())["delivery"]["typing"] == []


async def test_settled(server: Served, talk: Talk) -> None:
    """With its response a prompt is done: nothing more is told, and it takes no place."""
    asked = await server.post(question())
    await show(talk, asked, state="typing", name="ann")
    (session,) = server.daemon.gateway.presence._guests
    assert session.showing == 1
    await server.respond(asked, answer="x")
    assert session.showing == 0
    await talk.send({"op": "show", "ids": [asked["id"]], "state": "seen", "name": "bob"})
    assert (await talk.call("ping"))["op"] == "pong"
    kept = (await server.http.get(f"/api/v1/messages/{asked['id']}")).json()["prompt"]
    assert (kept["delivery"]["seen_by"], kept["delivery"]["typing"]) == (["ann"], [])


async def test_watch(server: Served, talk: Talk) -> None:
    """An agent that watches delivery is told at once how it is, then of each change."""
    asked = await server.post(question())
    await talk.send({"op": "watch", "ids": [asked["id"]], "delivery": True})
    assert (await talk.receive())["delivery"]["delivered_at"] is None
    async with talking(server.socket_url("rest"), V1) as surface:
        await show(surface, asked, state="delivered")
        assert (await talk.receive())["delivery"]["delivered_at"] is not None


@pytest.mark.parametrize("role", ["agent", "observer"])
async def test_role(server: Served, port: str, role: str) -> None:
    """What cannot answer shows nothing to anybody."""
    asked = await server.post(question())
    async with talking(server.socket_url(port), V1, role=role) as talk:
        assert (await show(talk, asked))["code"] == "not_allowed"
    assert server.broker.prompt(next(server.broker.pending()).entry.id).audience is None


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"state": "dancing"}, "$.state"),
        ({}, "$.state"),
        ({"state": "seen", "name": "x" * 101}, "$.name"),
        ({"state": "seen", "surface": "x" * 101}, "$.surface"),
        ({"state": "seen", "name": 5}, "$.name"),
        ({"state": "seen", "ids": "all"}, "$.ids"),
        ({"state": "seen", "ids": ["1"]}, "$.ids[0]"),
    ],
)
async def test_bad(server: Served, talk: Talk, members: dict[str, Any], path: str) -> None:
    """What cannot be names its field, and nothing of it is known."""
    asked = await server.post(question())
    told = await talk.call("show", **{"ids": [asked["id"]], **members})
    assert (told["op"], told["path"]) == ("error", path)


async def test_unknown(server: Served, talk: Talk) -> None:
    """A prompt that is not known gets an error with its id; the others are told."""
    asked, nothing = await server.post(question()), str(uuid4())
    await talk.send({"op": "show", "ids": [nothing, asked["id"]], "state": "seen", "name": "a"})
    frames = {one["op"]: one for one in await talk.receive_some(2)}
    assert frames["error"]["id"] == nothing
    assert frames["delivery"]["id"] == asked["id"]


async def test_bound(port: str) -> None:
    """A connection shows so many open prompts; one that settles makes room."""
    async with (
        serving(max_shown=2) as server,
        talking(server.socket_url(port), V1) as talk,
    ):
        asked = await server.post(question(), question(), question())
        told = await show(talk, *asked, ref=1)
        frames = [told, *await talk.receive_some(3)]
        (refused,) = [one for one in frames if one["op"] == "error"]
        assert (refused["code"], refused["id"]) == ("too_many_prompts", asked[2]["id"])
        await server.respond(asked[0], answer="x")
        assert (await show(talk, asked[2]))["id"] == asked[2]["id"]


async def test_changes_merge(server: Served, talk: Talk) -> None:
    """What changes while nobody takes it is told once, as it is then."""
    asked = await server.post(question())
    prompt = server.broker.prompt(next(server.broker.pending()).entry.id)
    await show(talk, asked, state="delivered")
    for number in range(1000):
        server.broker.show(prompt, number, Showing.TYPING, f"p{number % 7}")
    told = (await talk.receive())["delivery"]
    assert sorted(told["typing"]) == [f"p{number}" for number in range(7)]
    assert (await talk.call("ping"))["op"] == "pong"


async def test_many(server: Served, talk: Talk) -> None:
    """However many change together, each is told."""
    asked = await server.post(*[question() for _ in range(200)])
    await talk.send({"op": "show", "ids": [one["id"] for one in asked], "state": "delivered"})
    told = await talk.receive_some(200)
    assert {one["id"] for one in told} == {one["id"] for one in asked}


async def test_gone(server: Served, port: str) -> None:
    """A connection that ends leaves nothing behind but what was seen."""
    asked = await server.post(question())
    async with talking(server.socket_url(port), V1) as talk:
        await show(talk, asked, state="typing", name="ann")
    audience = next(server.broker.pending()).audience
    await until(lambda: not audience._listeners)
    assert (list(audience.seen_by), audience.typing) == (["ann"], {})
