"""The journal that lasts as long as the process."""

from __future__ import annotations

from contextlib import asynccontextmanager

import trio

from ailoop.journal import MemoryJournal
from tests.journal.conformance import JournalContract, records


class TestContract(JournalContract):
    """It does what every journal does."""

    @asynccontextmanager
    async def opened(self):
        """Open it."""
        yield MemoryJournal()


async def test_is_not_durable():
    """It does not claim that prompts outlive the process."""
    assert MemoryJournal().durable is False


async def test_a_later_run_begins_above_an_earlier_one():
    """A cursor of an earlier process is below whatever a later one gives out."""
    earlier = MemoryJournal(wall=lambda: 1000.0)
    last = await earlier.append("a", records(*"x" * 1000)) + 999
    later = MemoryJournal(wall=lambda: 1000.1)
    assert later.open("a") > last


async def test_a_clock_set_back_does_not_bring_numbers_back():
    """Within a process numbers rise whatever the wall clock does."""
    now = [1000.0]
    journal = MemoryJournal(wall=lambda: now[0])
    last = await journal.append("a", records("x"))
    journal.forget("a")
    now[0] = 500.0
    assert await journal.append("a", records("y")) > last
    assert await journal.append("b", records("z")) > last


async def test_append_lets_others_run():
    """A busy channel does not keep the others from theirs."""
    journal, ran = MemoryJournal(), trio.Event()

    async def other():
        ran.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(other)
        for _ in range(3):
            await journal.append("a", records("x"))
        assert ran.is_set()


async def test_append_is_never_cut_short():
    """What has begun to be stored is stored, cancelled or not."""
    journal = MemoryJournal()
    first = await journal.append("a", records("x"))
    with trio.CancelScope() as scope:
        scope.cancel()
        assert await journal.append("a", records("y")) == first + 1
    assert not scope.cancelled_caught
