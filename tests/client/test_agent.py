"""What an agent does: ask, authorize, navigate, say, wait, withdraw."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from ailoop import AiloopClient, Approval, Invalid
from ailoop.model.message import Message, Notification
from tests.client.faces import OpenClient, but
from tests.client.kit import Call, asked, settle
from tests.serving import APPROVE, DENY, Served, serving, until

PYTHON_ONLY = (
    "``post_all`` is what ``ailoop forward`` is made with; TypeScript posts one by one"
)


async def test_ask(server: Served, client: AiloopClient, nursery: trio.Nursery) -> None:
    """``ask`` returns the response, once somebody has answered."""
    call = Call(nursery, lambda: client.ask("a", "Which?", metadata={"run": 1}))
    prompt = await asked(server)
    assert prompt.content.label == "Which?"
    assert prompt.message.metadata == {"run": 1}
    recorded = await settle(server, prompt, answer="blue", responder="ann")
    response = await call.result()
    assert response.id == recorded
    assert response.content.answer == "blue"
    assert response.correlation_id == prompt.entry.id
    assert response.metadata == {"responder": "ann"}


async def test_ask_with_choices(
    server: Served, client: AiloopClient, nursery: trio.Nursery
) -> None:
    """A choice comes back as its text."""
    call = Call(nursery, lambda: client.ask("a", "Which?", choices=["red", "blue"]))
    await settle(server, await asked(server), answer="2")
    assert (await call.result()).content.answer == "blue"


async def test_ask_timeout(client: AiloopClient) -> None:
    """A question nobody answers in time comes back as ``timeout``, without an answer."""
    response = await client.ask("a", "Which?", timeout=1)
    assert response.content.response_type == "timeout"
    assert response.content.answer is None


async def test_approved(server: Served, client: AiloopClient, nursery: trio.Nursery) -> None:
    """An approval is true, and tells by whom and why."""
    call = Call(nursery, lambda: client.authorize("a", "Deploy", context={"to": "prod"}))
    prompt = await asked(server)
    assert prompt.content.context == {"to": "prod"}
    await settle(server, prompt, **APPROVE, reason="fine", responder="ann")
    approval = await call.result()
    assert isinstance(approval, Approval)
    assert approval
    assert approval.approved is True
    assert (approval.reason, approval.responder) == ("fine", "ann")


async def test_denied(server: Served, client: AiloopClient, nursery: trio.Nursery) -> None:
    """A denial is false, and tells why."""
    call = Call(nursery, lambda: client.authorize("a", "Deploy"))
    await settle(server, await asked(server), **DENY, reason="too late")
    approval = await call.result()
    assert not approval
    assert approval.reason == "too late"


async def test_timeout_is_no_approval(client: AiloopClient) -> None:
    """Nobody's answer is false."""
    approval = await client.authorize("a", "Deploy", timeout=1)
    assert not approval
    assert approval.reason == "timeout"


@pytest.mark.parametrize("how", ["cancelled", "withdrawn", "shutdown"])
async def test_cancelled_is_no_approval(
    server: Served, client: AiloopClient, nursery: trio.Nursery, how: str
) -> None:
    """So is every other end of a prompt."""
    call = Call(nursery, lambda: client.authorize("a", "Deploy"))
    prompt = await asked(server)
    if how == "cancelled":
        await settle(server, prompt, response_type="cancelled")
    elif how == "withdrawn":
        await client.withdraw(prompt.entry.id)
    else:
        await server.broker.drain()
    approval = await call.result()
    assert not approval
    assert approval.response.content.response_type == "cancelled"


async def test_navigate(server: Served, client: AiloopClient, nursery: trio.Nursery) -> None:
    """``navigate`` waits for a person to open the page."""
    call = Call(nursery, lambda: client.navigate("a", "https://example.org/x", context="y"))
    prompt = await asked(server)
    assert prompt.content.label == "https://example.org/x"
    await settle(server, prompt, **APPROVE)
    assert (await call.result()).content.response_type == "authorization_approved"


async def test_say(server: Served, client: AiloopClient) -> None:
    """``say`` returns once the server has it, whatever is in it."""
    said = await client.say(
        "a", "Grüße, 世界 \U0001f389\n", priority="high", metadata={"a": [1]}
    )
    (kept,) = await client.history("a")
    assert kept == said
    assert kept.content.priority == "high"


async def test_wait_elsewhere(
    server: Served,
    client: AiloopClient,
    nursery: trio.Nursery,
    transport: Any,
    face: OpenClient,
) -> None:
    """Another process, or the same one later, takes a wait up again by the prompt's id."""
    first = Call(nursery, lambda: client.ask("a", "Which?"))
    prompt = await asked(server)
    url = server.daemon.rest_url
    async with face(url, transport=transport) as other:
        second = Call(nursery, other.wait, str(prompt.entry.id))
        await until(lambda: len(prompt._watchers) == 2)
        recorded = await settle(server, prompt, answer="x")
        assert (await first.result()).id == (await second.result()).id == recorded
    async with face(url, transport=transport) as later:
        assert (await later.wait(prompt.entry.id)).id == recorded


async def test_several_at_once(
    server: Served, client: AiloopClient, nursery: trio.Nursery
) -> None:
    """Answers find their questions, in whatever order they come."""
    calls = {n: Call(nursery, client.ask, "a", f"{n}?") for n in range(10)}
    # Not all of them need be watched: a browser has but six connections to a server.
    await until(lambda: len([*server.broker.pending()]) == 10)
    for prompt in reversed(list(server.broker.pending())):
        await settle(server, prompt, answer=prompt.content.label.removesuffix("?"))
    for number, call in calls.items():
        assert (await call.result()).content.answer == str(number)


@but(sync="a call that blocks cannot be cancelled; how it ends is in test_sync.py")
async def test_cancelled_ask(
    server: Served, client: AiloopClient, nursery: trio.Nursery
) -> None:
    """Cancelling who asked withdraws the prompt; the client stays usable."""
    call = Call(nursery, lambda: client.authorize("a", "Deploy"))
    prompt = await asked(server)
    call.scope.cancel()
    await until(lambda: not server.broker.tables.open_prompts)
    assert await server.state_of({"id": str(prompt.entry.id)}) == "cancelled"
    await client.say("a", "still here")


@but(sync="a call that blocks cannot be cancelled; how it ends is in test_sync.py")
@pytest.mark.parametrize("how", [{"leave_open": True}, {"key": "k"}])
async def test_cancelled_ask_left_open(
    server: Served, client: AiloopClient, nursery: trio.Nursery, how: dict[str, Any]
) -> None:
    """With ``leave_open``, or with a key, the prompt stays, to be waited for again."""
    call = Call(nursery, lambda: client.authorize("a", "Deploy", **how))
    prompt = await asked(server)
    # Over a WebSocket the server watches before the client knows that it has been asked; it
    # does once what it says after that has been taken.
    await client.say("a", "x")
    call.scope.cancel()
    await until(lambda: not server.broker.tables.waiters and not prompt._watchers)
    assert await server.state_of({"id": str(prompt.entry.id)}) == "pending"
    wait = Call(nursery, client.wait, prompt.entry.id)
    await asked(server)
    wait.scope.cancel()
    await until(lambda: not prompt._watchers)
    again = Call(nursery, client.wait, prompt.entry.id)
    await settle(server, prompt, **APPROVE)
    assert (await again.result()).content.response_type == "authorization_approved"


async def test_withdraw(server: Served, client: AiloopClient, nursery: trio.Nursery) -> None:
    """Who withdraws gets the response, and so does who waits."""
    call = Call(nursery, lambda: client.ask("a", "Which?"))
    prompt = await asked(server)
    response = await client.withdraw(str(prompt.entry.id))
    assert response.content.response_type == "cancelled"
    assert (await call.result()).id == response.id


async def test_timeout_of_zero(transport: Any, face: OpenClient) -> None:
    """A timeout of 0 asks for as long as the server allows."""
    async with (
        serving(max_timeout_seconds=1) as server,
        face(server.daemon.rest_url, transport=transport) as client,
    ):
        assert (await client.ask("a", "Which?", timeout=0)).content.response_type == "timeout"


async def test_longer_than_calendars(transport: Any, face: OpenClient) -> None:
    """A timeout that no date can be made of is brought down like any other."""
    async with (
        serving(max_timeout_seconds=1) as server,
        face(server.daemon.rest_url, transport=transport) as client,
    ):
        ticket = await client.post_question("a", "Which?", timeout=10**14)
        assert (await client.wait(ticket)).content.response_type == "timeout"


@but(node=PYTHON_ONLY, chromium=PYTHON_ONLY)
async def test_post_all(client: AiloopClient) -> None:
    """Messages arrive in their order, under their ids, and those that were there once."""
    notes = [Message(channel="a", content=Notification(text=str(n))) for n in range(5)]
    await client.post_all([])
    await client.post_all(notes[:3])
    await client.post_all(notes)
    assert [one.id for one in await client.history("a")] == [one.id for one in notes]


@but(node=PYTHON_ONLY, chromium=PYTHON_ONLY)
async def test_one_of_several_is_refused(client: AiloopClient) -> None:
    """Who posts several learns which of them was not taken."""
    texts = ["a", "x" * 20_000, "b"]
    notes = [Message(channel="a", content=Notification(text=text)) for text in texts]
    with pytest.raises(Invalid) as raised:
        await client.post_all(notes)
    assert raised.value.details["index"] == 1
