"""Who has not read a prompt cannot approve or answer it, whatever they copy.

The forgers here have all that the server has: they may be the server itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import trio
from attrs import evolve

from ailoop import AiloopClient, NotAuthorized, SealedMessage, UnreadAnswer
from ailoop.client.opening import seal_decision
from ailoop.client.sealing import place_of
from ailoop.model.message import Authorization, Message
from ailoop.trust.keys import Key, make_key
from ailoop.trust.sealed import seal
from tests.client.faces import EACH_FACE, FACES
from tests.client.kit import Call, asked
from tests.sealed.kit import WORDS, People, damaged
from tests.serving import Served

APPROVED = "authorization_approved"
Forge = Callable[[Message, SealedMessage], dict[str, Any]]


@pytest.fixture(params=[one for one in EACH_FACE if one.id in ("trio", "node")])
async def agent(
    request: pytest.FixtureRequest, server: Served, people: People
) -> AsyncIterator[AiloopClient]:
    """Open an agent of each implementation."""
    async with FACES[request.param](
        server.daemon.rest_url, transport="rest", seal_for=people.public("ann")
    ) as opened:
        yield opened


@pytest.fixture
async def ann(server: Served, people: People) -> AsyncIterator[AiloopClient]:
    async with AiloopClient(
        server.daemon.rest_url, transport="rest", keys=people.private("ann")
    ) as opened:
        yield opened


async def read(ann: AiloopClient) -> list[SealedMessage]:
    """Return what waits, as its recipient reads it."""
    return [item["message"] for item in await ann.pending()]


def made_up(_: Message, prompt: SealedMessage) -> dict[str, Any]:
    """To a key of the forger's own."""
    told = {"nonce": "?", "response_type": APPROVED}
    stranger = make_key("reply")
    return seal(told, [Key(stranger.jwk, "reply", "reply")], _place(prompt))


def without_nonce(_: Message, prompt: SealedMessage) -> dict[str, Any]:
    """To the right key, which a forger cannot know, but without what a reader knows."""
    assert prompt.reply is not None
    told = {"nonce": "?", "response_type": APPROVED}
    return seal(told, [Key.load(prompt.reply["reply_to"])], _place(prompt))


def of_another_prompt(other: Message, _: SealedMessage) -> dict[str, Any]:
    """A real approval, of something else."""
    assert isinstance(other, SealedMessage)
    part = seal_decision(other, {"response_type": APPROVED})["sealed"]
    assert isinstance(part, dict)
    return part


def of_another_prompt_relabelled(other: Message, prompt: SealedMessage) -> dict[str, Any]:
    """The same, with the place written over."""
    part = of_another_prompt(other, prompt)
    return {**part, "aad": made_up(other, prompt)["aad"]}


def a_denial(_: Message, prompt: SealedMessage) -> dict[str, Any]:
    """What ann said was no; the forger changes what stands in the clear."""
    part = seal_decision(prompt, {"response_type": "authorization_denied"})["sealed"]
    assert isinstance(part, dict)
    return part


def damaged_approval(_: Message, prompt: SealedMessage) -> dict[str, Any]:
    """A real approval that something happened to on its way."""
    part = seal_decision(prompt, {"response_type": APPROVED})["sealed"]
    return damaged(part, "ciphertext")


def the_prompt_itself(_: Message, prompt: SealedMessage) -> dict[str, Any]:
    """What the agent sealed, sent back."""
    return {"ciphertext": "AA", "recipients": [{"header": {"kid": "reply"}}]}


def no_object(_: Message, prompt: SealedMessage) -> dict[str, Any]:
    """To the right key, and no answer at all."""
    assert prompt.reply is not None
    return seal([APPROVED], [Key.load(prompt.reply["reply_to"])], _place(prompt))


def _place(prompt: Message) -> str:
    return f"response {prompt.channel} {prompt.id}"


FORGERIES = [
    made_up,
    without_nonce,
    of_another_prompt,
    of_another_prompt_relabelled,
    a_denial,
    damaged_approval,
    the_prompt_itself,
    no_object,
]


@pytest.mark.parametrize("forge", FORGERIES)
async def test_forged(
    server: Served,
    agent: AiloopClient,
    ann: AiloopClient,
    nursery: trio.Nursery,
    forge: Forge,
) -> None:
    """The server cannot tell it from an approval; the agent can, and has not been approved."""
    await agent.post_authorization("a", "something harmless")
    call = Call(nursery, lambda: agent.authorize("a", WORDS))
    await asked(server)
    other, prompt = await read(ann)
    part = forge(other, prompt)
    taken = await server.respond({"id": str(prompt.id)}, response_type=APPROVED, sealed=part)
    assert taken.status_code == 200
    with pytest.raises(UnreadAnswer, match="somebody who had not read it") as raised:
        await call.result()
    assert raised.value.response.correlation_id == prompt.id


@pytest.mark.parametrize("forge", FORGERIES)
async def test_forged_answers(
    server: Served, agent: AiloopClient, ann: AiloopClient, forge: Forge
) -> None:
    """The same where a ticket is waited with."""
    await agent.post_authorization("a", "something harmless")
    ticket = await agent.post_navigate("a", f"https://example.org/{WORDS}")
    other, prompt = await read(ann)
    part = forge(other, prompt)
    await server.respond({"id": str(prompt.id)}, response_type=APPROVED, sealed=part)
    with pytest.raises(UnreadAnswer):
        await agent.wait(ticket)
    with pytest.raises(UnreadAnswer):
        await agent.wait(ticket.id)


async def test_in_the_clear(
    server: Served, agent: AiloopClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that does not keep the rule, such as an earlier one, approves nothing either."""
    monkeypatch.setattr("ailoop.broker.prompt.check_answers_sealed", lambda *_: False)
    ticket = await agent.post_authorization("a", WORDS)
    taken = await server.respond({"id": str(ticket.id)}, response_type=APPROVED)
    assert taken.status_code == 200
    with pytest.raises(UnreadAnswer, match="it is not sealed"):
        await agent.wait(ticket)


@pytest.mark.parametrize("agent", ["trio"], indirect=True)
async def test_a_guard_does_not_open(
    server: Served, agent: AiloopClient, ann: AiloopClient, nursery: trio.Nursery
) -> None:
    """What needs permission is not done on a forged one."""
    done = []

    async def guarded() -> None:
        async with agent.requires_authorization(WORDS, channel="a"):
            done.append(1)

    call = Call(nursery, guarded)
    prompt = await asked(server)
    (message,) = await read(ann)
    part = made_up(message, message)
    await server.respond({"id": str(prompt.entry.id)}, response_type=APPROVED, sealed=part)
    with pytest.raises(UnreadAnswer):
        await call.result()
    call = Call(nursery, guarded)
    await asked(server)
    await ann.respond((await read(ann))[0], response_type="authorization_denied")
    with pytest.raises(NotAuthorized):
        await call.result()
    call = Call(nursery, guarded)
    await asked(server)
    await ann.respond((await read(ann))[0], response_type=APPROVED)
    await call.result()
    assert done == [1]


async def test_moved(server: Served, agent: AiloopClient, people: People) -> None:
    """A sealed content opens on no other channel, under no other id, as no other kind."""
    ticket = await agent.post_authorization("a", WORDS)
    prompt = server.broker.prompt(ticket.id).message
    async with AiloopClient(
        server.daemon.rest_url, transport="rest", keys=people.private("ann")
    ) as ann:
        copies = [
            {"channel": "b", "content": {"type": "authorization", "action": "x"}},
            {"channel": "a", "content": {"type": "authorization", "action": "x"}},
            {"channel": "a", "content": {"type": "question", "text": "x"}},
        ]
        ids = []
        for copy in copies:
            posted = await server.post({**copy, "metadata": prompt.metadata})
            ids.append(posted["id"])
        for item in await ann.pending():
            message = item["message"]
            assert message.is_open is (message.id == ticket.id)
            if message.id != ticket.id:
                assert item["message_id"] in ids
                assert "it was sealed for another message" in message.trouble


async def test_what_was_read_is_what_is_answered(
    server: Served, agent: AiloopClient, people: People, ann: AiloopClient
) -> None:
    """A server that shows something harmless under a prompt's id gets no approval for it."""
    ticket = await agent.post_authorization("a", "drop the table")
    genuine = server.broker.prompt(ticket.id).message
    harmless = {
        "content": {"type": "authorization", "action": "say hello"},
        "nonce": "guessed",
        "reply_to": make_key("reply").dump(),
    }
    part = seal(harmless, [people.public_key("ann")], place_of(genuine))
    shown = ann._keyring.open(evolve(genuine, metadata={"sealed": part}))
    assert isinstance(shown.content, Authorization)
    assert shown.content.action == "say hello"
    await ann.respond(shown, response_type=APPROVED)
    with pytest.raises(UnreadAnswer):
        await agent.wait(ticket)


async def test_names_in_the_clear_are_not_believed(
    server: Served, agent: AiloopClient, ann: AiloopClient
) -> None:
    """Who and why come from the sealed answer; nobody vouches for the rest."""
    ticket = await agent.post_authorization("a", WORDS)
    (prompt,) = await read(ann)
    part = seal_decision(prompt, {"response_type": APPROVED, "responder": "ann"})["sealed"]
    told = {"responder": "the boss", "reason": "because"}
    await server.respond({"id": str(prompt.id)}, response_type=APPROVED, sealed=part, **told)
    answer = await agent.wait(ticket)
    assert answer.metadata == {"responder": "ann"}


async def test_a_refusal_in_the_clear_says_no_answer(
    server: Served, agent: AiloopClient
) -> None:
    """Anybody may cancel a question; what they put beside it is nobody's answer."""
    ticket = await agent.post_question("a", WORDS, choices=["keep", "wipe"])
    content = {"type": "response", "response_type": "cancelled", "answer": "wipe"}
    said = {"index": 1, "value": "wipe", "reason": "no key"}
    await server.post(
        {"channel": "a", "content": content, "correlation_id": str(ticket.id), "metadata": said}
    )
    answer = await agent.wait(ticket)
    assert answer.content.response_type == "cancelled"
    assert answer.content.answer is None
    assert answer.metadata == {"reason": "no key"}


@pytest.mark.parametrize("give_up", ["timeout", "withdraw", "deny"])
async def test_what_needs_no_key(
    server: Served, agent: AiloopClient, give_up: str, nursery: trio.Nursery
) -> None:
    """Nobody's answer, a withdrawal and a denial in the clear are what they always were."""

    async def ask() -> Any:
        return await agent.authorize("a", WORDS, timeout=1 if give_up == "timeout" else 60)

    call = Call(nursery, ask)
    prompt = await asked(server)
    where = {"id": str(prompt.entry.id)}
    if give_up == "withdraw":
        await server.http.delete(f"/api/v1/messages/{prompt.entry.id}")
    elif give_up == "deny":
        await server.respond(where, response_type="authorization_denied", reason="no")
    assert not await call.result()
