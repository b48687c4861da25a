"""A prompt settles once; saying the same again is harmless, saying otherwise is refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
import trio
from attrs import evolve
from trio.testing import wait_all_tasks_blocked

from ailoop.broker import Accepted, Outcome, State
from ailoop.model.codec import load_json
from ailoop.model.errors import Refusal
from ailoop.model.message import Message, Response, SenderType
from tests.broker.kit import (
    APPROVE,
    CANCEL,
    DENY,
    NOBODY,
    Call,
    Reader,
    answer,
    ask,
    authorization,
    decode,
    note,
    post,
    question,
    refused,
    running,
    said,
)


async def test_the_same_answer_is_replayed(autojump_clock):
    """The same answer by the same responder returns the recorded response, even late."""
    prompt = authorization(timeout_seconds=60)
    async with running() as broker:
        reader = Reader(broker, "a")
        await post(broker, prompt)
        first = await broker.respond(prompt.id, APPROVE, responder="ann")
        again = await broker.respond(prompt.id, APPROVE, responder="ann", reason="as I said")
        await trio.sleep(3600)
        late = await broker.respond(prompt.id, APPROVE, responder="ann")
        assert (first.created, again.created, late.created) == (True, False, False)
        assert first.entry is again.entry is late.entry
        assert len(reader.read_all()) == 2


@pytest.mark.parametrize(
    ("response", "responder"),
    [(DENY, "ann"), (CANCEL, "ann"), (APPROVE, "bob"), (APPROVE, None)],
)
async def test_a_different_answer_is_refused(autojump_clock, response, responder):
    """A different answer, or the same by somebody else, is told the recorded outcome."""
    prompt = authorization()
    async with running() as broker:
        await post(broker, prompt)
        first = await broker.respond(prompt.id, APPROVE, responder="ann")
        with refused("already_settled") as refusal:
            await broker.respond(prompt.id, response, responder=responder)
        assert refusal.value.details == {
            "state": State.APPROVED,
            "response_id": str(first.entry.id),
            "response": load_json(first.entry.encoded),
        }
        assert broker.prompt(prompt.id).response is first.entry


async def test_choices_named_in_two_ways_are_the_same_answer(autojump_clock):
    """An answer by number repeats the same answer by text, since both name one choice."""
    prompt = question(choices=("red", "green"))
    async with running() as broker:
        await post(broker, prompt)
        first = await broker.respond(prompt.id, answer("GREEN"))
        again = await broker.respond(prompt.id, answer("2"))
        assert again.entry is first.entry
        with refused("already_settled"):
            await broker.respond(prompt.id, answer("1"))


async def test_of_two_answers_in_one_batch_the_first_wins(autojump_clock):
    """Answers that arrive together are decided in the order of the log: one wins."""
    prompt = authorization()
    async with running() as broker, trio.open_nursery() as nursery:
        reader = Reader(broker, "a")
        await post(broker, prompt)
        calls = [
            Call(nursery, broker.respond, prompt.id, response)
            for response in (APPROVE, DENY, CANCEL)
        ]
        await wait_all_tasks_blocked()
        taken = []
        for call in calls:
            with suppress(Refusal):
                taken.append(call.result().entry)
        assert taken == [broker.prompt(prompt.id).response]
        reader.read_all()
        assert reader.entries[1:] == taken


async def test_withdraw_cancels_and_may_be_repeated(autojump_clock):
    """Withdrawing cancels the prompt for its waiters; doing it again changes nothing."""
    prompt = question()
    async with running() as broker, trio.open_nursery() as nursery:
        call = Call(nursery, ask, broker, prompt)
        await wait_all_tasks_blocked()
        first = await broker.withdraw(prompt.id)
        again = await broker.withdraw(prompt.id)
        await wait_all_tasks_blocked()
        assert (first.created, again.created) == (True, False)
        assert call.result() is first.entry is again.entry
        assert said(first.entry) == ("cancelled", "withdrawn")
        assert decode(first.entry).sender_type is SenderType.AGENT
        with refused("already_settled"):
            await broker.respond(prompt.id, answer("too late"))
        with refused("already_settled"):
            await broker.respond(prompt.id, CANCEL)


async def test_withdraw_at_once(autojump_clock):
    """An agent may take back what it asked before the log has it; it is asked of nobody."""
    prompt, other = question(), question("b")
    async with running() as broker:
        outcomes: list[Outcome] = []
        await broker.submit([prompt, other], outcomes.extend)
        assert not outcomes  # or this test would show nothing
        for one in (prompt, other):
            assert said((await broker.withdraw(one.id)).entry) == ("cancelled", "withdrawn")
        assert [one.created for one in outcomes if isinstance(one, Accepted)] == [True, True]


async def test_withdraw_of_what_never_arrives(autojump_clock):
    """A prompt whose asking is refused, or given up, is not waited for."""
    prompt = question()
    async with running(prompts=0) as broker:
        (refusal,) = await broker.publish([prompt])
        assert isinstance(refusal, Refusal)
        with refused("original_not_found"):
            await broker.withdraw(prompt.id)
        with trio.move_on_after(0) as scope:
            await broker.publish([prompt])
        assert scope.cancelled_caught
        with refused("original_not_found"):
            await broker.withdraw(prompt.id)


async def test_withdraw_after_an_answer_is_refused(autojump_clock):
    """An answered prompt can be withdrawn no more."""
    prompt = question()
    async with running() as broker:
        await post(broker, prompt)
        await broker.respond(prompt.id, answer("done"))
        with refused("already_settled"):
            await broker.withdraw(prompt.id)
        assert broker.prompt(prompt.id).state is State.ANSWERED


@pytest.mark.parametrize(
    "message", [note(), question(), authorization(context={"a": [1, None]})]
)
async def test_posting_again_is_idempotent(autojump_clock, message):
    """The same id with the same content is the same message: nothing is added or told."""
    async with running() as broker:
        reader = Reader(broker, "a")
        (entry,) = await post(broker, message)
        later = evolve(message, timestamp=message.timestamp.replace(year=2030))
        (again,) = await broker.publish([later])
        assert not again.created
        assert again.entry is entry
        assert len(reader.read_all()) == 1
        assert broker.tables.open_prompts == len(list(broker.pending()))


@pytest.mark.parametrize(
    "change",
    [
        {"content": question(text="Something else?").content},
        {"content": question(timeout_seconds=61).content},
        {"content": note().content},
        {"sender_type": SenderType.HUMAN},
        {"metadata": {"new": True}},
        {"correlation_id": NOBODY},
        {"channel": "b"},
    ],
)
async def test_another_message_with_a_known_id_conflicts(autojump_clock, change):
    """The same id with anything else is refused, and the first message stands."""
    message = question()
    async with running() as broker:
        (entry,) = await post(broker, message)
        (outcome,) = await broker.publish([evolve(message, **change)])
        assert outcome.code == "id_conflict"
        assert broker.message(message.id) is entry
        assert [p.entry for p in broker.pending()] == [entry]


async def test_the_same_prompt_twice_in_one_batch_is_asked_once(autojump_clock):
    """A batch that repeats a message takes it once, and counts it once."""
    message = question()
    async with running() as broker:
        first, again = await broker.publish([message, message])
        assert (first.created, again.created) == (True, False)
        assert broker.tables.open_prompts == 1


async def test_asking_again_returns_the_answer(autojump_clock):
    """An agent that lost its connection asks again with the same id and gets the answer."""
    prompt = authorization()
    async with running() as broker, trio.open_nursery() as nursery:
        first = Call(nursery, ask, broker, prompt)
        await wait_all_tasks_blocked()
        first.scope.cancel()
        await wait_all_tasks_blocked()
        assert broker.prompt(prompt.id).state is State.PENDING
        accepted = await broker.respond(prompt.id, APPROVE)
        assert await ask(broker, prompt) is accepted.entry


async def test_a_response_posted_as_a_message_settles_once(autojump_clock):
    """A posted response settles its prompt; posted again it is known, altered it conflicts."""
    prompt = question(choices=("yes", "no"))
    response = Message(
        channel="a",
        content=answer("2"),
        correlation_id=prompt.id,
        metadata={"responder": "ann"},
    )
    async with running() as broker:
        await post(broker, prompt)
        (entry,) = await post(broker, response)
        assert decode(entry).content == answer("no")
        assert decode(entry).metadata == {"responder": "ann", "index": 1, "value": "no"}
        (again,) = await broker.publish([response])
        assert (again.entry, again.created) == (entry, False)
        (altered,) = await broker.publish([evolve(response, content=answer("yes"))])
        assert altered.code == "id_conflict"
        (repeat,) = await broker.publish([evolve(response, id=note().id)])
        assert (repeat.entry, repeat.created) == (entry, False)
        with refused("not_a_choice"):
            await broker.publish([evolve(response, content=Response(answer="maybe"))])
