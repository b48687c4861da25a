"""What every journal must do. A test module inherits it and says how its journal is opened.

Numbers are compared, never assumed: where a channel's numbers begin is the journal's affair.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from itertools import pairwise

import trio

from ailoop.broker import BrokerLimits, Journal
from ailoop.broker.ports import Entry, Kept, Record, Verdicts
from ailoop.model.codec import encode
from ailoop.model.delivery import Showing
from ailoop.model.message import Message, Notification


def said(text: str) -> Message:
    """Make a message that asks nothing."""
    return Message(channel="a", content=Notification(text=text))


def records(*texts: str) -> Sequence[Record]:
    """Make a batch."""
    return [(1.0, encode(message), message) for message in map(said, texts)]


async def recovered(journal: Journal) -> list[Kept]:
    """Return all that a journal gives back."""
    return [kept async for kept in journal.recover(BrokerLimits(history_seconds=1e10))]


class JournalContract(ABC):
    """The claims of :class:`~ailoop.broker.ports.Journal`, each as a test."""

    @abstractmethod
    def opened(self) -> AbstractAsyncContextManager[Journal]:
        """Open the journal under test, empty at first; again after that is a restart."""

    async def test_numbers_follow_one_another(self):
        """A batch gets as many numbers as it has records, after all earlier ones."""
        async with self.opened() as journal:
            head = journal.open("a")
            for size in (1, 3, 1, 10):
                first = await journal.append("a", records(*"x" * size))
                assert first == head + 1
                head = first + size - 1

    async def test_open_changes_nothing(self):
        """Asking for the head twice gives the same, before and after a batch."""
        async with self.opened() as journal:
            assert journal.open("a") == journal.open("a")
            first = await journal.append("a", records("x", "y"))
            assert journal.open("a") == first + 1

    async def test_numbers_begin_above_zero(self):
        """0 is no number: as a cursor it means the beginning."""
        async with self.opened() as journal:
            assert journal.open("a") >= 0
            assert await journal.append("a", records("x")) > 0

    async def test_numbers_are_not_used_again(self):
        """A channel that was forgotten goes on above the numbers of its earlier life."""
        async with self.opened() as journal:
            journal.open("a")
            last = await journal.append("a", records(*"x" * 1000)) + 999
            journal.forget("a")
            assert journal.open("a") >= last
            assert await journal.append("a", records("y")) > last

    async def test_forgetting_what_is_not_there(self):
        """Forgetting an unknown channel, or one twice, is harmless."""
        async with self.opened() as journal:
            journal.forget("a")
            await journal.append("a", records("x"))
            journal.forget("a")
            journal.forget("a")

    async def test_channels_append_at_the_same_time(self):
        """Each of many channels counts for itself while all of them append."""
        async with self.opened() as journal:
            firsts: dict[str, list[int]] = {}

            async def write(name: str) -> None:
                for _ in range(5):
                    first = await journal.append(name, records("x", "y"))
                    firsts.setdefault(name, []).append(first)

            async with trio.open_nursery() as nursery:
                for number in range(10):
                    nursery.start_soon(write, f"c{number}")
            for numbers in firsts.values():
                assert [b - a for a, b in pairwise(numbers)] == [2] * 4

    async def test_numbers_are_not_used_again_after_a_restart(self):
        """Whoever was away and comes back with a cursor never takes a new entry for an old."""
        async with self.opened() as journal:
            last = await journal.append("a", records("x", "y")) + 1
        async with self.opened() as journal:
            assert journal.open("a") >= last
            assert await journal.append("a", records("z")) > last

    async def test_a_durable_journal_gives_back_what_it_took(self):
        """After a restart all that was stored is there, in order; without that, nothing is."""
        batches = [records("1"), records("2", "3"), records("4")]
        async with self.opened() as journal:
            firsts = [await journal.append("a", batch) for batch in batches]
            numbers = [
                first + place
                for first, batch in zip(firsts, batches, strict=True)
                for place in range(len(batch))
            ]
        async with self.opened() as journal:
            channels = await recovered(journal)
            if not journal.durable:
                assert channels == []
                return
            (kept,) = channels
            assert kept.channel == "a"
            assert kept.start == firsts[0] - 1
            assert [entry.seq for entry, _ in kept.window] == numbers
            stored = [(at, encoded) for batch in batches for at, encoded, _ in batch]
            assert [(entry.at, entry.encoded) for entry, _ in kept.window] == stored

    async def test_what_is_judged_void_is_not_given_back(self):
        """Entries that the log has refused are no part of what a restart finds."""
        async with self.opened() as journal:
            first = await journal.append("a", records("1", "2", "3"))
            journal.judge("a", Verdicts(void=[first + 1]))
        async with self.opened() as journal:
            found = [entry.seq for kept in await recovered(journal) for entry, _ in kept.window]
            assert found == ([first, first + 2] if journal.durable else [])

    async def test_notes_on_what_is_not_there(self):
        """A note for a channel, or an entry, that is not there is harmless."""
        async with self.opened() as journal:
            journal.judge("a", Verdicts(void=[1], settled=[2]))
            entry = Entry(1, 1.0, "a", said("x").id, b"{}")
            journal.note_shown(entry, 1.0, Showing.SEEN, "ann")
            first = await journal.append("a", records("x"))
            journal.judge("a", Verdicts(void=[first + 1], settled=[first + 2]))
            assert await journal.append("a", records("y")) == first + 1

    async def test_begins_empty_and_healthy(self):
        """A new journal gives back nothing and takes what comes."""
        async with self.opened() as journal:
            assert await recovered(journal) == []
            assert journal.failing is None
