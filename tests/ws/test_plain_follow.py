"""Following channels in the earlier conversation: what was asked for, in order, no more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.serving import Served, Talk, note, question, serving, talking, until

WISHES: list[dict[str, Any]] = [
    {"subscribe": "*"},
    {"subscribe": ["*"]},
    {"subscribe": ["a"]},
    {"subscribe": "a"},
    {"type": "subscribe", "channel": "a"},
    {"type": "subscribe", "channel": "*"},
    {"type": "subscribe", "channel": "a", "extra": 1},
]


def texts(frames: list[dict[str, Any]]) -> list[str]:
    return [one["content"]["text"] for one in frames]


@pytest.mark.parametrize("wish", WISHES)
async def test_replay_then_follow(server: Served, plain: Talk, wish: dict[str, Any]) -> None:
    """Each way to ask replays what there is as bare messages, then follows."""
    old = await server.post(note("a", "1"), note("a", "2"))
    await plain.send(wish)
    assert await plain.receive_some(2) == old
    new = await server.post(note("a", "3"))
    assert await plain.receive() == new


async def test_newest_500(server: Served, plain: Talk) -> None:
    """The newest 500 are replayed, in order."""
    await server.post(*(note("a", str(number)) for number in range(510)))
    await plain.send({"subscribe": ["a"]})
    assert texts(await plain.receive_some(500)) == [str(n) for n in range(10, 510)]
    await server.post(note("a", "new"))
    assert texts([await plain.receive()]) == ["new"]


async def test_only_what_was_asked_for(server: Served, plain: Talk) -> None:
    """Nothing of another channel arrives: neither its past, nor its present, nor prompts."""
    await server.post(note("b", "old"))
    await plain.send({"subscribe": ["a", "c"]})
    await until(lambda: server.broker.tables.feeds == 2)
    await server.post(note("b"), question("b"))
    await server.post(note("a", "1"))
    assert texts([await plain.receive()]) == ["1"]
    await server.post(note("b"))
    await server.post(note("c", "2"))
    assert texts([await plain.receive()]) == ["2"]
    assert await plain.call_plain(note("b")) == []


async def test_without_a_wish(server: Served, plain: Talk) -> None:
    """A connection that asked for nothing gets nothing."""
    await server.post(note(), question())
    assert await plain.call_plain(note()) == []


async def test_later_channels(server: Served, plain: Talk) -> None:
    """Following all includes the channels that appear later, from their first message."""
    await plain.send({"subscribe": "*"})
    await plain.call_plain(note("a", "own"))
    assert texts([await plain.receive()]) == ["own"]
    told = await server.post(note("later", "1"), note("later", "2"))
    assert await plain.receive_some(2) == told


@pytest.mark.parametrize(
    ("wish", "end"),
    [
        ({"subscribe": ["a"]}, {"unsubscribe": ["a"]}),
        ({"subscribe": "a"}, {"type": "unsubscribe", "channel": "a"}),
        ({"subscribe": "*"}, {"unsubscribe": "*"}),
        ({"subscribe": ["a", "b"]}, {"type": "unsubscribe", "channel": "*"}),
    ],
)
async def test_unsubscribe(
    server: Served, plain: Talk, wish: dict[str, Any], end: dict[str, Any]
) -> None:
    """After the end of a subscription nothing more comes, and no feed is left."""
    await plain.send(wish)
    told = await server.post(note("a"))
    assert await plain.receive() == told
    assert await plain.call_plain(end) == []
    assert server.broker.tables.feeds == 0
    await server.post(note("a"))
    assert await plain.call_plain(note("c")) == []


async def test_unsubscribe_one_of_two(server: Served, plain: Talk) -> None:
    """The others go on."""
    await plain.send({"subscribe": ["a", "b"]})
    assert await plain.call_plain({"unsubscribe": ["a"]}) == []
    await server.post(note("a"))
    told = await server.post(note("b"))
    assert await plain.receive() == told


async def test_twice(server: Served, plain: Talk) -> None:
    """To ask twice is to ask once."""
    old = await server.post(note("a"))
    await plain.send({"subscribe": ["a"]}, {"subscribe": ["a"]}, {"subscribe": "*"})
    assert await plain.receive() == old
    new = await server.post(note("a"))
    assert await plain.receive() == new
    assert await plain.call_plain(note("b", "x")) == []
    assert texts([await plain.receive()]) == ["x"]
    assert server.broker.tables.feeds == 2


async def test_all_and_a_new_one(server: Served, plain: Talk) -> None:
    """To follow all, and also a channel that is not there yet, brings its messages once."""
    await plain.send({"subscribe": "*"}, {"subscribe": ["new"]})
    await until(lambda: server.broker.tables.feeds)
    assert server.broker.tables.feeds == 1
    told = await server.post(note("new", "1"), note("new", "2"))
    assert await plain.receive_some(2) == told


async def test_too_many_feeds(port: str) -> None:
    """A subscription over the bound is refused to who asked; others keep theirs."""
    async with (
        serving(max_feeds=1) as server,
        talking(server.socket_url(port)) as first,
        talking(server.socket_url(port)) as second,
    ):
        assert await first.call_plain({"subscribe": ["a"]}) == []
        (refused,) = await second.call_plain({"subscribe": ["a"]})
        assert refused["code"] == "too_many_feeds"
        told = await server.post(note("a"))
        assert await first.receive() == told
        assert await second.call_plain(note("b")) == []
