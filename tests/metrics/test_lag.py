"""How late the loop is: measured exactly, and measured in every daemon."""

from __future__ import annotations

import trio
from trio.testing import wait_all_tasks_blocked

from ailoop.broker.counts import Histogram
from ailoop.daemon.lag import watch_lag
from tests.metrics.kit import scrape
from tests.serving import Served, until


async def test_lag(mock_clock):
    """What is measured is how long after its time the task was woken."""
    lag = Histogram((0.1, 0.5))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch_lag, lag)
        for jump, buckets in ((0.5, [1, 0, 0]), (0.75, [1, 1, 0]), (3.5, [1, 1, 1])):
            await wait_all_tasks_blocked()
            mock_clock.jump(jump)
            await wait_all_tasks_blocked()
            assert lag.buckets == buckets
        assert lag.sum == 0.25 + 3
        nursery.cancel_scope.cancel()


async def test_no_lag(autojump_clock):
    """A loop with nothing else to do is never late; it is measured twice a second."""
    lag = Histogram((0.1,))
    with trio.move_on_after(60.1):
        await watch_lag(lag)
    assert lag.buckets == [120, 0]
    assert lag.sum < 1e-6


async def test_a_daemon_measures(server: Served) -> None:
    """The watch runs in every daemon, from the start, and shows in its metrics."""
    await until(lambda: sum(server.daemon.gateway.counts.lag.buckets))
    assert (await scrape(server)).of("ailoop_loop_lag_seconds_count") > 0
