"""What a channel holds: pages, cursors, gaps and counts."""

from __future__ import annotations

from typing import Any

from tests.serving import Served, note, serving


async def page(server: Served, channel: str = "a", **query: Any) -> dict[str, Any]:
    answer = await server.http.get(f"/api/channels/{channel}/messages", params=query)
    assert answer.status_code == 200
    body = dict(answer.json())
    assert body["channel"] == channel
    return body


def texts(body: dict[str, Any]) -> list[str]:
    return [one["content"]["text"] for one in body["messages"]]


async def fill(server: Served, first: int, count: int) -> list[dict[str, Any]]:
    notes = [note("a", f"m{number}") for number in range(first, first + count)]
    return list(await server.post(*notes)) if count > 1 else [await server.post(*notes)]


async def test_newest(server: Served) -> None:
    """Without a cursor the newest come, oldest first, exactly as they were accepted."""
    sent = await fill(server, 0, 5)
    assert (await page(server, limit=2))["messages"] == sent[3:]
    body = await page(server)
    assert body["messages"] == sent
    assert body["total_count"] == 5
    assert "gap" not in body


async def test_default_limit(server: Served) -> None:
    """A page has 100 messages unless asked otherwise."""
    await fill(server, 0, 120)
    body = await page(server)
    assert texts(body) == [f"m{number}" for number in range(20, 120)]
    assert body["total_count"] == 120


async def test_largest_page() -> None:
    """No page is larger than the server's bound."""
    async with serving(page_size=2) as server:
        await fill(server, 0, 3)
        assert texts(await page(server, limit=1000)) == ["m1", "m2"]


async def test_cursor(server: Served) -> None:
    """Following ``next_after`` shows each message once, in order, and then what is new."""
    await fill(server, 0, 5)
    seen: list[str] = []
    after = 0
    for expected in (2, 2, 1, 0):
        body = await page(server, limit=2, after=after)
        assert len(body["messages"]) == expected
        assert "gap" not in body
        seen += texts(body)
        after = body["next_after"]
    await fill(server, 5, 1)
    seen += texts(await page(server, after=after))
    assert seen == [f"m{number}" for number in range(6)]


async def test_cursor_taken_from_the_newest(server: Served) -> None:
    """The cursor of a page without one leads on to what comes next."""
    await fill(server, 0, 3)
    after = (await page(server, limit=1))["next_after"]
    assert (await page(server, after=after))["messages"] == []
    await fill(server, 3, 1)
    assert texts(await page(server, after=after)) == ["m3"]


async def test_empty_channel_keeps_the_cursor(server: Served) -> None:
    """A channel that is not there has nothing, and hands a cursor back as it was."""
    body = await page(server, "none", after=17)
    assert body == {"channel": "none", "messages": [], "total_count": 0, "next_after": 17}
    assert (await server.http.get("/api/channels")).json() == {"channels": []}


async def test_gap() -> None:
    """A cursor behind the history is told what is missing, and from where nothing is."""
    async with serving(history_messages=3) as server:
        await fill(server, 0, 1)
        after = (await page(server))["next_after"]
        await fill(server, 1, 3)
        body = await page(server, after=after)
        assert "gap" not in body
        assert texts(body) == ["m1", "m2", "m3"]
        await fill(server, 4, 1)
        body = await page(server, after=after)
        assert texts(body) == ["m2", "m3", "m4"]
        assert body["gap"] == {"after": after, "first": after + 2}
        # From there on, nothing is missing.
        body = await page(server, after=body["gap"]["first"] - 1)
        assert "gap" not in body
        assert texts(body) == ["m2", "m3", "m4"]


async def test_cursor_of_another_life(server: Served) -> None:
    """A cursor that this log has not reached yet is a gap too, not an empty page."""
    await fill(server, 0, 2)
    head = (await page(server))["next_after"]
    body = await page(server, after=head + 1000)
    assert body["gap"] == {"after": head + 1000, "first": head - 1}


async def test_channels(server: Served) -> None:
    """The list of channels tells how much each holds, under both of its addresses."""
    notes = await server.post(note("b"), note("a"), note("b"))
    listed = await server.http.get("/api/channels")
    assert listed.json() == {
        "channels": [
            {
                "name": name,
                "message_count": count,
                "oldest_message": listed.json()["channels"][index]["oldest_message"],
                "newest_message": listed.json()["channels"][index]["newest_message"],
            }
            for index, (name, count) in enumerate((("a", 1), ("b", 2)))
        ]
    }
    for one in listed.json()["channels"]:
        assert notes[0]["timestamp"][:10] <= one["oldest_message"] <= one["newest_message"]
    assert (await server.http.get("/api/v1/channels")).content == listed.content


async def test_stats(server: Served) -> None:
    """A channel's own numbers are the same; one that is not there has none."""
    await fill(server, 0, 2)
    listed = (await server.http.get("/api/channels")).json()["channels"][0]
    listed["channel"] = listed.pop("name")
    assert (await server.http.get("/api/channels/a/stats")).json() == listed
    nothing = await server.http.get("/api/channels/none/stats")
    assert nothing.json() == {
        "channel": "none",
        "message_count": 0,
        "oldest_message": None,
        "newest_message": None,
    }
