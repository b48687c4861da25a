"""Every table has a bound; beyond it newcomers are refused, and room is found again."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from ailoop.model.errors import Refusal
from tests.broker.kit import (
    Call,
    HookedJournal,
    Reader,
    answer,
    ask,
    authorization,
    check_books,
    note,
    post,
    question,
    refused,
    running,
)


def codes(outcomes: list[object]) -> list[str]:
    """Return the code of each refusal, and '' for what was accepted."""
    return [o.code if isinstance(o, Refusal) else "" for o in outcomes]


async def test_channels(autojump_clock):
    """A channel too many is refused with 429 to writers and readers, until one is gone."""
    async with running(channels=2, history_seconds=60) as broker:
        await post(broker, note(channel="a"), note(channel="b"))
        with refused("too_many_channels") as refusal:
            await broker.publish([note(channel="c")])
        assert refusal.value.spec.status == 429
        assert refusal.value.spec.retry_after
        with refused("too_many_channels"):
            Reader(broker, "c")
        await post(broker, note(channel="a"))
        await trio.sleep(61)
        assert not broker.channels
        await post(broker, note(channel="c"))
        Reader(broker, "d").feed.close()
        with refused("too_many_channels"):
            await broker.publish([note(channel="d"), note(channel="e")])
        assert set(broker.channels) == {"c"}


@pytest.mark.parametrize("limits", [{"prompts": 2}, {"channel_prompts": 2}])
async def test_prompts(autojump_clock, limits):
    """A prompt too many is refused with 429; settling one makes room for one."""
    prompts = [question(text=str(number)) for number in range(4)]
    async with running(**limits) as broker:
        assert codes(await broker.publish(prompts)) == ["", "", *["too_many_prompts"] * 2]
        assert codes(await broker.publish(prompts[2:3])) == ["too_many_prompts"]
        with refused("too_many_prompts") as refusal:
            await ask(broker, prompts[3])
        assert refusal.value.spec.status == 429
        with refused("message_not_found"):
            broker.prompt(prompts[2].id)
        # Neither what is known already nor what does not wait needs room.
        assert codes(await broker.publish([prompts[0], note()])) == ["", ""]
        await broker.respond(prompts[0].id, answer("done"))
        assert codes(await broker.publish(prompts[2:])) == ["", "too_many_prompts"]
        await trio.sleep(61)
        assert broker.tables.open_prompts == 0
        assert codes(await broker.publish(prompts[3:])) == [""]


async def test_prompts_of_one_channel_leave_room_for_others(autojump_clock):
    """A channel that has used up its own prompts does not use up the others'."""
    async with running(channel_prompts=1, prompts=2) as broker:
        asked = [question("a"), question("a"), question("b"), question("c")]
        assert codes(await broker.publish(asked)) in (
            ["", "too_many_prompts", "", "too_many_prompts"],
            ["", "too_many_prompts", "too_many_prompts", ""],
            ["too_many_prompts", "too_many_prompts", "", ""],
        )


async def test_prompts_admitted_at_once_count_before_they_are_stored(autojump_clock):
    """While a slow journal stores prompts, they already take their room."""
    journal = HookedJournal()
    async with running(journal, prompts=2) as broker, trio.open_nursery() as nursery:
        journal.hold()
        calls = [Call(nursery, broker.publish, [question(n)]) for n in ("a", "b", "c", "d")]
        await wait_all_tasks_blocked()
        assert broker.tables.open_prompts == 2
        journal.release()
        await wait_all_tasks_blocked()
        assert sorted(code for call in calls for code in codes(call.result())) == [
            "",
            "",
            "too_many_prompts",
            "too_many_prompts",
        ]


async def test_room_for_prompts_comes_back_when_the_journal_fails(autojump_clock):
    """Prompts that could not be stored take no room."""
    journal = HookedJournal()
    async with running(journal, prompts=1) as broker:
        journal.broken = True
        assert codes(await broker.publish([question()])) == ["journal_unavailable"]
        journal.broken = False
        assert codes(await broker.publish([question()])) == [""]


async def test_feeds(autojump_clock):
    """A feed too many is refused with 429; closing one, even twice, makes room for one."""
    async with running(feeds=2) as broker:
        first, _ = Reader(broker, "a"), Reader(broker, "b")
        with refused("too_many_feeds") as refusal:
            Reader(broker, "a")
        assert refusal.value.spec.status == 429
        first.feed.close()
        first.feed.close()
        Reader(broker, "a")
        with refused("too_many_feeds"):
            Reader(broker, "a")


async def test_a_refused_feed_leaves_no_channel(autojump_clock):
    """A channel made for a feed that is then refused does not stay in the table."""
    async with running(feeds=0) as broker:
        with refused("too_many_feeds"):
            Reader(broker, "a")
        assert not broker.channels
        await wait_all_tasks_blocked()
        check_books(broker)


async def test_a_full_inbox_makes_the_writer_wait(autojump_clock):
    """Beyond the inbox's bound writers wait, in line, and nothing is refused or lost."""
    journal = HookedJournal()
    async with running(journal, inbox=2, batch=2) as broker, trio.open_nursery() as nursery:
        reader = Reader(broker, "a")
        journal.hold()
        calls = [Call(nursery, broker.publish, [note(str(n))]) for n in range(9)]
        await wait_all_tasks_blocked()
        assert broker.channels["a"].inbox_depth == 2
        assert all(call.pending for call in calls)
        journal.release()
        await wait_all_tasks_blocked()
        assert {code for call in calls for code in codes(call.result())} == {""}
        assert sorted(reader.read_all()) == [str(n) for n in range(9)]
        assert max(len(batch) for batch in journal.batches) <= 2


async def test_giving_up_in_line_leaves_no_trace(autojump_clock):
    """A writer that is cancelled while it waits for a full inbox has written nothing."""
    journal = HookedJournal()
    async with running(journal, inbox=1, batch=1) as broker, trio.open_nursery() as nursery:
        journal.hold()
        calls = [Call(nursery, broker.publish, [authorization()]) for _ in range(5)]
        await wait_all_tasks_blocked()
        for call in calls:
            call.scope.cancel()
        await wait_all_tasks_blocked()
        journal.release()
        await wait_all_tasks_blocked()
        # One was being written and one was in the inbox: these are asked.
        assert broker.tables.open_prompts == 2


async def test_waiters(autojump_clock):
    """A waiter too many is refused with 429; the prompt stays, and room is found again."""
    prompt = question()
    async with running(waiters=2) as broker, trio.open_nursery() as nursery:
        await post(broker, prompt)
        calls = [Call(nursery, broker.wait, prompt.id) for _ in range(2)]
        await wait_all_tasks_blocked()
        with refused("too_many_waiters") as refusal:
            await broker.wait(prompt.id)
        assert refusal.value.spec.status == 429
        calls[0].scope.cancel()
        await wait_all_tasks_blocked()
        calls.append(Call(nursery, broker.wait, prompt.id))
        await wait_all_tasks_blocked()
        accepted = await broker.respond(prompt.id, answer("yes"))
        await wait_all_tasks_blocked()
        assert [call.result() for call in calls[1:]] == [accepted.entry] * 2
        assert await broker.wait(prompt.id) is accepted.entry
        assert broker.tables.waiters == 0
