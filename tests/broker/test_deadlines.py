"""Deadlines: what happens when nobody answers, and when somebody answers late."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from ailoop.broker import State
from ailoop.model.codec import load_json
from ailoop.model.message import SenderType
from tests.broker.kit import (
    APPROVE,
    DENY,
    Call,
    HookedJournal,
    Reader,
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
    said,
)


@pytest.mark.parametrize(
    ("prompt", "response_type"),
    [
        (question(timeout_seconds=7), "timeout"),
        (authorization(timeout_seconds=7), "authorization_denied"),
        (navigate(timeout_seconds=7), "cancelled"),
    ],
)
async def test_timeout(autojump_clock, prompt, response_type):
    """After its seconds, and not before, a prompt ends as its kind does on the wire."""
    async with running() as broker, trio.open_nursery() as nursery:
        call = Call(nursery, ask, broker, prompt)
        await trio.sleep(6.999)
        await wait_all_tasks_blocked()
        assert call.pending
        await trio.sleep(0.001)
        await wait_all_tasks_blocked()
        response = decode(call.result())
        assert said(call.result()) == (response_type, "timeout")
        assert response.sender_type is SenderType.SYSTEM
        assert response.correlation_id == prompt.id
        assert response.content.answer is None
        assert broker.prompt(prompt.id).state is State.TIMEOUT


async def test_timeouts_come_in_the_order_of_their_deadlines(autojump_clock):
    """Each prompt ends at its own time, whatever order the prompts were asked in."""
    prompts = [question(text=str(n), timeout_seconds=n) for n in (30, 10, 20)]
    async with running() as broker:
        reader = Reader(broker, "a")
        await post(broker, *prompts)
        await trio.sleep(40)
        reader.read_all()
        ends = [decode(entry).correlation_id for entry in reader.entries[3:]]
        assert ends == [prompts[1].id, prompts[2].id, prompts[0].id]
        begun = reader.entries[0].at
        assert [round(entry.at - begun, 3) for entry in reader.entries[3:]] == [10, 20, 30]


@pytest.mark.parametrize(("early", "state"), [(0.001, State.APPROVED), (0, State.TIMEOUT)])
async def test_the_deadline_itself_is_too_late(autojump_clock, early, state):
    """An answer a millisecond before the deadline counts; one at the deadline does not."""
    prompt = authorization(timeout_seconds=60)
    async with running() as broker, trio.open_nursery() as nursery:
        await post(broker, prompt)
        await trio.sleep(60 - early)
        call = Call(nursery, broker.respond, prompt.id, APPROVE)
        await wait_all_tasks_blocked()
        assert broker.prompt(prompt.id).state is state
        if early:
            assert call.result().created
        else:
            with refused("expired"):
                call.result()


async def test_late_answer_before_the_timer_has_fired(autojump_clock):
    """While the channel is busy and the timer has not fired, a late answer is refused."""
    journal = HookedJournal()
    prompt = authorization(timeout_seconds=60)
    async with running(journal) as broker, trio.open_nursery() as nursery:
        await post(broker, prompt)
        journal.hold()
        nursery.start_soon(post, broker, note())
        await trio.sleep(61)
        call = Call(nursery, broker.respond, prompt.id, APPROVE)
        await wait_all_tasks_blocked()
        assert call.pending
        assert broker.prompt(prompt.id).state is State.PENDING
        journal.release()
        await wait_all_tasks_blocked()
        with refused("expired"):
            call.result()
        assert said(await broker.wait(prompt.id)) == ("authorization_denied", "timeout")


async def test_answer_whose_turn_comes_after_the_deadline(autojump_clock):
    """An answer that waited behind a slow write until its prompt's time was over is refused."""
    journal = HookedJournal()
    sooner, prompt = question(timeout_seconds=59), authorization(timeout_seconds=60)
    async with running(journal) as broker, trio.open_nursery() as nursery:
        await post(broker, sooner, prompt)
        await trio.sleep(58)
        journal.hold()
        await trio.sleep(1)
        # The channel's task is now held writing the timeout of `sooner`.
        call = Call(nursery, broker.respond, prompt.id, APPROVE)
        await trio.sleep(2)
        journal.release()
        await wait_all_tasks_blocked()
        with refused("expired"):
            call.result()
        assert broker.prompt(prompt.id).state is State.TIMEOUT


async def test_answer_taken_in_time_outlasts_a_slow_journal(autojump_clock):
    """An answer taken before the deadline counts even if it is stored after it."""
    journal = HookedJournal()
    prompt = authorization(timeout_seconds=60)
    async with running(journal) as broker, trio.open_nursery() as nursery:
        await post(broker, prompt)
        await trio.sleep(59)
        journal.hold()
        call = Call(nursery, broker.respond, prompt.id, APPROVE)
        await trio.sleep(10)
        assert call.pending
        journal.release()
        await wait_all_tasks_blocked()
        assert call.result().created
        assert broker.prompt(prompt.id).state is State.APPROVED


async def test_no_answer_counts_while_the_timeout_cannot_be_written(autojump_clock):
    """With the journal down at the deadline, a late approval is refused when it is back."""
    journal = HookedJournal()
    prompt = authorization(timeout_seconds=60)
    async with running(journal) as broker, trio.open_nursery() as nursery:
        await post(broker, prompt)
        journal.broken = True
        await trio.sleep(60)
        await wait_all_tasks_blocked()
        assert journal.failures == 1
        journal.broken = False
        call = Call(nursery, broker.respond, prompt.id, APPROVE)
        await wait_all_tasks_blocked()
        # The retry is not due yet: the prompt is open, and yet it is too late.
        with refused("expired") as refusal:
            call.result()
        assert refusal.value.details["state"] is State.PENDING
        await trio.sleep(1)
        await wait_all_tasks_blocked()
        assert broker.prompt(prompt.id).state is State.TIMEOUT


async def test_late_answers_of_any_kind_are_refused(autojump_clock):
    """After the timeout every response and a withdrawal are refused, with the outcome."""
    async with running() as broker:
        for prompt, response in [
            (question(timeout_seconds=1), answer("late")),
            (authorization(timeout_seconds=1), APPROVE),
            (authorization(timeout_seconds=1), DENY),
            (navigate(timeout_seconds=1), APPROVE),
        ]:
            await post(broker, prompt)
            await trio.sleep(2)
            ended = broker.prompt(prompt.id).response
            for attempt in (broker.respond(prompt.id, response), broker.withdraw(prompt.id)):
                with refused("expired") as refusal:
                    await attempt
                assert refusal.value.details == {
                    "state": State.TIMEOUT,
                    "response_id": str(ended.id),
                    "response": load_json(ended.encoded),
                }
            assert broker.prompt(prompt.id).response is ended
