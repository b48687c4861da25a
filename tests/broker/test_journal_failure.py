"""When the journal cannot store: nothing is applied, nothing is approved, all is told."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from ailoop.broker import State
from tests.broker.kit import (
    APPROVE,
    Call,
    HookedJournal,
    Reader,
    answer,
    ask,
    authorization,
    check_books,
    navigate,
    note,
    post,
    question,
    refused,
    running,
    said,
)


async def test_what_is_not_stored_is_not_accepted(autojump_clock):
    """Messages of any kind get 503 and leave no trace, and may be sent again later."""
    journal = HookedJournal()
    messages = [question(), note(), navigate()]
    async with running(journal) as broker:
        reader = Reader(broker, "a")
        journal.broken = True
        outcomes = await broker.publish(messages)
        assert [outcome.code for outcome in outcomes] == ["journal_unavailable"] * 3
        assert outcomes[0].spec.status == 503
        assert outcomes[0].spec.retry_after
        for message in messages:
            with refused("message_not_found"):
                broker.message(message.id)
        assert not list(broker.pending())
        assert not reader.feed.waiting
        await wait_all_tasks_blocked()
        check_books(broker)
        journal.broken = False
        assert all(outcome.created for outcome in await broker.publish(messages))
        assert len(reader.read_all()) == 3


async def test_asking_is_refused_at_once(autojump_clock):
    """Who asks while the journal is down is not left waiting."""
    journal = HookedJournal()
    journal.broken = True
    async with running(journal) as broker:
        with trio.fail_after(1), refused("journal_unavailable"):
            await ask(broker, authorization())


async def test_an_approval_that_is_not_stored_does_not_approve(autojump_clock):
    """A failed approval leaves the prompt open for another try, and tells no waiter."""
    journal = HookedJournal()
    prompt = authorization()
    async with running(journal) as broker, trio.open_nursery() as nursery:
        call = Call(nursery, ask, broker, prompt)
        await wait_all_tasks_blocked()
        journal.broken = True
        with refused("journal_unavailable"):
            await broker.respond(prompt.id, APPROVE)
        with refused("journal_unavailable"):
            await broker.withdraw(prompt.id)
        await wait_all_tasks_blocked()
        assert call.pending
        assert broker.prompt(prompt.id).state is State.PENDING
        journal.broken = False
        await broker.respond(prompt.id, APPROVE)
        await wait_all_tasks_blocked()
        assert said(call.result()) == ("authorization_approved", None)


@pytest.mark.parametrize(
    ("prompt", "response_type"),
    [(question(), "timeout"), (authorization(), "authorization_denied")],
)
async def test_a_timeout_is_tried_until_it_is_stored(autojump_clock, prompt, response_type):
    """A prompt that is due while the journal is down ends as soon as it is back."""
    journal = HookedJournal()
    async with running(journal) as broker, trio.open_nursery() as nursery:
        call = Call(nursery, ask, broker, prompt)
        await wait_all_tasks_blocked()
        journal.broken = True
        await trio.sleep(prompt.content.timeout_seconds + 30.5)
        assert call.pending
        # Patiently: about once a second, not as fast as it can.
        assert 25 <= journal.failures <= 35
        journal.broken = False
        await trio.sleep(1.5)
        assert said(call.result()) == (response_type, "timeout")
        assert broker.prompt(prompt.id).state is State.TIMEOUT
        failures = journal.failures
        await trio.sleep(100)
        assert journal.failures == failures


async def test_others_are_served_while_a_timeout_is_tried_again(autojump_clock):
    """Between two tries messages are taken as the journal allows, and deadlines hold."""
    journal = HookedJournal()
    due, other = authorization(timeout_seconds=60), question(timeout_seconds=300)
    async with running(journal) as broker, trio.open_nursery() as nursery:
        await post(broker, due, other)
        journal.broken = True
        await trio.sleep(60)
        await wait_all_tasks_blocked()
        journal.broken = False
        late = Call(nursery, broker.respond, due.id, APPROVE)
        timely = Call(nursery, broker.respond, other.id, answer("yes"))
        await wait_all_tasks_blocked()
        with refused("expired"):
            late.result()
        assert timely.result().created
        await trio.sleep(1.5)
        assert broker.prompt(due.id).state is State.TIMEOUT


async def test_one_batch_fails_as_a_whole(autojump_clock):
    """Submissions that are stored together fail together, each told for itself."""
    journal = HookedJournal()
    async with running(journal) as broker, trio.open_nursery() as nursery:
        await post(broker, note("0"))
        journal.hold()
        nursery.start_soon(post, broker, note("1"))
        await wait_all_tasks_blocked()
        calls = [Call(nursery, broker.publish, [note()]) for _ in range(3)]
        await wait_all_tasks_blocked()
        journal.release()
        journal.hold()
        await wait_all_tasks_blocked()
        journal.broken = True
        journal.release()
        await wait_all_tasks_blocked()
        assert {call.result()[0].code for call in calls} == {"journal_unavailable"}
        assert len(broker.channels["a"].history) == 2


async def test_channels_fail_apart(autojump_clock):
    """In a message array over two channels, what one journal write lost the other kept."""
    journal = HookedJournal(only="bad")
    journal.broken = True
    async with running(journal) as broker:
        kept, lost = await broker.publish([note("1", "good"), note("2", "bad")])
        assert kept.created
        assert lost.code == "journal_unavailable"
