"""Asking in steps, under a key, behind a guard; telling without waiting."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import trio

from ailoop import AiloopClient, Conflict, NotAuthorized, NotFound, Patience, PromptLost, Ticket
from ailoop.client.ticket import id_of_key
from ailoop.model.message import Authorization, Question
from tests.client.faces import OpenClient, alone, but
from tests.client.kit import Call, asked, settle
from tests.serving import APPROVE, DENY, PATIENCE, Served, question

GUARDS = {
    "asyncio": "its decorator and block are in test_aio.py",
    "sync": "its decorator and block are in test_sync.py",
    "node": "it has requireAuthorization, in test_typescript.py",
    "chromium": "it has requireAuthorization, in test_typescript.py",
}


async def test_ticket(
    server: Served,
    client: AiloopClient,
    nursery: trio.Nursery,
    face: OpenClient,
    transport: Any,
) -> None:
    """A ticket goes through text to another process, which gets the answer."""
    kept = str(await client.post_question("a", "Which?", choices=["x", "y"], timeout=600))
    ticket = Ticket.load(kept)
    (prompt,) = server.broker.pending()
    assert (ticket.id, ticket.channel) == (prompt.entry.id, "a")
    assert ticket.expires_at is not None
    assert abs(ticket.expires_at.timestamp() - prompt.deadline) < PATIENCE
    assert str(ticket) == kept
    async with face(server.daemon.rest_url, transport=transport) as other:
        call = Call(nursery, other.wait, ticket)
        recorded = await settle(server, prompt, answer="x")
        assert (await call.result()).id == recorded


async def test_ticket_of_each(client: AiloopClient) -> None:
    """Each kind of prompt has one, and it can be withdrawn by it."""
    for ticket in (
        await client.post_authorization("a", "Deploy", timeout=0),
        await client.post_navigate("a", "https://example.org/"),
    ):
        assert (await client.withdraw(ticket)).content.response_type == "cancelled"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"id":1}', '{"id":"x","channel":"a"}'])
def test_no_ticket(text: str) -> None:
    """What is no ticket is refused."""
    with pytest.raises(ValueError, match="not a ticket"):
        Ticket.load(text)


async def test_lost_ticket(client: AiloopClient) -> None:
    """A ticket says that the server had the prompt; an id alone does not."""
    ticket = Ticket(id_of_key("a", Question(text="x"), "never"), "a")
    with pytest.raises(PromptLost):
        await client.wait(ticket)
    with pytest.raises(NotFound) as caught:
        await client.wait(ticket.id)
    assert type(caught.value) is NotFound


@but(sync="a call that blocks cannot be cancelled; how it ends is in test_sync.py")
async def test_key(server: Served, client: AiloopClient, nursery: trio.Nursery) -> None:
    """Under one key a person is asked once, however often the agent is started."""
    for _ in range(2):
        first = Call(nursery, lambda: client.authorize("a", "Deploy 42", key="deploy-42"))
        await asked(server)
        first.scope.cancel()
    again = Call(nursery, lambda: client.authorize("a", "Deploy 42", key="deploy-42"))
    prompt = await asked(server)
    await settle(server, prompt, **APPROVE)
    assert await again.result()
    assert await client.authorize("a", "Deploy 42", key="deploy-42")
    assert len(await client.history("a")) == 2
    with pytest.raises(Conflict) as caught:
        await client.authorize("a", "Deploy 43", key="deploy-42")
    assert caught.value.code == "id_conflict"


def test_ids_of_keys() -> None:
    """Channel, kind and key each make another id; the id of one is the same for ever."""
    ask, authorize = Question(text="x"), Authorization(action="x")
    ids = {
        id_of_key("a", ask, "k"),
        id_of_key("b", ask, "k"),
        id_of_key("a", authorize, "k"),
        id_of_key("a", ask, "l"),
    }
    assert len(ids) == 4
    assert id_of_key("a", ask, "k") == id_of_key("a", Question(text="y"), "k")
    assert str(id_of_key("a", ask, "k")) == "85fa6b64-e801-507c-9996-3538cd33c533"


@but(**GUARDS)
async def test_guarded_function(
    server: Served, client: AiloopClient, nursery: trio.Nursery
) -> None:
    """A guarded function runs after an approval, and not at all without."""
    done = []

    @client.requires_authorization("deploy {version} to {where}", channel="a")
    async def deploy(version: str, *, where: str = "prod") -> str:
        """Deploy."""
        done.append((version, where))
        return "done"

    assert deploy.__doc__ == "Deploy."
    call = Call(nursery, deploy, "1.4")
    prompt = await asked(server)
    assert prompt.content.label == "deploy 1.4 to prod"
    assert not done
    await settle(server, prompt, **APPROVE)
    assert await call.result() == "done"
    call = Call(nursery, deploy, "1.5")
    await settle(server, await asked(server), **DENY, reason="not today")
    with pytest.raises(NotAuthorized, match=r"deploy 1\.5 to prod \(not today"):
        await call.result()
    assert done == [("1.4", "prod")]


@but(**GUARDS)
async def test_guarded_block(
    server: Served, client: AiloopClient, nursery: trio.Nursery
) -> None:
    """So does a block, which is told who approved."""

    async def work() -> str | None:
        async with client.requires_authorization("drop {it}", channel="a") as approval:
            return approval.responder

    call = Call(nursery, work)
    prompt = await asked(server)
    assert prompt.content.label == "drop {it}"
    await settle(server, prompt, **APPROVE, responder="ann")
    assert await call.result() == "ann"
    call = Call(nursery, work)
    await settle(server, await asked(server), **DENY)
    with pytest.raises(NotAuthorized):
        await call.result()


@alone("what a decorator sees when it is applied; of sync in test_sync.py")
def test_guard_mistakes() -> None:
    """What could not work shows when the function is made, not when it is called."""
    guard = AiloopClient("http://127.0.0.1:1").requires_authorization("deploy {version}")

    async def other(name: str) -> None: ...

    def blocking(version: str) -> None: ...

    with pytest.raises(TypeError, match="version"):
        guard(other)
    with pytest.raises(TypeError, match="async"):
        guard(blocking)  # type: ignore[arg-type]


async def test_say_without_waiting(
    server: Served, client: AiloopClient, face: OpenClient, transport: Any
) -> None:
    """What is said without waiting arrives in order, also when the client leaves at once."""
    url = server.daemon.rest_url
    async with face(url, transport=transport) as other:
        for number in range(50):
            await other.say("a", str(number), wait=False)
    assert other.dropped == 0
    said = [one.content.text for one in await client.history("a")]
    assert said == [str(number) for number in range(50)]


async def test_many_behind_what_is_said(
    server: Served, nursery: trio.Nursery, face: OpenClient, transport: Any
) -> None:
    """Who speaks after what nobody waits for is not forgotten, however many they are."""
    async with face(server.daemon.rest_url, transport=transport) as other:
        for number in range(30):
            await other.say("a", str(number), wait=False)
        calls = [Call(nursery, other.say, "a", "last") for _ in range(5)]
        for call in calls:
            await call.result()
        said = [one.content.text for one in await other.history("a")]
    assert said == [*map(str, range(30)), *["last"] * 5]


@alone("that nothing goes out meanwhile only Trio's own scheduling can promise")
async def test_too_much_said(server: Served) -> None:
    """What there is no room for, and what is refused, is dropped and counted."""
    patience = Patience(buffered_messages=3)
    async with AiloopClient(server.daemon.rest_url, patience=patience) as client:
        with trio.CancelScope() as scope:
            scope.cancel()  # no checkpoint lets anything out meanwhile
            for _ in range(5):
                await _say_now(client)
        assert client.dropped == 2
        await client.say("a", "last")
        await client.say("no name", "x", wait=False)
        await client.say("a", "after it")
        assert client.dropped == 3
    assert len((await server.http.get("/api/channels/a/messages")).json()["messages"]) == 5


async def _say_now(client: AiloopClient) -> None:
    """Say something; its checkpoint is not to end the test's block."""
    with suppress(trio.Cancelled):
        await client.say("a", "x", wait=False)


@alone("what is asked in one turn of the loop; a bridge or a thread takes several")
async def test_together(server: Served, nursery: trio.Nursery) -> None:
    """What is asked at the same time shares a frame; one that is refused harms no other."""
    async with AiloopClient(server.daemon.rest_url) as client:
        before = server.daemon.gateway.counts.frames_received
        calls = [Call(nursery, client.say, "a", str(number)) for number in range(100)]
        for call in calls:
            await call.result()
        assert server.daemon.gateway.counts.frames_received - before <= 3
        mixed = [Call(nursery, client.say, name, "x") for name in ("a", "no name", "a")]
        await mixed[0].result()
        await mixed[2].result()
        with pytest.raises(Exception, match="channel name"):
            await mixed[1].result()


async def test_too_large(server: Served, nursery: trio.Nursery, face: OpenClient) -> None:
    """A message that the server closes for is refused, and the client goes on."""
    async with face(server.daemon.rest_url) as client:
        with trio.fail_after(PATIENCE), pytest.raises(Exception, match="larger") as caught:
            await client.say("a", "x" * 2_000_000)
        assert getattr(caught.value, "code", None) == "too_large"
        await client.say("a", "small")


async def test_prompt_by_id(server: Served, client: AiloopClient, nursery: Any) -> None:
    """Waiting by an id that the server knows is waiting as ever."""
    sent = await server.post(question())
    call = Call(nursery, client.wait, sent["id"])
    await settle(server, await asked(server), answer="x")
    assert (await call.result()).content.answer == "x"
