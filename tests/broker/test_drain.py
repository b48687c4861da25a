"""The clean stop: what was taken is decided, and everybody who waits is told."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from ailoop.broker import State, open_broker
from ailoop.model.errors import Refusal
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


async def test_memory_cancels_open_prompts(autojump_clock):
    """Without a lasting journal open prompts end as cancelled, and never as approved."""
    prompts = [question("a"), authorization("a"), navigate("b")]
    async with running() as broker, trio.open_nursery() as nursery:
        reader = Reader(broker, "b")
        calls = [Call(nursery, ask, broker, prompt) for prompt in prompts]
        await wait_all_tasks_blocked()
        await broker.drain()
        await wait_all_tasks_blocked()
        assert [said(call.result()) for call in calls] == [("cancelled", "shutdown")] * 3
        assert {broker.prompt(p.id).state for p in prompts} == {State.CANCELLED}
        assert reader.read_all()[-1] == "cancelled"
        assert broker.tables.open_prompts == 0


async def test_a_durable_journal_keeps_prompts_open(autojump_clock):
    """With a lasting journal prompts stay open, and who waits is told to come back."""
    journal = HookedJournal(durable=True)
    prompts = [question(), authorization()]
    async with running(journal) as broker, trio.open_nursery() as nursery:
        calls = [Call(nursery, ask, broker, prompt) for prompt in prompts]
        await wait_all_tasks_blocked()
        stored = len(journal.batches)
        await broker.drain()
        await wait_all_tasks_blocked()
        for call in calls:
            with refused("shutting_down"):
                call.result()
        assert len(list(broker.pending())) == 2
        assert len(journal.batches) == stored


async def test_everything_new_is_refused(autojump_clock):
    """After the stop nothing is taken any more; waiting for an open prompt is refused too."""
    prompt, settled = question(), question()
    async with running(HookedJournal(durable=True)) as broker:
        await post(broker, prompt, settled)
        done = await broker.respond(settled.id, answer("yes"))
        await broker.drain()
        for attempt in (
            lambda: broker.publish([note()]),
            lambda: ask(broker, question("new")),
            lambda: broker.respond(prompt.id, answer("yes")),
            lambda: broker.withdraw(prompt.id),
            lambda: broker.wait(prompt.id),
        ):
            with refused("shutting_down"):
                await attempt()
        with refused("shutting_down"):
            Reader(broker, "a")
        assert await broker.wait(settled.id) is done.entry
        assert set(broker.channels) == {"a"}


async def test_what_waits_in_the_inbox_is_decided(autojump_clock):
    """Messages that were taken before the stop are stored, and their senders told."""
    journal = HookedJournal()
    async with running(journal) as broker, trio.open_nursery() as nursery:
        await post(broker, authorization())
        (prompt,) = broker.pending()
        journal.hold()
        calls = [Call(nursery, broker.publish, [note(str(n))]) for n in range(5)]
        approval = Call(nursery, broker.respond, prompt.entry.id, APPROVE)
        await wait_all_tasks_blocked()
        drained = Call(nursery, broker.drain)
        await wait_all_tasks_blocked()
        assert drained.pending
        journal.release()
        await wait_all_tasks_blocked()
        assert not drained.pending
        assert [len(call.result()) for call in calls] == [1] * 5
        assert approval.result().created
        assert prompt.state is State.APPROVED


async def test_who_waits_for_room_in_the_inbox_is_told(autojump_clock):
    """A sender that was not taken when the stop came is refused, and nobody hangs."""
    journal = HookedJournal()
    async with running(journal, inbox=1, batch=1) as broker, trio.open_nursery() as nursery:
        journal.hold()
        calls = [Call(nursery, broker.publish, [note(str(n))]) for n in range(5)]
        await wait_all_tasks_blocked()
        nursery.start_soon(broker.drain)
        await wait_all_tasks_blocked()
        journal.release()
        await wait_all_tasks_blocked()
        told = []
        for call in calls:
            try:
                told.append(len(call.result()))
            except Refusal as refusal:
                told.append(refusal.code)
        assert sorted(map(str, told)) == ["1", "1", *["shutting_down"] * 3]


async def test_a_prompt_asked_at_the_last_moment(autojump_clock):
    """A prompt still in the inbox when the stop comes is asked, then cancelled."""
    journal = HookedJournal()
    prompt = authorization()
    async with running(journal) as broker, trio.open_nursery() as nursery:
        journal.hold()
        nursery.start_soon(post, broker, note())
        await wait_all_tasks_blocked()
        outcomes = []
        await broker.submit([prompt], outcomes.extend)
        nursery.start_soon(broker.drain)
        await wait_all_tasks_blocked()
        journal.release()
        await wait_all_tasks_blocked()
        assert outcomes[0].created
        assert broker.prompt(prompt.id).state is State.CANCELLED


async def test_a_broken_journal_does_not_hold_the_stop(autojump_clock):
    """If not even the cancelling can be stored, waiters are told and nothing is approved."""
    journal = HookedJournal()
    prompt = authorization()
    async with running(journal) as broker, trio.open_nursery() as nursery:
        call = Call(nursery, ask, broker, prompt)
        await wait_all_tasks_blocked()
        journal.broken = True
        with trio.fail_after(1):
            await broker.drain()
        await wait_all_tasks_blocked()
        with refused("shutting_down"):
            call.result()
        assert broker.prompt(prompt.id).state is State.PENDING


async def test_a_hanging_journal_holds_the_stop_for_its_grace_only(autojump_clock):
    """Leaving the block returns after the grace period even if a write never ends."""
    journal = HookedJournal()
    async with open_broker(journal, drain_seconds=5) as broker:
        journal.hold()
        await broker.submit([note()], lambda _: None)
        begun = trio.current_time()
    assert trio.current_time() - begun == pytest.approx(5)


async def test_stopping_twice_is_stopping(autojump_clock):
    """Two stops at once both return, and leaving the block is a third."""
    async with running() as broker, trio.open_nursery() as nursery:
        await post(broker, question(), note(channel="b"))
        nursery.start_soon(broker.drain)
        nursery.start_soon(broker.drain)
    assert broker.stopping


async def test_stopping_an_empty_broker(autojump_clock):
    """With nothing to decide the stop returns at once."""
    async with running() as broker:
        with trio.fail_after(1):
            await broker.drain()


async def test_the_books_are_in_order_after_the_stop(autojump_clock):
    """Cancelled prompts are settled in every index, as if a person had cancelled them."""
    async with running() as broker:
        await post(broker, question(), question("b"))
        await broker.drain()
        for channel in broker.channels.values():
            assert not channel.state.open
        assert len(broker.tables.prompts) == 2
        check_books(broker)
