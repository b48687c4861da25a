"""What people may say to a prompt, and how it comes back to the agent."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from ailoop.broker import State
from ailoop.model.errors import Refusal
from ailoop.model.message import Response, ResponseType, SenderType
from tests.broker.kit import (
    APPROVE,
    CANCEL,
    DENY,
    NOBODY,
    Call,
    answer,
    ask,
    authorization,
    decode,
    navigate,
    note,
    post,
    question,
    refused,
    running,
)

CHOICES = ("Red", " green ", "BLUE", "1")


async def test_ask_returns_the_answer(autojump_clock):
    """`ask` waits, and returns the response that a person gave, not the prompt."""
    prompt = question()
    async with running() as broker, trio.open_nursery() as nursery:
        call = Call(nursery, ask, broker, prompt)
        await wait_all_tasks_blocked()
        assert call.pending
        accepted = await broker.respond(
            prompt.id, answer("the left one"), reason="it is closer", responder="ann"
        )
        await wait_all_tasks_blocked()
        assert call.result() is accepted.entry
        response = decode(call.result())
        assert accepted.created
        assert response.content == answer("the left one")
        assert response.sender_type is SenderType.HUMAN
        assert response.correlation_id == prompt.id
        assert response.channel == prompt.channel
        assert response.metadata == {"reason": "it is closer", "responder": "ann"}
        assert broker.prompt(prompt.id).state is State.ANSWERED


async def test_every_waiter_gets_the_same_answer(autojump_clock):
    """Those who wait before the answer, and those who come after it, get the one entry."""
    prompt = question()
    async with running() as broker, trio.open_nursery() as nursery:
        await post(broker, prompt)
        calls = [Call(nursery, broker.wait, prompt.id) for _ in range(3)]
        await wait_all_tasks_blocked()
        accepted = await broker.respond(prompt.id, answer("yes"))
        calls.append(Call(nursery, broker.wait, prompt.id))
        await wait_all_tasks_blocked()
        assert [call.result() for call in calls] == [accepted.entry] * 4


@pytest.mark.parametrize(
    ("said", "index"),
    [("red", 0), ("RED ", 0), ("Green", 1), ("2", 1), (" 3 ", 2), ("1", 3), ("4", 3), ("٢", 1)],
)
async def test_a_choice_by_text_or_number(autojump_clock, said, index):
    """A choice is named by its text in any case, else by its number counted from 1."""
    prompt = question(choices=CHOICES)
    async with running() as broker:
        await post(broker, prompt)
        response = decode((await broker.respond(prompt.id, answer(said))).entry)
        assert response.content == answer(CHOICES[index])
        assert response.metadata == {"index": index, "value": CHOICES[index]}


@pytest.mark.parametrize("said", ["Straße", "STRASSE", "2", "a", "A", " a"])
async def test_a_choice_by_its_very_text(autojump_clock, said):
    """A choice's own text names that one, however much another one is like it."""
    choices = ("STRASSE", "Straße", "2", "A", "a", " a")
    prompt = question(choices=choices)
    async with running() as broker:
        await post(broker, prompt)
        response = decode((await broker.respond(prompt.id, answer(said))).entry)
        assert response.content == answer(said)
        assert response.metadata == {"index": choices.index(said), "value": said}


@pytest.mark.parametrize("said", ["", "purple", "0", "5", "-1", "1.0", "²", "re", "9" * 5000])
async def test_not_a_choice(autojump_clock, said):
    """Anything else is refused with the list of the choices, and the prompt stays open."""
    prompt = question(choices=CHOICES)
    async with running() as broker:
        await post(broker, prompt)
        with refused("not_a_choice") as refusal:
            await broker.respond(prompt.id, answer(said))
        assert refusal.value.details["choices"] == list(CHOICES)
        assert broker.prompt(prompt.id).state is State.PENDING
        await broker.respond(prompt.id, answer("red"))


async def test_free_text_when_there_are_no_choices(autojump_clock):
    """Without choices any text is an answer, the empty one too; no text at all is not."""
    prompt = question()
    async with running() as broker:
        await post(broker, prompt)
        with refused("wrong_response"):
            await broker.respond(prompt.id, Response())
        accepted = await broker.respond(prompt.id, answer(""))
        assert decode(accepted.entry).content == answer("")


TIMEOUT = Response(response_type=ResponseType.TIMEOUT)


@pytest.mark.parametrize(
    ("prompt", "response"),
    [
        (question(), APPROVE),
        (question(), DENY),
        (question(), TIMEOUT),
        (authorization(), answer("yes")),
        (authorization(), answer("authorization_approved")),
        (authorization(), TIMEOUT),
        (navigate(), TIMEOUT),
    ],
)
async def test_wrong_response(autojump_clock, prompt, response):
    """A response of a type that the prompt does not take is refused; text never approves."""
    async with running() as broker:
        await post(broker, prompt)
        with refused("wrong_response"):
            await broker.respond(prompt.id, response)
        assert broker.prompt(prompt.id).state is State.PENDING


@pytest.mark.parametrize(
    ("prompt", "response", "state"),
    [
        (question(), answer("x"), State.ANSWERED),
        (question(), CANCEL, State.CANCELLED),
        (authorization(), APPROVE, State.APPROVED),
        (authorization(), DENY, State.DENIED),
        (authorization(), CANCEL, State.CANCELLED),
        (navigate(), answer("been there"), State.ANSWERED),
        (navigate(), APPROVE, State.APPROVED),
        (navigate(), DENY, State.DENIED),
        (navigate(), CANCEL, State.CANCELLED),
    ],
)
async def test_right_response(autojump_clock, prompt, response, state):
    """Each kind of prompt takes its own types of response and ends in their state."""
    async with running() as broker:
        await post(broker, prompt)
        await broker.respond(prompt.id, response)
        assert broker.prompt(prompt.id).state is state
        assert not list(broker.pending())


async def test_only_prompts_are_waited_for_and_answered(autojump_clock):
    """Waiting for, answering or withdrawing what is not there, or no prompt, is refused."""
    told = note()
    async with running() as broker:
        await post(broker, told)
        with refused("message_not_found"):
            await broker.wait(NOBODY)
        for verb in (broker.withdraw, lambda which: broker.respond(which, APPROVE)):
            with refused("original_not_found"):
                await verb(NOBODY)
            with refused("not_a_prompt"):
                await verb(told.id)
        with refused("not_a_prompt"):
            await ask(broker, note())


async def test_pending_lists_prompts_in_the_order_they_were_asked(autojump_clock):
    """Open prompts are listed channel by channel, oldest first, and leave when settled."""
    first, second, third = question("b"), authorization("a"), navigate("b")
    async with running() as broker:
        for prompt in (first, second, third):
            await post(broker, prompt)
        assert [p.entry.id for p in broker.pending()] == [second.id, first.id, third.id]
        assert [p.entry.id for p in broker.pending("b")] == [first.id, third.id]
        await broker.withdraw(first.id)
        assert [p.entry.id for p in broker.pending("b")] == [third.id]
        assert list(broker.pending("nobody")) == []
        with refused("bad_channel"):
            list(broker.pending("../a"))


async def test_publishing_nothing_returns_nothing(autojump_clock):
    """An empty publish returns at once instead of waiting for a decision about nothing."""
    async with running() as broker:
        with trio.fail_after(1):
            assert await broker.publish([]) == []


async def test_a_batch_over_channels_keeps_its_order(autojump_clock):
    """Outcomes come back in the order of the messages, whichever channel decided first."""
    messages = [note("1", "a"), question("b"), note("2", "a"), note("3", "c")]
    async with running() as broker:
        taken = await broker.publish([*messages, note("2", "b")])
        assert not any(isinstance(outcome, Refusal) for outcome in taken)
        assert [outcome.entry.id for outcome in taken[:4]] == [m.id for m in messages]
        assert [outcome.entry.channel for outcome in taken] == ["a", "b", "a", "c", "b"]
