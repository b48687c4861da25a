"""Following channels in ``ailoop.v1``: cursors, replay, gaps, and nothing foreign."""

from __future__ import annotations

from typing import Any

import pytest

from tests.serving import V1, Served, Talk, note, question, serving, talking, until


async def fill(server: Served, count: int, channel: str = "a", first: int = 0) -> int:
    """Post notes and return the seq of the newest."""
    await server.post(*(note(channel, str(first + number)) for number in range(count)))
    page = await server.http.get(f"/api/channels/{channel}/messages", params={"limit": 1})
    return int(page.json()["next_after"])


async def read(talk: Talk, count: int) -> tuple[list[int], list[str]]:
    """Return numbers and texts of the next message frames."""
    frames = await talk.receive_some(count)
    assert {one["op"] for one in frames} <= {"message"}
    return (
        [one["seq"] for one in frames],
        [one["message"]["content"]["text"] for one in frames],
    )


async def test_from_now_on(server: Served, talk: Talk) -> None:
    """Without a cursor a subscription begins with what comes next; the reply tells where."""
    head = await fill(server, 3)
    told = await talk.call("subscribe", channels=["a"], ref=1)
    assert told == {"op": "subscribed", "ref": 1, "channels": {"a": head}}
    sent = await server.post(note("a", "new"))
    assert await talk.receive() == {"op": "message", "seq": head + 1, "message": sent}


async def test_after(server: Served, talk: Talk) -> None:
    """With a cursor, each message after it comes once, in order, then what is new."""
    head = await fill(server, 5)
    await talk.call("subscribe", channels=["a"], after=head - 3)
    assert await read(talk, 3) == ([head - 2, head - 1, head], ["2", "3", "4"])
    await fill(server, 1, first=5)
    assert await read(talk, 1) == ([head + 1], ["5"])


async def test_after_zero(server: Served, talk: Talk) -> None:
    """A cursor of 0 asks for all there is, and misses nothing."""
    await fill(server, 300)
    await talk.call("subscribe", channels=["a"], after=0)
    assert (await read(talk, 300))[1] == [str(number) for number in range(300)]


async def test_after_by_channel(server: Served, talk: Talk) -> None:
    """Cursors may be given by channel; a channel without one begins now."""
    heads = {name: await fill(server, 2, name) for name in "abc"}
    after = {"a": heads["a"] - 1, "b": heads["b"] - 2}
    await talk.call("subscribe", channels=["a", "b", "c"], after=after)
    frames = await talk.receive_some(3)
    seen = [(one["message"]["channel"], one["message"]["content"]["text"]) for one in frames]
    assert sorted(seen) == [("a", "1"), ("b", "0"), ("b", "1")]
    assert (await talk.call("ping"))["op"] == "pong"


async def test_replay(server: Served, talk: Talk) -> None:
    """``replay`` asks for the newest few instead."""
    await fill(server, 5)
    await talk.call("subscribe", channels=["a"], replay=2)
    assert (await read(talk, 2))[1] == ["3", "4"]
    assert (await talk.call("ping"))["op"] == "pong"


async def test_all(server: Served, talk: Talk) -> None:
    """``*`` follows what there is and what will be, each new channel from its start."""
    await fill(server, 2)
    told = await talk.call("subscribe", channels="*")
    assert list(told["channels"]) == ["a"]
    sent = await server.post(note("later", "1"), question("later"))
    assert [one["message"] for one in await talk.receive_some(2)] == sent
    await fill(server, 1, first=2)
    assert (await read(talk, 1))[1] == ["2"]


async def test_all_with_cursors(server: Served, talk: Talk) -> None:
    """A reader of all that was away resumes each channel where it was."""
    heads = {name: await fill(server, 3, name) for name in "ab"}
    after = {"a": heads["a"] - 1, "b": heads["b"]}
    await talk.call("subscribe", channels=["*"], after=after)
    assert (await read(talk, 1))[1] == ["2"]
    assert (await talk.call("ping"))["op"] == "pong"


async def test_only_what_was_asked_for(server: Served, talk: Talk) -> None:
    """Nothing of another channel arrives, nor does what was asked on it by others."""
    await talk.call("subscribe", channels=["a"], after=0)
    await server.post(note("b"), question("b"))
    await fill(server, 1)
    assert (await read(talk, 1))[1] == ["0"]
    asked = await server.post(question("b"))
    await server.respond(asked, answer="x")
    assert (await talk.call("ping"))["op"] == "pong"


async def test_unsubscribe(server: Served, talk: Talk) -> None:
    """After the end of a subscription nothing more of it comes; the reply names the rest."""
    await talk.call("subscribe", channels=["a", "b"])
    told = await talk.call("unsubscribe", channels=["a", "never"], ref=2)
    assert (told["op"], told["ref"], list(told["channels"])) == ("unsubscribed", 2, ["b"])
    await fill(server, 1, "a")
    await fill(server, 1, "b")
    assert (await read(talk, 1))[1] == ["0"]
    assert (await talk.call("unsubscribe", channels="*"))["channels"] == {}
    assert server.broker.tables.feeds == 0


async def test_gap(port: str) -> None:
    """A cursor behind the history is told from where on nothing is missing, then follows."""
    async with (
        serving(history_messages=3) as server,
        talking(server.socket_url(port), V1) as talk,
    ):
        head = await fill(server, 3)
        await fill(server, 1, first=3)
        await fill(server, 1, first=4)
        await talk.call("subscribe", channels=["a"], after=head - 2)
        told = await talk.receive()
        assert told == {"op": "gap", "channel": "a", "after": head - 2, "first": head}
        assert await read(talk, 3) == ([head, head + 1, head + 2], ["2", "3", "4"])


async def test_no_gap(port: str) -> None:
    """A cursor just before the first message kept has missed nothing."""
    async with (
        serving(history_messages=3) as server,
        talking(server.socket_url(port), V1) as talk,
    ):
        head = await fill(server, 3)
        await fill(server, 1, first=3)
        await talk.call("subscribe", channels=["a"], after=head - 2)
        assert (await read(talk, 3))[1] == ["1", "2", "3"]


async def test_cursor_of_another_life(server: Served, talk: Talk) -> None:
    """A cursor that this log has not reached is a gap, not silence."""
    head = await fill(server, 2)
    await talk.call("subscribe", channels=["a"], after=head + 1000)
    told = await talk.receive()
    assert (told["op"], told["first"]) == ("gap", head - 1)
    assert (await read(talk, 2))[1] == ["0", "1"]


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({}, "$.channels"),
        ({"channels": "a"}, "$.channels"),
        ({"channels": None}, "$.channels"),
        ({"channels": {"a": 1}}, "$.channels"),
        ({"channels": ["a"], "after": -1}, "$.after"),
        ({"channels": ["a"], "after": True}, "$.after"),
        ({"channels": ["a"], "after": "1"}, "$.after"),
        ({"channels": ["a"], "after": {"a": "1"}}, "$.after"),
        ({"channels": ["a"], "replay": -1}, "$.replay"),
        ({"channels": ["a"], "replay": "x"}, "$.replay"),
    ],
)
async def test_bad_wish(server: Served, talk: Talk, members: dict[str, Any], path: str) -> None:
    """A wish that is not understood follows nothing and names the member."""
    told = await talk.call("subscribe", **members, ref=1)
    assert (told["op"], told["ref"], told["code"]) == ("error", 1, "bad_request")
    assert told["path"] == path
    assert server.broker.tables.feeds == 0


@pytest.mark.parametrize("name", ["-", "system", "a b", 5, None])
async def test_bad_channel(server: Served, talk: Talk, name: Any) -> None:
    """One name that no channel may have refuses the whole wish."""
    assert (await talk.call("subscribe", channels=["a", name]))["code"] == "bad_channel"
    assert server.broker.tables.feeds == 0


async def test_feeds_leave_with_the_connection(server: Served, port: str) -> None:
    """A connection that ends leaves no feed and no empty channel behind."""
    async with talking(server.socket_url(port), V1) as talk:
        await talk.call("subscribe", channels=["a", "b"])
        await talk.call("subscribe", channels="*")
        assert server.broker.tables.feeds == 2
    await until(lambda: server.broker.tables.feeds == 0)
    await until(lambda: not server.broker.channels)
    await server.post(note())
    assert server.broker.tables.feeds == 0
