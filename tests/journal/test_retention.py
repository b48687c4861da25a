"""What retention removes, and what it never does."""

from __future__ import annotations

from itertools import pairwise

import pytest
import trio

from ailoop.broker import State
from ailoop.journal.retention import Retention
from ailoop.journal.rules import Rule
from ailoop.journal.sqlite import open_sqlite
from tests.broker.kit import APPROVE, Reader, answer, authorization, note, post, question
from tests.journal.conformance import records
from tests.journal.filled import opened
from tests.journal.kit import texts, until


def kept(disk, channel="a"):
    """Return the numbers of the entries that are in the file, from the first."""
    return [
        seq
        for (seq,) in disk.rows(
            "SELECT seq FROM entries JOIN channels ON channels.id = channel "
            "WHERE name = ? ORDER BY seq",
            channel,
        )
    ]


async def test_without_a_rule_everything_stays(disk, mock_clock):
    """Nothing is removed unless somebody wants it."""
    async with disk.broker() as broker:
        await post(broker, *[note() for _ in range(1000)])
        mock_clock.jump(1e8)
        await disk.trim()
        assert len(kept(disk)) == 1000


async def test_by_count(disk, mock_clock):
    """The newest so many stay."""
    async with disk.broker(Retention([Rule(messages=3)])) as broker:
        entries = await post(broker, *[note() for _ in range(10)])
        await disk.trim()
        assert kept(disk) == [entry.seq for entry in entries[-3:]]


async def test_by_bytes(disk, mock_clock):
    """The newest that together have no more than so many bytes stay."""
    async with disk.broker() as broker:
        entries = await post(broker, *[note("x" * 100) for _ in range(10)])
    size = len(entries[0].encoded)
    for limit, left in ((10 * size, 10), (5 * size + 1, 5), (5 * size - 1, 4), (0, 0)):
        async with disk.opened(Retention([Rule(bytes=limit)])):
            await disk.trim()
            assert len(kept(disk)) == left


async def test_by_age(disk, mock_clock):
    """What is as old as the bound leaves, and no earlier."""
    async with disk.broker(Retention([Rule(seconds=60)], pause_seconds=1e6)) as broker:
        await post(broker, note("old"))
        mock_clock.jump(30)
        (young,) = await post(broker, note("young"))
        mock_clock.jump(29)
        await disk.trim()
        assert len(kept(disk)) == 2
        mock_clock.jump(1)
        await disk.trim()
        assert kept(disk) == [young.seq]


async def test_the_first_rule_that_fits_holds(disk, mock_clock):
    """Rules are looked through in their order, with ``*`` and ``?``; case counts."""
    rules = [
        Rule("deploys-*", messages=1),
        Rule("deploys-x", messages=5),
        Rule("d?cs", messages=2),
    ]
    names = {"deploys-x": 1, "deploys-": 1, "docs": 2, "dcs": 6, "Docs": 6, "other": 6}
    async with disk.broker(Retention(rules)) as broker:
        for name in names:
            await post(broker, *[note(channel=name) for _ in range(6)])
        await disk.trim()
        assert {name: len(kept(disk, name)) for name in names} == names


async def test_it_is_done_by_itself(disk, mock_clock):
    """In the background, every so often."""
    async with disk.broker(Retention([Rule(messages=2)], pause_seconds=7)) as broker:
        await post(broker, *[note() for _ in range(5)])
        mock_clock.jump(6.9)
        await disk.journal._in_thread(lambda: None)
        assert len(kept(disk)) == 5
        mock_clock.jump(0.2)
        await until(lambda: len(kept(disk)) == 2)


async def test_open_prompts_are_never_removed(disk, mock_clock):
    """An open prompt stays whatever the rule says; when it is answered, it leaves like all."""
    prompt = authorization(timeout_seconds=80_000)
    retention = Retention([Rule(messages=2, bytes=10, seconds=1)])
    async with disk.broker(retention) as broker:
        await post(broker, note("before"))
        (entry,) = await post(broker, prompt)
        await post(broker, *[note(str(number)) for number in range(300)])
        mock_clock.jump(1000)
        await disk.trim()
        assert kept(disk)[0] == entry.seq
        disk.crash()
    async with disk.broker(retention) as broker:
        await disk.trim()
        assert broker.prompt(prompt.id).state is State.PENDING
        await broker.respond(prompt.id, APPROVE, responder="ann")
        await post(broker, note("after"))
        mock_clock.jump(1)
        await disk.trim()
        assert kept(disk) == []
        # This process knows it on: what is removed is the file's.
        assert broker.prompt(prompt.id).state is State.APPROVED


async def test_in_small_steps(disk, mock_clock):
    """Between two steps whoever wants to write has their turn."""
    async with disk.broker(Retention([Rule(messages=0)])) as broker:
        await post(broker, *[note() for _ in range(1000)], *[note() for _ in range(1000)])
        sizes = []

        async def write():
            for number in range(3):
                await disk.journal.append(f"c{number}", records("x"))
                sizes.append(len(kept(disk)))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(disk.trim)
            nursery.start_soon(write)
        assert len(kept(disk)) == 0
        assert 0 < sizes[-1] < 2000
        steps = {before - after for before, after in pairwise(sizes)}
        assert max(steps) <= 600


@pytest.mark.parametrize("restart", [False, True])
async def test_numbers_are_not_used_again(disk, mock_clock, restart):
    """A channel that retention has emptied goes on above where it was, as others do."""
    retention = Retention([Rule(messages=0)])
    async with disk.opened(retention) as journal:
        # Far above what the clock would give.
        journal._heads["a"] = 10**17
        first = await journal.append("a", records("x", "y"))
        assert first > 10**17
        await journal._trim()
        assert disk.rows("SELECT count(*) FROM channels") == [(0,)]
        if not restart:
            assert await journal.append("a", records("z")) > first + 1
    if restart:
        async with disk.opened(retention) as journal:
            assert await journal.append("a", records("z")) > first + 1
            assert await journal.append("b", records("z")) > first + 1


async def test_an_append_while_its_channel_is_removed(disk, mock_clock):
    """A channel may be emptied and written to at the same time; nothing written is lost."""
    async with disk.opened(Retention([Rule(messages=0)])) as journal:
        last = 0
        for _ in range(20):
            firsts = []

            async def append(firsts=firsts):
                firsts.append(await journal.append("a", records("x")))

            async with trio.open_nursery() as nursery:
                nursery.start_soon(journal._trim)
                nursery.start_soon(append)
            assert firsts[0] > last
            (last,) = firsts
    async with disk.opened() as journal:
        assert await journal.append("a", records("x")) > last


async def test_a_reader_is_told_of_what_retention_took(disk, mock_clock):
    """After a start, a cursor before what is left has a gap; at its edge it has none."""
    retention = Retention([Rule(messages=2)])
    async with disk.broker(retention) as broker:
        entries = await post(broker, *[note(str(number)) for number in range(5)])
        await disk.trim()
        disk.crash()
    async with disk.broker(retention) as broker:
        assert texts(broker) == ["3", "4"]
        for place, gaps in ((1, 1), (2, 0)):
            reader = Reader(broker, "a", after=entries[place].seq)
            assert reader.read_all() == ["3", "4"]
            assert len(reader.gaps) == gaps


async def test_the_books_of_a_channel_agree(disk, mock_clock):
    """Counts and sizes that retention goes by are those of what is there."""
    prompt = question()
    async with disk.broker(Retention([Rule(messages=4)])) as broker:
        await post(broker, prompt, *[note(str(number)) for number in range(3)])
        await broker.respond(prompt.id, answer("yes"))
        await post(broker, note())
        await disk.trim()
    with opened(disk.path) as connection:
        (told,) = connection.execute("SELECT messages, bytes FROM channels").fetchall()
        (real,) = connection.execute(
            "SELECT count(*), sum(length(message)) FROM entries"
        ).fetchall()
        assert told == real == (4, real[1])


async def test_a_rule_of_an_open_journal(tmp_path):
    """A journal without a broker trims as well, at once after it is opened again."""
    path = tmp_path / "journal"
    async with open_sqlite(path) as journal:
        await journal.append("a", records(*"x" * 500))
    async with open_sqlite(path, retention=Retention([Rule(messages=1)])) as journal:
        await journal._trim()
    with opened(path) as connection:
        assert connection.execute("SELECT count(*) FROM entries").fetchone() == (1,)
