"""An agent asks sealed, a person reads and answers; each face, over each transport."""

from __future__ import annotations

import os
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Literal

import pytest
import trio

from ailoop import (
    AiloopClient,
    AiloopError,
    Approval,
    BadKeyFile,
    Conflict,
    Invalid,
    SealedMessage,
    SealedPrompt,
    Ticket,
)
from ailoop.model.message import Notification, Question
from tests.client.faces import EACH_FACE, FACES, PYTHON, OpenClient
from tests.client.kit import Call, asked
from tests.sealed.kit import WORDS, People
from tests.serving import PATIENCE, Served


async def test_round(
    server: Served,
    people: People,
    face: OpenClient,
    transport: Literal["websocket", "rest"],
    nursery: trio.Nursery,
) -> None:
    """Question, answer, reason: all arrive, and the server sees none of them."""
    url = server.daemon.rest_url
    async with (
        face(url, transport=transport, seal_for=[people.public("ann")]) as agent,
        face(url, transport=transport, keys=people.private("ann")) as person,
    ):

        async def ask() -> Any:
            return await agent.ask(
                "a",
                f"{WORDS}?",
                choices=["red", "blue"],
                metadata={"priority": "high", "why": WORDS},
            )

        call = Call(nursery, ask)
        await asked(server)
        (item,) = await person.pending()
        prompt = item["message"]
        assert isinstance(prompt, SealedMessage)
        assert (prompt.is_open, prompt.key_name, prompt.trouble) == (True, "ann", None)
        assert prompt.content == Question(text=f"{WORDS}?", choices=("red", "blue"))
        assert prompt.metadata == {"priority": "high", "why": WORDS}
        assert item["label"] == f"{WORDS}?"
        recorded = await person.respond(prompt, "2", reason=WORDS, responder="ann")
        assert recorded.content.answer == "encrypted"
        answer = await call.result()
        assert (answer.content.answer, answer.content.response_type) == ("blue", "text")
        told = {"reason": WORDS, "responder": "ann", "index": 1, "value": "blue"}
        assert answer.metadata == told
        seen = b"".join([entry.encoded for entry in server.broker.tables.messages.values()])
        assert WORDS.encode() not in seen
        assert b"blue" not in seen
        assert b'"priority":"high"' in seen


@pytest.mark.parametrize("approves", [True, False])
async def test_authorize(
    server: Served, people: People, face: OpenClient, nursery: trio.Nursery, approves: bool
) -> None:
    """A sealed approval approves, a sealed denial denies and says why."""
    kind = "authorization_approved" if approves else "authorization_denied"
    async with (
        face(server.daemon.rest_url, seal_for=people.public("ann")) as agent,
        face(server.daemon.rest_url, keys=people.private("ann")) as person,
    ):
        call = Call(nursery, lambda: agent.authorize("a", WORDS, context={"x": WORDS}))
        prompt = await asked(server)
        await person.respond(prompt.entry.id, response_type=kind, reason=WORDS)
        approval = await call.result()
        assert (bool(approval), approval.reason) == (approves, WORDS)
        assert WORDS.encode() not in prompt.entry.encoded


BOTH_WAYS = [
    pytest.param(*names, marks=one.marks)
    for one in EACH_FACE
    if one.id not in PYTHON
    for names in (("trio", one.id), (one.id, "trio"))
]


@pytest.mark.parametrize(("asks", "answers"), BOTH_WAYS)
async def test_across_languages(
    server: Served, people: People, nursery: trio.Nursery, asks: str, answers: str
) -> None:
    """What one client asks another understands, and the other way round."""
    url = server.daemon.rest_url
    async with (
        FACES[asks](url, seal_for=[people.public("bob"), people.public("ann")]) as agent,
        FACES[answers](url, keys=people.private("ann")) as person,
    ):
        ask = {"choices": ["red", WORDS], "metadata": {"why": WORDS}}
        call = Call(nursery, lambda: agent.ask("a", "Which?", **ask))
        await asked(server)
        (item,) = await person.pending()
        prompt = item["message"]
        assert (prompt.content.text, prompt.metadata) == ("Which?", {"why": WORDS})
        await person.respond(prompt, "2", reason=WORDS, responder="ann")
        answer = await call.result()
        told = {"reason": WORDS, "responder": "ann", "index": 1, "value": WORDS}
        assert (answer.content.answer, answer.metadata) == (WORDS, told)
        ticket = await agent.post_authorization("a", WORDS)
        loaded = Ticket.load(str(ticket))
        await person.respond(ticket, response_type="authorization_approved")
        async with FACES[answers](url, keys=people.private("bob")) as elsewhere:
            assert Approval(await elsewhere.wait(loaded))


async def test_navigate_and_say(
    server: Served, people: People, face: OpenClient, nursery: trio.Nursery
) -> None:
    """A page to open, and what is told, are sealed too; loudness stays to be seen."""
    page = f"https://example.org/{WORDS}"
    async with (
        face(server.daemon.rest_url, seal_for=people.public("ann")) as agent,
        face(server.daemon.rest_url, keys=people.private("ann")) as person,
        person.subscribe("a") as feed,
    ):
        await agent.say("a", WORDS, priority="urgent")
        await agent.say("a", WORDS, wait=False)
        call = Call(nursery, lambda: agent.navigate("a", page))
        prompt = await asked(server)
        with trio.fail_after(PATIENCE):
            told, _, asking = [await anext(feed) for _ in range(3)]
        assert told.content == Notification(text=WORDS, priority=told.content.priority)
        assert told.content.priority == "urgent"
        assert asking.content.url == page
        assert [*feed.cursors] == ["a"]
        await person.respond(asking, response_type="authorization_approved")
        assert (await call.result()).content.response_type == "authorization_approved"
        for message in await person.history("a"):
            assert isinstance(message, SealedMessage) is (message.content.type != "response")
        assert WORDS.encode() not in prompt.entry.encoded


async def test_who_has_no_key(server: Served, people: People, face: OpenClient) -> None:
    """Who is no recipient sees that plainly, may deny, and cannot send an answer."""
    url = server.daemon.rest_url
    async with (
        face(url, seal_for=people.public("ann")) as agent,
        face(url, keys=people.private("bob")) as bob,
        AiloopClient(url) as nobody,
    ):
        for person, why in ((bob, "it is for ann-"), (nobody, "there is no key here")):
            ticket = await agent.post_authorization("a", WORDS)
            (item,) = await person.pending()
            prompt = item["message"]
            assert (prompt.is_open, prompt.key_name) == (False, None)
            assert why in prompt.trouble
            assert prompt.content.action == "Encrypted: open it in an inbox that has the key"
            with pytest.raises(SealedPrompt, match=why):
                await person.respond(prompt, response_type="authorization_approved")
            with pytest.raises((SealedPrompt, Invalid)):
                await person.respond(ticket, response_type="authorization_approved")
            await person.respond(prompt, response_type="authorization_denied", reason="no")
            assert not Approval(await agent.wait(ticket))


async def test_a_bad_answer_stays_here(
    server: Served, people: People, face: OpenClient
) -> None:
    """What is no choice is refused before anything is sent."""
    async with (
        face(server.daemon.rest_url, seal_for=people.public("ann")) as agent,
        face(server.daemon.rest_url, keys=people.private("ann")) as person,
    ):
        ticket = await agent.post_question("a", "Which?", choices=["red", "blue"])
        for answer in ("green", "3", None):
            with pytest.raises(Invalid):
                await person.respond(ticket, answer)
        await person.respond(ticket, "RED")
        assert (await agent.wait(ticket)).content.answer == "red"


async def test_tickets(server: Served, people: People, face: OpenClient) -> None:
    """A ticket opens the answer elsewhere; an id does so only where the prompt was posted."""
    url = server.daemon.rest_url
    async with (
        face(url, seal_for=people.public("ann")) as agent,
        face(url, keys=people.private("ann")) as person,
        face(url, keys=people.private("bob")) as elsewhere,
    ):
        ticket = await agent.post_question("a", "Which?")
        kept = Ticket.load(str(ticket))
        assert kept == ticket
        assert ticket.reply_secret is not None
        assert ticket.reply_secret.hex() in str(ticket)
        assert ticket.reply_secret.hex() not in repr(ticket)
        await person.respond(ticket, "blue")
        assert (await elsewhere.wait(kept)).content.answer == "blue"
        assert (await agent.wait(ticket.id)).content.answer == "blue"
        with pytest.raises(AiloopError, match="wait with the prompt's ticket"):
            await elsewhere.wait(ticket.id)


async def test_the_same_key_after_a_restart(
    server: Served, people: People, face: OpenClient
) -> None:
    """Under a ``key`` a restarted agent asks nobody again, and reads the answer."""

    def agent() -> AbstractAsyncContextManager[Any]:
        return face(
            server.daemon.rest_url,
            seal_for=people.public("ann"),
            keys=people.private("agent"),
        )

    async with face(server.daemon.rest_url, keys=people.private("ann")) as person:
        async with agent() as first:
            ticket = await first.post_authorization("a", WORDS, key="k")
        async with agent() as second:
            again = await second.post_authorization("a", WORDS, key="k")
            assert (again.id, again.reply_secret) == (ticket.id, ticket.reply_secret)
            with pytest.raises(Conflict):
                await second.post_authorization("a", "something else", key="k")
            await person.respond(ticket, response_type="authorization_approved")
        async with agent() as third:
            assert await third.authorize("a", WORDS, key="k")
            with pytest.raises(Conflict):
                await third.authorize("a", "something else", key="k")


async def test_a_time_that_the_server_bounds(
    server: Served, people: People, face: OpenClient
) -> None:
    """Under a ``key`` it is the same prompt, also where the server has set another timeout."""
    async with face(
        server.daemon.rest_url,
        seal_for=people.public("ann"),
        keys=people.private("agent"),
    ) as agent:
        first = await agent.post_question("a", WORDS, timeout=0, key="k")
        again = await agent.post_question("a", WORDS, timeout=0, key="k")
        assert again == first


async def test_a_key_needs_a_key(server: Served, people: People, face: OpenClient) -> None:
    """Without a key of its own an agent cannot promise the same prompt after a restart."""
    async with face(server.daemon.rest_url, seal_for=people.public("ann")) as agent:
        with pytest.raises(AiloopError, match="needs a key of the agent's own"):
            await agent.ask("a", "Which?", key="k")
        assert not [*server.broker.pending()]


async def test_another_agent_with_the_same_key(
    server: Served, people: People, face: OpenClient
) -> None:
    """Another agent under the same ``key`` does not take over what it has not asked."""
    url, ann = server.daemon.rest_url, people.public("ann")
    async with (
        face(url, seal_for=ann, keys=people.private("agent")) as one,
        face(url, seal_for=ann, keys=people.private("bob")) as other,
    ):
        await one.post_question("a", WORDS, key="k")
        with pytest.raises(Conflict):
            await other.post_question("a", WORDS, key="k")


async def test_environment(
    server: Served, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files may be named in the environment, several with the usual sign between them."""
    both = os.pathsep.join([people.public("ann"), people.public("bob")])
    monkeypatch.setenv("AILOOP_SEAL_FOR", both)
    async with AiloopClient(server.daemon.rest_url) as agent:
        ticket = await agent.post_question("a", WORDS)
    monkeypatch.delenv("AILOOP_SEAL_FOR")
    for name in ("ann", "bob"):
        monkeypatch.setenv("AILOOP_KEYS", people.private(name))
        async with AiloopClient(server.daemon.rest_url) as person:
            (item,) = await person.pending()
            assert item["message"].content.text == WORDS
            assert item["message"].key_name == name
    part = server.broker.prompt(ticket.id).message.metadata
    assert part is not None
    assert len(part["sealed"]["recipients"]) == 2


def test_bad_files_are_told_at_once(people: People, tmp_path: Path) -> None:
    """A file that does not do is refused when the client is made."""
    with pytest.raises(BadKeyFile, match="cannot be read"):
        AiloopClient(seal_for=tmp_path / "none")
    with pytest.raises(BadKeyFile, match="holds a public key"):
        AiloopClient(keys=[people.public("ann")])


async def test_too_large_when_sealed(server: Served, people: People, face: OpenClient) -> None:
    """What grows over the limit by being sealed is refused like what is too large."""
    async with face(
        server.daemon.rest_url, transport="rest", seal_for=people.public("ann")
    ) as agent:
        with pytest.raises(Invalid):
            await agent.post_authorization("a", "x", context="y" * 60_000)
        await agent.post_authorization("a", "x", context="y" * 40_000)


WEAK = {"kty": "OKP", "crv": "X25519", "x": "A" * 43}
"""A public key with which everybody agrees on zero."""


async def test_what_is_read_is_checked(
    server: Served, people: People, face: OpenClient
) -> None:
    """A content that was sealed wrongly is not shown, and says so."""
    from ailoop.trust.sealed import seal
    from tests.serving import question

    async with face(server.daemon.rest_url, keys=people.private("ann")) as person:
        answerable = {"content": {"type": "question", "text": "x"}, "nonce": "x"}
        answerable["reply_to"] = people.keys["bob"].dump()
        deep: dict[str, Any] = {}
        for _ in range(200):
            deep = {"deeper": deep}
        prompts = [
            {"content": {"type": "authorization", "action": "x"}},  # of another kind
            {"content": {"type": "question"}, "nonce": "x"},
            {"content": {"type": "question", "text": "x"}},  # takes no answer
            {"content": {"type": "question", "text": "x"}, "nonce": "x", "reply_to": {}},
            {"content": {"type": "question", "text": "x"}, "nonce": "x", "reply_to": WEAK},
            [],
            {**answerable, "content": {"type": "question", "text": "x", "action": "y"}},
            {**answerable, "metadata": deep},
        ]
        for number, inner in enumerate(prompts):
            number_id = f"0190f3a2-0000-7000-8000-00000000000{number}"
            part = seal(inner, [people.public_key("ann")], f"question a {number_id}")
            await server.post({**question(), "id": number_id, "metadata": {"sealed": part}})
        for item in await person.pending():
            prompt = item["message"]
            if prompt.is_open:
                assert prompt.content.text == "x"
            else:
                assert "it is not understood" in prompt.trouble
            with pytest.raises(SealedPrompt, match="nothing was sent"):
                await person.respond(prompt, "blue")
        assert len([*server.broker.pending()]) == len(prompts)
