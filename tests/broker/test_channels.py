"""Channels appear with their first use, and disappear when nothing needs them."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from ailoop.broker import Gap, State
from tests.broker.kit import (
    Call,
    HookedJournal,
    Reader,
    ask,
    note,
    post,
    question,
    running,
    said,
)


async def test_a_feed_keeps_its_channel_until_it_is_closed(autojump_clock):
    """A channel with no past lives as long as its last feed."""
    async with running() as broker:
        first, second = Reader(broker, "a"), Reader(broker, "a")
        await wait_all_tasks_blocked()
        first.feed.close()
        assert set(broker.channels) == {"a"}
        second.feed.close()
        assert not broker.channels
        await wait_all_tasks_blocked()
        assert broker._registry._running == 0


async def test_a_feed_that_does_not_pin(autojump_clock):
    """A feed that does not pin its channel goes with it, and knows that it is closed.

    What it holds it still gives; one that had to read history tells of the gap.
    """
    async with running(history_seconds=60) as broker:
        reader = Reader(broker, "a", pins=False)
        (last,) = await post(broker, note("last words"))
        late = Reader(broker, "a", after=last.seq - 1, pins=False)
        await trio.sleep(61)
        assert not broker.channels
        assert reader.feed.closed
        assert reader.read_all() == ["last words"]
        assert late.read_all() == []
        assert late.gaps == [Gap("a", last.seq - 1, last.seq + 1)]
        reader.feed.close()
        assert broker.tables.feeds == 0


async def test_overflows_are_counted(autojump_clock):
    """What a feed suffered stays counted when its channel has left and has taken it along."""
    async with running(history_seconds=60, feed_messages=1) as broker:
        reader = Reader(broker, "a", pins=False)
        reader.read()
        await post(broker, note("1"), note("2"))
        await trio.sleep(61)
        assert sum(broker.tables.counts.overflows.values()) == 1


@pytest.mark.parametrize("kind", ["history", "prompt"])
async def test_what_keeps_a_channel(autojump_clock, kind):
    """History keeps a channel until it is old; an open prompt keeps it beyond that."""
    message = note() if kind == "history" else question(timeout_seconds=100)
    async with running(history_seconds=60) as broker:
        await post(broker, message)
        await trio.sleep(59)
        assert broker.channels
        await trio.sleep(2)
        assert bool(broker.channels) == (kind == "prompt")
        await trio.sleep(100)
        assert not broker.channels


async def test_a_cursor_of_an_earlier_life_is_told_of_a_gap(autojump_clock):
    """Numbers are not used again: a reader that was away is told, not given other entries."""
    async with running(history_seconds=60) as broker:
        (old,) = await post(broker, note("before"))
        reader = Reader(broker, "a", after=0, pins=False)
        reader.read_all()
        await trio.sleep(61)
        assert not broker.channels
        (new,) = await post(broker, note("after"))
        assert new.seq > old.seq
        again = Reader(broker, "a", after=reader.feed.cursor)
        assert again.read_all() == ["after"]
        assert again.gaps == [Gap("a", old.seq, new.seq)]


async def test_a_cursor_of_an_earlier_life_before_anything_is_said(autojump_clock):
    """The gap is told at once, and what then comes is given in order."""
    async with running(history_seconds=60) as broker:
        (old,) = await post(broker, note("before"))
        await trio.sleep(61)
        reader = Reader(broker, "a", after=old.seq)
        assert reader.calls == 1
        assert reader.read_all() == []
        (new,) = await post(broker, note("after"))
        assert reader.read_all() == ["after"]
        assert [gap.after for gap in reader.gaps] == [old.seq]
        assert reader.gaps[0].first <= new.seq


async def test_a_prompt_on_its_way_keeps_the_channel(autojump_clock):
    """The last feed closes while a prompt is between its sender and the channel's task.

    The channel stays, and the prompt is asked and times out like any other.
    """
    for _ in range(20):  # Trio shuffles what is ready, so one time proves little.
        prompt = question()
        async with running() as broker, trio.open_nursery() as nursery:
            reader = Reader(broker, "a")
            await wait_all_tasks_blocked()
            call = Call(nursery, ask, broker, prompt)

            async def close(feed=reader.feed):
                feed.close()

            nursery.start_soon(close)
            await wait_all_tasks_blocked()
            assert broker.prompt(prompt.id).state is State.PENDING
            assert list(broker.pending()) == [broker.prompt(prompt.id)]
            await trio.sleep(61)
            assert said(call.result()) == ("timeout", "timeout")


async def test_a_write_that_never_begins_leaves_no_channel(autojump_clock):
    """A sender that is cancelled before its first message leaves no empty channel behind."""
    async with running() as broker:
        with trio.CancelScope() as scope:
            scope.cancel()
            await broker.publish([note()])
        assert not broker.channels


async def test_a_write_that_fails_leaves_no_channel(autojump_clock):
    """A channel whose first message could not be stored disappears again."""
    journal = HookedJournal()
    journal.broken = True
    async with running(journal) as broker:
        (outcome,) = await broker.publish([note()])
        assert outcome.code == "journal_unavailable"
        await wait_all_tasks_blocked()
        assert not broker.channels


async def test_channels_are_followed(autojump_clock):
    """A follower is told every live channel, then each new one, until it stops."""
    async with running(history_seconds=60) as broker:
        await post(broker, note(channel="a"))
        names = []
        stop = broker.follow_channels(names.append)
        assert names == ["a"]
        await post(broker, note(channel="b"), note(channel="a"))
        assert names == ["a", "b"]
        await trio.sleep(61)
        await post(broker, note(channel="a"))
        assert names == ["a", "b", "a"]
        stop()
        stop()
        await post(broker, note(channel="c"))
        assert names == ["a", "b", "a"]


async def test_a_follower_that_subscribes_misses_nothing(autojump_clock):
    """A feed opened as its channel appears is given that channel's first message."""
    async with running() as broker:
        readers = []
        broker.follow_channels(
            lambda name: readers.append(Reader(broker, name, pins=False)) if not readers else 0
        )
        await post(broker, note("first"))
        assert readers[0].read_all() == ["first"]
