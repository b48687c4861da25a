"""Whether anybody was shown a prompt: agents ask, surfaces tell, and hear of each other."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import trio

from ailoop import (
    AiloopClient,
    AiloopError,
    Delivery,
    NotFound,
    PromptLost,
    Ticket,
    Undelivered,
)
from ailoop.client.deliveries import DeliveryFeed
from tests.client.faces import OpenClient
from tests.client.kit import Call
from tests.client.proxy import wired
from tests.serving import PATIENCE, V1, Served, question, talking, until


async def test_undelivered(server: Served, client: AiloopClient) -> None:
    """Where no surface shows a prompt in time its agent is told so; it stays open."""
    ticket = await client.post_question("a", "Which?")
    with pytest.raises(Undelivered) as told:
        await client.wait_delivered(ticket, within=0.01)
    assert told.value.prompt_id == ticket.id
    assert await server.state_of({"id": str(ticket.id)}) == "pending"


async def test_delivered(server: Served, client: AiloopClient) -> None:
    """Who waits for a prompt to be shown is told at once when it is."""
    ticket = await client.post_question("a", "Which?")
    async with talking(server.socket_url("rest"), V1) as surface, trio.open_nursery() as tasks:
        waiting = Call(tasks, lambda: client.wait_delivered(ticket, within=60))
        await until(lambda: server.broker.tables.waiters)
        await surface.call("show", ids=[str(ticket.id)], state="delivered", surface="page")
        delivery = await waiting.result()
        assert delivery.prompt_id == ticket.id
        assert delivery.delivered_at is not None
        assert (delivery.seen_at, delivery.seen_by, delivery.typing) == (None, (), ())


async def test_settled_unshown(server: Served, client: AiloopClient) -> None:
    """Of a prompt that was answered without being shown there is nothing to wait for."""
    ticket = await client.post_question("a", "Which?")
    async with trio.open_nursery() as tasks:
        waiting = Call(tasks, lambda: client.wait_delivered(ticket, within=60))
        await until(lambda: server.broker.tables.waiters)
        await server.respond({"id": str(ticket.id)}, answer="x")
        delivery = await waiting.result()
    assert delivery.delivered_at is None


async def test_undelivered_without_a_server(server: Served, face: OpenClient) -> None:
    """A server that cannot be reached does not hold up who wants to know in time."""
    async with (
        wired(server.address("rest")) as wire,
        face(wire.url, transport="rest") as client,
    ):
        ticket = await client.post_question("a", "Which?")
        wire.refusing = True
        wire.cut()
        with trio.fail_after(PATIENCE), pytest.raises(Undelivered):
            await client.wait_delivered(ticket, within=0.2)


async def test_delivery(server: Served, client: AiloopClient) -> None:
    """``show`` tells, ``delivery`` returns what was told; ``pending`` has it, too."""
    asked = await server.post(question())
    for state, name in (("delivered", None), ("seen", "ann")):
        await client.show([asked["id"]], state, name=name, surface="pager")
    delivery = await client.delivery(asked["id"])
    assert delivery.seen_by == ("ann",)
    assert delivery.delivered_at is not None
    assert delivery.seen_at is not None
    assert delivery.delivered_at <= delivery.seen_at
    (item,) = await client.pending()
    assert item["delivery"]["seen_by"] == ["ann"]


async def test_not_known(client: AiloopClient) -> None:
    """A prompt that is not known was not shown; of a ticket it was lost."""
    with pytest.raises(NotFound):
        await client.delivery(uuid4())
    with pytest.raises(PromptLost):
        await client.wait_delivered(Ticket(uuid4(), "a"), within=1)


async def test_show_what_is_gone(server: Served, client: AiloopClient) -> None:
    """A prompt that is not known any more is left out; the others are told."""
    asked = await server.post(question())
    await client.show([uuid4(), asked["id"]], "seen", name="ann")
    assert (await client.delivery(asked["id"])).seen_by == ("ann",)
    await client.show([], "seen")


@pytest.fixture
async def surface(server: Served, face: OpenClient) -> Any:
    """Open a client over WebSocket, of each face."""
    async with face(server.daemon.rest_url, role="human") as opened:
        yield opened


async def test_deliveries(server: Served, surface: Any) -> None:
    """Surfaces hear of each other; when one goes, its person types no more."""
    asked = await server.post(question())
    ids = [asked["id"]]
    async with surface.deliveries() as feed:
        await surface.show(ids, "seen", name="ann", surface="terminal")
        with trio.fail_after(PATIENCE):
            assert (await anext(feed)).seen_by == ("ann",)
            async with talking(server.socket_url("rest"), V1) as other:
                await other.call("show", ids=ids, state="typing", name="bob")
                told = await anext(feed)
                assert (told.seen_by, told.typing) == (("ann", "bob"), ("bob",))
            assert (await anext(feed)).typing == ()


async def test_deliveries_latest() -> None:
    """Of a prompt that changes faster than it is read, the latest is delivered."""
    feed, first, second = DeliveryFeed(), uuid4(), uuid4()
    for prompt_id, name in ((first, "ann"), (second, "bob"), (first, "cem")):
        feed.put(Delivery(prompt_id=prompt_id, seen_by=(name,)))
    told = [await anext(feed), await anext(feed)]
    assert [(one.prompt_id, one.seen_by) for one in told] == [
        (first, ("cem",)),
        (second, ("bob",)),
    ]


async def test_deliveries_over_http(server: Served, face: OpenClient) -> None:
    """Over HTTP nothing comes by itself, and the client says so."""
    async with face(server.daemon.rest_url, transport="rest") as client:
        with pytest.raises(AiloopError, match="WebSocket"):
            async with client.deliveries():
                pass


async def test_surface_is_recorded(server: Served, client: AiloopClient) -> None:
    """A response says who, and where."""
    asked = await server.post(question())
    response = await client.respond(asked["id"], "x", responder="ann", surface="pager")
    assert response.metadata == {"responder": "ann", "surface": "pager"}
