"""A feed gives every entry from its cursor on, in order, or tells of a gap."""

from __future__ import annotations

import pytest
from trio.testing import wait_all_tasks_blocked

from ailoop.broker import Gap
from tests.broker.kit import HookedJournal, Reader, note, post, refused, running


def numbers(first: int, last: int) -> list[str]:
    """Return the texts of notes numbered from ``first`` to ``last``."""
    return [str(number) for number in range(first, last + 1)]


async def tell(broker, first, last):
    """Publish numbered notes, each in a batch of its own."""
    return [entry for n in numbers(first, last) for entry in await post(broker, note(n))]


async def test_a_new_feed_begins_with_what_comes_next(autojump_clock):
    """Without a cursor nothing of the past is given, and all that follows is."""
    async with running() as broker:
        await tell(broker, 1, 3)
        reader = Reader(broker, "a")
        assert not reader.feed.waiting
        assert reader.read() == []
        await tell(broker, 4, 6)
        assert reader.read_all() == numbers(4, 6)
        assert not reader.gaps


async def test_replay_gives_the_newest(autojump_clock):
    """`replay` begins with so many of the newest messages, or all there are."""
    async with running() as broker:
        assert Reader(broker, "a", replay=5).calls == 0
        await tell(broker, 1, 5)
        for count, texts in [(0, []), (2, numbers(4, 5)), (99, numbers(1, 5))]:
            reader = Reader(broker, "a", replay=count)
            assert reader.calls == bool(texts)
            assert reader.read_all() == texts
            assert not reader.gaps


async def test_after_gives_all_that_follows_a_cursor(autojump_clock):
    """A reader that tells what it has seen is given the rest; 0 asks for everything."""
    async with running() as broker:
        entries = await tell(broker, 1, 5)
        for after, texts in [
            (0, numbers(1, 5)),
            (entries[0].seq, numbers(2, 5)),
            (entries[3].seq, numbers(5, 5)),
            (entries[4].seq, []),
        ]:
            reader = Reader(broker, "a", after=after)
            assert reader.read_all(limit=2) == texts
            assert not reader.gaps


async def test_after_on_a_trimmed_history_tells_of_the_gap(autojump_clock):
    """A cursor whose next entry has left is told the first number there is."""
    async with running(history_messages=2) as broker:
        entries = await tell(broker, 1, 5)
        reader = Reader(broker, "a", after=entries[0].seq)
        assert reader.read_all() == numbers(4, 5)
        assert reader.gaps == [Gap("a", entries[0].seq, entries[3].seq)]
        exact = Reader(broker, "a", after=entries[2].seq)
        assert exact.read_all() == numbers(4, 5)
        assert not exact.gaps
        everything = Reader(broker, "a", after=0)
        assert everything.read_all() == numbers(4, 5)
        assert [gap.first for gap in everything.gaps] == [entries[3].seq]


@pytest.mark.parametrize("distance", [-1, 10**6])
async def test_a_cursor_from_elsewhere_is_told_of_a_gap(autojump_clock, distance):
    """A cursor that this log never gave is told so, then given what there is from now on."""
    async with running() as broker:
        entries = await tell(broker, 1, 2)
        strange = entries[0].seq - 1 + distance
        reader = Reader(broker, "a", after=strange)
        assert reader.calls == 1
        assert reader.read_all() == numbers(1, 2)
        assert reader.gaps == [Gap("a", strange, entries[0].seq)]
        await tell(broker, 3, 3)
        assert reader.read_all() == numbers(1, 3)
        assert len(reader.gaps) == 1


async def test_numbers_rise_and_the_cursor_follows(autojump_clock):
    """What is given has rising numbers, and the cursor is the last one given."""
    async with running() as broker:
        reader = Reader(broker, "a")
        await post(broker, *[note(n) for n in numbers(1, 7)])
        while reader.feed.waiting:
            taken = reader.read(limit=2)
            assert reader.feed.cursor == taken[-1].seq
        assert reader.texts == numbers(1, 7)
        seqs = [entry.seq for entry in reader.entries]
        assert seqs == sorted(set(seqs))


@pytest.mark.parametrize("bound", [{"feed_messages": 3}, {"feed_bytes": 900}])
async def test_a_slow_feed_falls_back_to_history(autojump_clock, bound):
    """A reader that lets too much pile up reads on from history and misses nothing."""
    async with running(**bound) as broker:
        reader = Reader(broker, "a")
        reader.read()
        await tell(broker, 1, 2)
        reader.read(limit=1)
        await tell(broker, 3, 9)
        assert sum(broker.tables.counts.overflows.values()) == 1
        assert reader.read_all(limit=3) == numbers(1, 9)
        reader.read()
        for number in range(10, 30):
            await tell(broker, number, number)
            reader.read()
        assert reader.texts == numbers(1, 29)
        assert not reader.gaps
        assert sum(broker.tables.counts.overflows.values()) == 1


async def test_a_slow_feed_is_told_when_history_has_moved_on(autojump_clock):
    """A reader so slow that history is trimmed past it gets a gap where entries are lost."""
    async with running(feed_messages=2, history_messages=4) as broker:
        reader = Reader(broker, "a")
        reader.read()
        (seen, *_) = await tell(broker, 1, 2)
        reader.read(limit=1)
        await tell(broker, 3, 9)
        assert reader.read_all() == numbers(1, 1) + numbers(6, 9)
        assert reader.gaps == [Gap("a", seen.seq, reader.entries[1].seq)]


async def test_trimming_while_a_feed_reads_history(autojump_clock):
    """History that is trimmed between two reads of a feed that catches up is announced."""
    async with running(history_messages=4) as broker:
        await tell(broker, 1, 4)
        reader = Reader(broker, "a", after=0)
        reader.read(limit=2)
        await tell(broker, 5, 6)
        assert reader.read(limit=1)
        assert not reader.gaps
        await tell(broker, 7, 9)
        assert reader.read_all() == numbers(1, 3) + numbers(6, 9)
        assert [gap.after for gap in reader.gaps] == [reader.entries[2].seq]


async def test_a_feed_is_bounded_whatever_its_reader_does(autojump_clock):
    """A feed that nobody reads holds no more than its bound."""
    async with running(feed_messages=5, batch=2) as broker:
        reader = Reader(broker, "a")
        reader.read()
        for number in range(40):
            await post(broker, note(str(number)))
            held = reader.feed._backlog
            assert held is None or len(held) <= 5
        assert reader.read_all() == numbers(0, 39)


async def test_a_stalled_feed_delays_no_other(autojump_clock):
    """One reader never reads; the other, on the same channel, gets all as it comes."""
    async with running(feed_messages=2, history_messages=5) as broker:
        Reader(broker, "a").read()
        quick = Reader(broker, "a")
        for number in range(30):
            await post(broker, note(str(number)))
            quick.read_all()
        assert quick.texts == numbers(0, 29)
        assert not quick.gaps


async def test_a_slow_journal_of_one_channel_delays_no_other(autojump_clock):
    """While one channel's write hangs, another channel goes on."""
    journal = HookedJournal(only="slow")
    async with running(journal) as broker:
        slow, quick = Reader(broker, "slow"), Reader(broker, "quick")
        journal.hold()
        await broker.submit([note("1", "slow")], lambda _: None)
        for number in range(5):
            await post(broker, note(str(number), "quick"))
        assert quick.read_all() == numbers(0, 4)
        assert not slow.feed.waiting
        journal.release()
        await wait_all_tasks_blocked()
        assert slow.read_all() == ["1"]


async def test_a_closed_feed_is_called_no_more(autojump_clock):
    """After `close` nothing is offered, and what was taken stays taken."""
    async with running() as broker:
        reader = Reader(broker, "a")
        reader.read()
        await tell(broker, 1, 2)
        calls = reader.calls
        reader.feed.close()
        await tell(broker, 3, 4)
        assert reader.calls == calls
        assert broker.tables.feeds == 0


async def test_bad_names_are_refused(autojump_clock):
    """Nobody subscribes to what cannot be a channel."""
    async with running() as broker:
        for name in ("*", "../a", "System"):
            with refused("bad_channel"):
                Reader(broker, name)
        assert not broker.channels
