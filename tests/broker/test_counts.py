"""What the broker counts beyond what shows on the wire: times, and batches that are full."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from ailoop.broker.counts import Histogram
from ailoop.model.errors import Refusal
from tests.broker.kit import (
    APPROVE,
    Call,
    HookedJournal,
    answer,
    authorization,
    note,
    post,
    question,
    running,
)


@pytest.mark.parametrize(
    ("value", "bucket"), [(0, 0), (1, 0), (1.01, 1), (5, 1), (5.1, 2), (9e9, 2)]
)
def test_a_value_belongs_to_the_first_bound_that_it_does_not_exceed(value, bucket):
    """Bounds are inclusive, as Prometheus has them."""
    histogram = Histogram((1, 5))
    histogram.observe(value)
    assert [count for count in histogram.buckets if count] == [1]
    assert histogram.buckets[bucket] == 1
    assert histogram.sum == value


async def test_the_time_to_an_answer(autojump_clock):
    """It is what passed between the prompt and the person's answer, and nobody else's."""
    async with running() as broker:
        seen = broker.tables.counts.answer_seconds
        for seconds in (0.05, 45, 45):
            asked = question()
            await post(broker, asked)
            await trio.sleep(seconds)
            await broker.respond(asked.id, answer("yes"))
        allowed, withdrawn, ignored = authorization(), question(), question()
        await post(broker, allowed, withdrawn, ignored)
        await trio.sleep(10)
        await broker.respond(allowed.id, APPROVE)
        await broker.withdraw(withdrawn.id)
        await trio.sleep(60)
        found = dict(zip(seen["question"].bounds, seen["question"].buckets, strict=False))
        assert {bound: count for bound, count in found.items() if count} == {0.1: 1, 60: 2}
        assert seen["question"].sum == pytest.approx(90.05)
        assert seen["authorization"].sum == pytest.approx(10)


async def test_full_batches(autojump_clock):
    """A batch without room for more counts as full; what waits goes into the next."""
    journal = HookedJournal()
    async with running(journal, batch=2) as broker, trio.open_nursery() as nursery:
        journal.hold()
        calls = [Call(nursery, broker.publish, [note(str(n))]) for n in range(5)]
        await wait_all_tasks_blocked()
        journal.release()
        await wait_all_tasks_blocked()
        assert not any(isinstance(call.result()[0], Refusal) for call in calls)
        counts = broker.tables.counts
        full = [len(batch) for batch in journal.batches].count(2)
        assert (counts.batches, counts.full_batches) == (len(journal.batches), full)
        assert full == 2
