"""A fault of one connection stays with it: callbacks that raise, waiters that leave."""

from __future__ import annotations

import trio
from structlog.testing import capture_logs
from trio.testing import wait_all_tasks_blocked

from ailoop.broker import State
from tests.broker.kit import (
    APPROVE,
    Call,
    Reader,
    answer,
    ask,
    authorization,
    note,
    post,
    question,
    running,
    text_of,
)


def fail(*_: object) -> None:
    """Raise, as code of one connection may."""
    raise RuntimeError("a fault of one connection")


def events(logs: list[dict[str, object]]) -> list[object]:
    """Return what was logged as a fault."""
    return [line["event"] for line in logs if line["log_level"] == "error"]


async def test_a_watcher_that_raises(autojump_clock):
    """Other watchers and waiters of the same prompt are still told."""
    prompt = question()
    told = []
    async with running() as broker, trio.open_nursery() as nursery:
        await post(broker, prompt)
        for watcher in (told.append, fail, told.append):
            broker.prompt(prompt.id).watch(watcher)
        call = Call(nursery, broker.wait, prompt.id)
        await wait_all_tasks_blocked()
        with capture_logs() as logs:
            await broker.respond(prompt.id, answer("yes"))
            await wait_all_tasks_blocked()
        assert events(logs) == ["watcher_failed"]
        assert told == [broker.prompt(prompt.id)] * 2
        assert not broker.prompt(prompt.id)._watchers
        assert text_of(call.result()) == "yes"


async def test_a_submitter_that_raises(autojump_clock):
    """Other submissions of the same batch are still decided and told."""
    told = []
    async with running() as broker:
        with capture_logs() as logs:
            await broker.submit([note("1")], fail)
            await broker.submit([note("2")], told.extend)
            await wait_all_tasks_blocked()
        assert events(logs) == ["submitter_failed"]
        assert [text_of(outcome.entry) for outcome in told] == ["2"]
        assert len(broker.channels["a"].history) == 2


async def test_a_reader_that_raises(autojump_clock):
    """Other feeds are still told, and the broken one's entries still wait for it."""
    async with running() as broker:
        before, broken = Reader(broker, "a"), broker.subscribe("a", fail)
        after = Reader(broker, "a")
        with capture_logs() as logs:
            await post(broker, note("1"))
        assert events(logs) == ["reader_failed"]
        assert before.read_all() == after.read_all() == ["1"]
        assert [text_of(entry) for entry in broken.take(9)[1]] == ["1"]
        with capture_logs() as logs:
            assert broker.subscribe("a", fail, replay=1).waiting
        assert events(logs) == ["reader_failed"]


async def test_a_follower_that_raises(autojump_clock):
    """A new channel's first message is taken, and other followers hear of the channel."""
    names, more = [], []
    async with running() as broker:
        broker.follow_channels(names.append)
        broker.follow_channels(fail)
        broker.follow_channels(more.append)
        with capture_logs() as logs:
            await post(broker, note())
        assert events(logs) == ["follower_failed"]
        assert names == more == ["a"]


async def test_a_waiter_that_leaves(autojump_clock):
    """Cancelling one waiter leaves the prompt open and the other waiters waiting."""
    prompt = authorization()
    async with running() as broker, trio.open_nursery() as nursery:
        asker = Call(nursery, ask, broker, prompt)
        await wait_all_tasks_blocked()
        others = [Call(nursery, broker.wait, prompt.id) for _ in range(2)]
        await wait_all_tasks_blocked()
        asker.scope.cancel()
        others[0].scope.cancel()
        await wait_all_tasks_blocked()
        assert asker.pending
        assert broker.prompt(prompt.id).state is State.PENDING
        assert len(broker.prompt(prompt.id)._watchers) == 1
        accepted = await broker.respond(prompt.id, APPROVE)
        await wait_all_tasks_blocked()
        assert others[1].result() is accepted.entry


async def test_waiting_in_slices(autojump_clock):
    """A caller that waits again and again, each time for a while, gets the answer."""
    prompt = question(timeout_seconds=60)
    got = []
    async with running() as broker, trio.open_nursery() as nursery:
        await post(broker, prompt)

        async def answer_later():
            await trio.sleep(25.5)
            await broker.respond(prompt.id, answer("at last"))

        nursery.start_soon(answer_later)
        while not got:
            with trio.move_on_after(10):
                got.append(await broker.wait(prompt.id))
        assert [text_of(entry) for entry in got] == ["at last"]
        assert not broker.prompt(prompt.id)._watchers


async def test_a_sender_that_leaves(autojump_clock):
    """A sender cancelled while its message is being stored has still sent it, once."""
    prompt = question()
    async with running() as broker, trio.open_nursery() as nursery:
        call = Call(nursery, broker.publish, [prompt])
        await broker.submit([], lambda _: None)
        call.scope.cancel()
        await wait_all_tasks_blocked()
        outcomes = await broker.publish([prompt])
        assert broker.tables.open_prompts == 1
        assert outcomes[0].entry is broker.message(prompt.id)


async def test_callbacks_may_use_the_broker(autojump_clock):
    """A watcher may close feeds, and a reader may take and close, while they are called."""
    prompt = question()
    async with running() as broker:
        await post(broker, prompt)
        for _ in range(3):
            broker.subscribe("a", lambda feed: feed.take(9) and feed.close())
        extra = Reader(broker, "a")
        broker.prompt(prompt.id).watch(lambda _: extra.feed.close())
        await broker.respond(prompt.id, answer("yes"))
        assert broker.tables.feeds == 0
        assert extra.read_all() == ["yes"]
