"""What a program for people does: list, follow, answer; and reading the server's lists."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from ailoop import AiloopClient, MissedMessages
from ailoop.model.message import Authorization, Notification
from ailoop.version import __version__
from tests.client.faces import OpenClient
from tests.client.kit import Call
from tests.serving import PATIENCE, Served, note, question, serving


async def take(feed: Any, count: int) -> list[str]:
    """Return the texts of the next messages of a feed."""
    texts = []
    with trio.fail_after(PATIENCE):
        while len(texts) < count:
            texts.append((await anext(feed)).content.text)
    return texts


async def test_respond(server: Served, client: AiloopClient) -> None:
    """``respond`` returns the recorded response; the same again returns the same."""
    sent = await server.post(question())
    first = await client.respond(sent["id"], "blue", reason="sky", responder="ann")
    assert first.content.answer == "blue"
    assert first.metadata == {"reason": "sky", "responder": "ann"}
    assert await client.respond(sent["id"], "blue", responder="ann") == first


async def test_approve(server: Served, client: AiloopClient) -> None:
    """A person approves by type; nothing else approves."""
    prompt = await client.post("a", Authorization(action="Deploy"))
    response = await client.respond(prompt.id, response_type="authorization_approved")
    assert response.correlation_id == prompt.id
    assert await server.state_of({"id": str(prompt.id)}) == "approved"


async def test_pending(server: Served, client: AiloopClient) -> None:
    """``pending`` lists what waits, each with its message, of one channel or of all."""
    first, second = await server.post(question("a"), question("b"))
    items = await client.pending()
    assert [str(one["message"].id) for one in items] == [first["id"], second["id"]]
    assert [one["position"] for one in items] == [1, 1]
    (item,) = await client.pending("b")
    assert item["message_id"] == second["id"]
    assert await client.pending("c") == []


async def test_history(client: AiloopClient) -> None:
    """``history`` returns the newest messages in order."""
    said = [await client.say("a", str(number)) for number in range(5)]
    assert await client.history("a") == said
    assert await client.history("a", limit=2) == said[3:]
    assert await client.history("none") == []


async def test_channels_and_health(client: AiloopClient) -> None:
    """``channels`` and ``health`` show what the server says of itself."""
    await client.say("b", "x")
    await client.say("a", "x")
    assert [one["name"] for one in await client.channels()] == ["a", "b"]
    health = await client.health()
    assert (health["status"], health["version"]) == ("healthy", __version__)
    assert health["active_channels"] == 2


async def test_subscribe(server: Served, client: AiloopClient) -> None:
    """A feed begins with what comes next, and brings its channels only."""
    await server.post(note("a", "old"))
    async with client.subscribe(["a", "b"]) as feed:
        await server.post(note("c", "foreign"))
        await server.post(note("a", "1"), note("a", "2"))
        assert await take(feed, 2) == ["1", "2"]
        await server.post(note("b", "3"))
        assert await take(feed, 1) == ["3"]


async def test_subscribe_one(server: Served, client: AiloopClient) -> None:
    """One channel may be named without a list."""
    async with client.subscribe("a") as feed:
        await server.post(note("a", "1"))
        assert await take(feed, 1) == ["1"]


async def test_replay(server: Served, client: AiloopClient) -> None:
    """``replay`` brings the newest few first."""
    await server.post(*(note("a", str(number)) for number in range(5)))
    async with client.subscribe("a", replay=2) as feed:
        assert await take(feed, 2) == ["3", "4"]
        await server.post(note("a", "5"))
        assert await take(feed, 1) == ["5"]


async def test_all(server: Served, client: AiloopClient) -> None:
    """All channels are those there are and those that appear later, from their start."""
    await server.post(note("a", "old"))
    async with client.subscribe() as feed:
        await server.post(note("later", "1"), note("later", "2"))
        assert await take(feed, 2) == ["1", "2"]
        await server.post(note("a", "3"))
        assert await take(feed, 1) == ["3"]


async def test_after(server: Served, client: AiloopClient) -> None:
    """``after`` resumes where a reader was."""
    await server.post(*(note("a", str(number)) for number in range(5)))
    page = (await server.http.get("/api/channels/a/messages")).json()
    async with client.subscribe("a", after={"a": page["next_after"] - 2}) as feed:
        assert await take(feed, 2) == ["3", "4"]


async def test_missed(transport: Any, face: OpenClient) -> None:
    """A reader that missed messages is told from where on nothing is missing, and goes on."""
    async with (
        serving(history_messages=3) as server,
        face(server.daemon.rest_url, transport=transport) as client,
    ):
        await server.post(note("a", "0"))
        after = (await server.http.get("/api/channels/a/messages")).json()["next_after"]
        for number in range(1, 6):
            await server.post(note("a", str(number)))
        async with client.subscribe("a", after={"a": after}) as feed:
            with pytest.raises(MissedMessages) as caught:
                await take(feed, 1)
            assert (caught.value.channel, caught.value.after) == ("a", after)
            assert caught.value.first == after + 3
            assert await take(feed, 3) == ["3", "4", "5"]


async def test_two_feeds(server: Served, client: AiloopClient) -> None:
    """One client follows several channels at once, each feed for itself."""
    async with client.subscribe("a") as first, client.subscribe("b") as second:
        await server.post(note("a", "1"), note("b", "2"))
        assert await take(second, 1) == ["2"]
        assert await take(first, 1) == ["1"]
    async with client.subscribe("a") as again:
        await server.post(note("a", "3"))
        assert await take(again, 1) == ["3"]


async def test_post_any_content(client: AiloopClient) -> None:
    """``post`` sends content as it is."""
    sent = await client.post("a", Notification(text="x"))
    assert (await client.history("a")) == [sent]


async def test_readers_of_one_feed(server: Served, client: Any, nursery: trio.Nursery) -> None:
    """Several readers of one feed share its messages: each goes to one of them."""
    async with client.subscribe("a") as feed:
        readers = [Call(nursery, take, feed, 1) for _ in range(3)]
        await server.post(*(note("a", str(number)) for number in range(3)))
        assert sorted([(await one.result())[0] for one in readers]) == ["0", "1", "2"]


async def test_cursors_within_a_page(server: Served, client: Any) -> None:
    """Whoever stops in the midst and goes on from the cursors misses nothing."""
    await server.post(*(note("a", str(number)) for number in range(5)))
    async with client.subscribe("a", replay=5) as feed:
        first = await take(feed, 2)
        cursors = dict(feed.cursors)
    assert cursors.keys() == {"a"}
    async with client.subscribe("a", after=cursors) as feed:
        seen = first
        while len(set(seen)) < 5:
            seen += await take(feed, 1)
    assert sorted(set(seen)) == list("01234")
