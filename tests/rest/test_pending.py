"""The list of what waits for a person."""

from __future__ import annotations

from tests.serving import (
    APPROVE,
    Served,
    authorization,
    navigate,
    note,
    question,
    serving,
)


async def pending(server: Served, **query: object) -> dict:
    answer = await server.http.get("/api/v1/pending", params=query)
    assert answer.status_code == 200
    return dict(answer.json())


async def test_nothing(server: Served) -> None:
    """Nothing waiting is an empty list."""
    await server.post(note())
    assert await pending(server) == {"items": [], "total_count": 0}


async def test_items(server: Served) -> None:
    """An item names the prompt, its kind, its place on its channel and its label."""
    asked = await server.post(question("b", text="Which?"))
    await server.post(note("b"))
    allowed = await server.post(authorization("b", action="Deploy"))
    opened = await server.post(navigate("a", url="https://example.org/x"))
    listed = await pending(server)
    assert listed["total_count"] == 3
    shown = [(i["kind"], i["channel"], i["position"], i["label"]) for i in listed["items"]]
    assert shown == [
        ("navigate", "a", 1, "https://example.org/x"),
        ("question", "b", 1, "Which?"),
        ("authorization", "b", 2, "Deploy"),
    ]
    assert [i["message"] for i in listed["items"]] == [opened, asked, allowed]
    assert [i["message_id"] for i in listed["items"]] == [
        opened["id"],
        asked["id"],
        allowed["id"],
    ]
    for item in listed["items"]:
        assert list(item) == [
            "message_id",
            "kind",
            "channel",
            "position",
            "label",
            "expires_at",
            "expires_in",
            "delivery",
            "message",
        ]
        told = await server.http.get(f"/api/v1/messages/{item['message_id']}")
        assert 0 < item["expires_in"] <= item["message"]["content"]["timeout_seconds"]
        assert item["expires_at"] == told.json()["prompt"]["expires_at"]


async def test_settled_ones_leave(server: Served) -> None:
    """An answered prompt leaves the list, and the next one moves up."""
    first = await server.post(authorization())
    second = await server.post(authorization())
    await server.respond(first, **APPROVE)
    (item,) = (await pending(server))["items"]
    assert item["message"] == second
    assert item["position"] == 1


async def test_channel(server: Served) -> None:
    """A channel's list shows that channel only; one that is not there has none."""
    await server.post(question("a"))
    asked = await server.post(question("b"))
    listed = await pending(server, channel="b")
    assert listed["total_count"] == 1
    assert listed["items"][0]["message"] == asked
    assert await pending(server, channel="c") == {"items": [], "total_count": 0}


async def test_limit() -> None:
    """A page is bounded by the request and by the server; the count is of all."""
    async with serving(page_size=2) as server:
        await server.post(*(question() for _ in range(3)))
        for limit, shown in ((1, 1), (100, 2), (0, 0)):
            listed = await pending(server, limit=limit)
            assert len(listed["items"]) == shown
            assert listed["total_count"] == 3
        assert len((await pending(server))["items"]) == 2


async def test_the_most_urgent_of_too_many(server: Served) -> None:
    """A list that is cut has what is most urgent, and of the same what ends soonest."""
    await server.post({**question("a"), "metadata": {"priority": "low"}})
    await server.post(question("b", timeout_seconds=200))
    soon = await server.post(question("b", timeout_seconds=100))
    await server.post(question("c", timeout_seconds=300))
    asked = question("z", timeout_seconds=900)
    urgent = await server.post({**asked, "metadata": {"priority": "urgent"}})
    listed = await pending(server, limit=2)
    assert listed["total_count"] == 5
    assert [item["message"] for item in listed["items"]] == [soon, urgent]
    assert [item["position"] for item in listed["items"]] == [2, 1]
