"""A receipt is made of the decision that counts, and of no other; nobody else may bring one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from attrs import evolve
from trio.testing import wait_all_tasks_blocked

from ailoop.broker import Accepted, Broker, Entry, open_broker
from ailoop.broker.channel import Submission
from ailoop.daemon.receipts import SigningIssuer
from ailoop.model.ids import new_id
from ailoop.model.message import Message, Response, SenderType
from ailoop.trust.canonical import content_hash
from ailoop.trust.receipt import Receipt
from tests.broker.kit import (
    APPROVE,
    CANCEL,
    DENY,
    HookedJournal,
    answer,
    authorization,
    check_books,
    decode,
    navigate,
    note,
    post,
    question,
    refused,
)
from tests.trust.kit import Signing


class Issued:
    """A broker that signs, and what it has signed."""

    def __init__(self, broker: Broker, journal: HookedJournal, signing: Signing) -> None:
        self.broker = broker
        self.journal = journal
        self.signing = signing

    def read(self, response: Entry) -> Receipt:
        """Return what the receipt of a response says."""
        token = (decode(response).metadata or {})["receipt"]
        self.signing.clock.now = response.at
        return self.signing.verifier.read(token)

    def tokens(self) -> list[str]:
        """Return every receipt that has been stored, also with what was refused."""
        stored = [encoded for batch in self.journal.batches for encoded in batch]
        return [one.decode() for one in stored if b'"receipt"' in one]


@asynccontextmanager
async def issuing(*, seconds: int = 300, **limits: Any) -> AsyncIterator[Issued]:
    journal, signing = HookedJournal(**limits), Signing()
    issuer = SigningIssuer(signing.signer, seconds)
    async with open_broker(journal, issuer=issuer) as broker:
        yield Issued(broker, journal, signing)
        await wait_all_tasks_blocked()
        check_books(broker)


def response(prompt: Message, content: Response = APPROVE, **changes: Any) -> Message:
    return evolve(
        Message(channel=prompt.channel, content=content, correlation_id=prompt.id), **changes
    )


@pytest.mark.parametrize(
    ("prompt", "content"),
    [
        (authorization(context={"to": "prod"}), APPROVE),
        (authorization(), DENY),
        (authorization(), CANCEL),
        (navigate(), APPROVE),
        (question(), answer("main")),
        (question(choices=("a", "b")), answer("2")),
    ],
)
async def test_every_decision_of_a_person(autojump_clock, prompt, content):
    """Its receipt is about the prompt, the decision, the words, the person, for its time."""
    async with issuing(seconds=77) as issued:
        await post(issued.broker, prompt)
        accepted = await issued.broker.respond(prompt.id, content, responder="ann")
        receipt = issued.read(accepted.entry)
        said = decode(accepted.entry).content
        assert (receipt.prompt_id, receipt.channel) == (prompt.id, "a")
        assert receipt.decision is said.response_type
        assert receipt.action_hash == content_hash(prompt.content)
        assert (receipt.answer_hash is None) == (said.answer is None)
        assert receipt.approver == "ann"
        assert receipt.expires_at - receipt.issued_at == 77
        assert receipt.issued_at == int(accepted.entry.at)


@pytest.mark.parametrize("responder", [None, 5, {"name": "ann"}])
async def test_the_approver_is_the_recorded_responder(autojump_clock, responder):
    """Where nobody, or no text, is recorded as the responder, the receipt names nobody."""
    prompt = authorization()
    async with issuing() as issued:
        await post(issued.broker, prompt)
        (entry,) = await post(
            issued.broker, response(prompt, metadata={"responder": responder})
        )
        assert issued.read(entry).approver is None


async def test_what_no_person_decides(autojump_clock):
    """A timeout, a withdrawal and a stop have no receipt."""
    late, withdrawn, stopped = authorization(timeout_seconds=5), authorization(), navigate()
    async with issuing() as issued:
        await post(issued.broker, late, withdrawn, stopped)
        await issued.broker.withdraw(withdrawn.id)
        await trio.sleep(10)
        await issued.broker.drain()
        for prompt in (late, withdrawn, stopped):
            assert "receipt" not in decode(issued.broker.prompt(prompt.id).response).metadata
        assert issued.tokens() == []


async def test_the_same_answer_has_the_first_receipt(autojump_clock):
    """Said again, also as the very message, it is the recorded response with its receipt."""
    prompt = authorization()
    async with issuing() as issued:
        await post(issued.broker, prompt)
        message = response(prompt, metadata={"responder": "ann"})
        (first,) = await post(issued.broker, message)
        await trio.sleep(60)
        again = await issued.broker.respond(prompt.id, APPROVE, responder="ann")
        (posted,) = await issued.broker.publish([message])
        assert isinstance(posted, Accepted)
        assert again.entry is posted.entry is first
        assert (again.created, posted.created) == (False, False)
        assert len(issued.tokens()) == 1
        with refused("id_conflict"):
            await post(issued.broker, evolve(message, metadata={"responder": "bob"}))


async def test_an_answer_that_does_not_count_is_not_signed(autojump_clock):
    """Not the second, nor one after the deadline: no approval lies about that never was."""
    denied, expired = authorization(), authorization(timeout_seconds=5)
    async with issuing() as issued:
        await post(issued.broker, denied, expired)
        await issued.broker.respond(denied.id, DENY)
        with refused("already_settled"):
            await issued.broker.respond(denied.id, APPROVE)
        await trio.sleep(5)
        with refused("expired"):
            await issued.broker.respond(expired.id, APPROVE)
        (token,) = issued.tokens()
        assert "authorization_denied" in token


async def test_nor_one_that_is_late_before_the_timer_says_so(autojump_clock):
    """While the journal would not take the timeout, an answer is late all the same."""
    prompt = authorization(timeout_seconds=5)
    async with issuing() as issued:
        await post(issued.broker, prompt)
        issued.journal.broken = True
        await trio.sleep(5.01)
        assert issued.journal.failures == 1
        issued.journal.broken = False
        with refused("expired"):
            await issued.broker.respond(prompt.id, APPROVE)
        assert issued.broker.prompt(prompt.id).response is None
        assert any(b"approved" in one for one in issued.journal.batches[-1])
        assert issued.tokens() == []


async def test_of_one_batch_the_first_is_signed(autojump_clock):
    """Two answers at the same time are stored together; only one of them has a receipt."""
    prompt, other = authorization(), authorization("a", action="Other")
    async with issuing() as issued:
        await post(issued.broker, prompt, other)
        outcomes: list[Any] = []
        channel = issued.broker.channels["a"]
        same = new_id()
        batch = [
            response(prompt, DENY, sender_type=SenderType.HUMAN),
            response(prompt, APPROVE, sender_type=SenderType.HUMAN),
            evolve(note("with its id"), id=same),
            response(other, APPROVE, sender_type=SenderType.HUMAN, id=same),
            response(other, DENY, sender_type=SenderType.HUMAN),
        ]
        await channel.submit(Submission(batch, outcomes.extend))
        await wait_all_tasks_blocked()
        assert len(issued.journal.batches[-1]) == 5
        told = ["created" if isinstance(one, Accepted) else one.code for one in outcomes]
        assert told == ["created", "already_settled", "created", "id_conflict", "created"]
        assert len(issued.tokens()) == 2
        assert all("authorization_denied" in token for token in issued.tokens())
        for one in (outcomes[0], outcomes[4]):
            assert issued.read(one.entry).decision == "authorization_denied"


async def test_what_could_not_be_stored_is_signed_anew(autojump_clock):
    """When the journal fails the decision is open again, and the receipt is the later one's."""
    prompt = authorization()
    async with issuing() as issued:
        await post(issued.broker, prompt)
        issued.journal.broken = True
        with refused("journal_unavailable"):
            await issued.broker.respond(prompt.id, APPROVE)
        assert issued.tokens() == []
        issued.journal.broken = False
        await issued.broker.respond(prompt.id, DENY)
        (token,) = issued.tokens()
        assert "authorization_denied" in token


@pytest.mark.parametrize("receipt", ["a.b.c", None, {}])
@pytest.mark.parametrize("signs", [True, False])
async def test_nobody_brings_a_receipt(autojump_clock, signs, receipt):
    """In whatever message: it is refused, whether or not the server signs any."""
    prompt = authorization()
    forged = {"receipt": receipt}
    issuer = SigningIssuer(Signing().signer, 300) if signs else None
    async with open_broker(HookedJournal(), issuer=issuer) as broker:
        await post(broker, prompt)
        for message in (
            response(prompt, metadata=forged),
            response(prompt, metadata=forged, sender_type=SenderType.SYSTEM),
            evolve(note(), metadata=forged),
            evolve(authorization(), metadata=forged),
        ):
            with refused("invalid_message"):
                await broker.publish([message])
            with refused("invalid_message"):
                await broker.submit([note(), message], lambda _: None)
        assert broker.prompt(prompt.id).response is None


async def test_a_prompt_that_cannot_be_signed(autojump_clock):
    """It is refused with the place, before anybody is asked; without receipts it passes."""
    prompt = authorization(context={"amounts": [1, 2**60]})
    async with issuing() as issued:
        with refused("invalid_message") as caught:
            await post(issued.broker, prompt)
        assert caught.value.details["path"] == "$.content.context.amounts[1]"
    async with open_broker(HookedJournal()) as broker:
        await post(broker, prompt)
        entry = (await broker.respond(prompt.id, APPROVE)).entry
        assert decode(entry).metadata is None


async def test_one_that_is_there_already(autojump_clock):
    """A prompt from before receipts can be answered; the answer has none."""
    prompt = authorization(context=2**60)
    async with issuing() as issued:
        issued.broker._registry.issuer = None
        await post(issued.broker, prompt)
        entry = (await issued.broker.respond(prompt.id, APPROVE, responder="ann")).entry
        assert decode(entry).metadata == {"responder": "ann"}
