"""A reader may take a batch on the spot, and it is as if it had come from the feed later."""

from __future__ import annotations

import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from ailoop.broker import Batch, Entry
from tests.broker.kit import note, post, running, text_of


class Wilful:
    """A reader that takes a batch at once if it likes, and reads now and then."""

    def __init__(self, broker, likes=lambda: True, **how):
        self.offered = 0
        self.texts: list[str] = []
        self.gaps = 0
        self._likes = likes
        self.feed = broker.subscribe("a", lambda _: None, self._express, **how)

    def _express(self, batch: Batch) -> bool:
        self.offered += 1
        if not self._likes():
            return False
        self._have(batch.entries)
        return True

    def _have(self, entries: list[Entry]) -> None:
        self.texts += [text_of(entry) for entry in entries]

    def read(self, limit: int) -> None:
        gap, entries = self.feed.take(limit)
        self.gaps += gap is not None
        self._have(entries)


async def test_a_batch_that_is_taken_is_not_given_again(autojump_clock):
    """Nothing is left in the feed, and its cursor has moved on."""
    async with running() as broker:
        reader = Wilful(broker, after=0)
        reader.read(9)
        (entry,) = await post(broker, note("1"))
        assert reader.texts == ["1"]
        assert not reader.feed.waiting
        assert reader.feed.cursor == entry.seq
        assert broker.tables.counts.deliveries == 1


async def test_nothing_overtakes_what_waits(autojump_clock):
    """While the feed holds something, or has yet to catch up, nothing goes express."""
    async with running() as broker:
        await post(broker, note("1"))
        reader = Wilful(broker, likes=[True, False].pop, after=0)
        await post(broker, note("2"))
        assert reader.offered == 0
        reader.read(9)
        await post(broker, note("3"))  # not liked
        await post(broker, note("4"))
        assert reader.offered == 1
        reader.read(9)
        await post(broker, note("5"))
        assert reader.texts == ["1", "2", "3", "4", "5"]
        assert reader.offered == 2


async def test_a_reader_that_fails(autojump_clock):
    """Its fault is logged, the batch waits in its feed, and others have theirs."""

    def fail():
        raise RuntimeError("nobody has thought of this")

    async with running() as broker:
        failing, other = Wilful(broker, fail), Wilful(broker)
        for reader in (failing, other):
            reader.read(9)
        with capture_logs() as logs:
            await post(broker, note("1"))
        assert [one["event"] for one in logs] == ["reader_failed"]
        assert other.texts == ["1"]
        failing.read(9)
        assert failing.texts == ["1"]


async def test_one_form_for_all(autojump_clock):
    """What is made of a batch is made once a form, by whoever asks first."""
    async with running() as broker:
        made = []

        def form(name):
            def make(entries):
                made.append(name)
                return b"".join(entry.encoded for entry in entries)

            return lambda batch: bool(batch.form(name, make))

        for name in "xyxyx":
            broker.subscribe("a", lambda _: None, form(name)).take(1)
        await post(broker, note("1"), note("2"))
        assert sorted(made) == ["x", "y"]


@given(
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 6), st.integers(0, 9)), max_size=40),
    after=st.none() | st.just(0),
)
@settings(deadline=None, max_examples=80)
def test_all_once_and_in_order(steps, after):
    """Whatever the reader likes and whenever it reads: everything, once, in order, or a gap."""

    async def life():
        async with running(history_messages=20, feed_messages=8) as broker:
            liking = iter([step[0] for step in steps])
            reader = Wilful(broker, lambda: next(liking, True), after=after)
            said = 0
            for _, publish, read in steps:
                batch = [note(str(said + one)) for one in range(publish)]
                said += publish
                if batch:
                    await post(broker, *batch)
                if read:
                    reader.read(read)
            while reader.feed.waiting:
                reader.read(99)
            numbers = [int(text) for text in reader.texts]
            assert numbers == sorted(set(numbers))
            assert reader.gaps or numbers == list(range(said))
            assert not said or numbers[-1] == said - 1

    trio.run(life)
