"""Whether two bad readers harm the others: one never reads, one reads 1 KB a second.

Two servers, with and without them, take turns. The load is paced, far below what a server can
do. Measured is the time from the publishing of a message to each good reader's having it. At
the end the bad ones read what is there for them: every message, a frame that tells of a gap,
or the end of the connection; nothing may be missing without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

from attrs import frozen

from benchmarks.bad_reader import BadReader, Told
from benchmarks.effort import Effort, Watch
from benchmarks.paced import PacedLoad, open_paced_load
from benchmarks.report import OURS, Row, Sample, at_most, percentile
from benchmarks.server import Server, ailoop_server
from benchmarks.workload import Context, Workload, take_turns

__all__ = ["WORKLOADS"]

_READERS, _SMOKE_READERS = 10, 3
_RATE = 1000.0
_BAD = (0, 1000)
"""The bytes that each of the bad ones reads in a second."""

_LEAST_SECONDS = 8.0
"""The kernel holds some megabytes for a reader before the server notices anything."""

_MIB = 1024 * 1024
_FEED_BYTES = _MIB
_ALLOWED_MIB = len(_BAD) * (_FEED_BYTES / _MIB + 1) + 4
"""What they may cost: their feeds, frames on their way out, and the noise of an allocator."""

_WITHOUT = f"{OURS}, without them"


@frozen
class _Turn:
    """What one turn came to.

    :param taken: the seconds that each delivery to a good reader took.
    :param memory: of the server at its end, in MiB.
    :param told: what the bad readers knew in the end.
    """

    taken: list[float]
    effort: Effort
    memory: float
    told: Sequence[Told]


def _run(context: Context) -> list[Row]:
    seconds = context.seconds if context.smoke else max(context.seconds, _LEAST_SECONDS)
    with ExitStack() as stack:
        turns = {}
        for name, bad in ((_WITHOUT, ()), (OURS, _BAD)):
            server = stack.enter_context(ailoop_server(feed_bytes=_FEED_BYTES))
            readers = context.count(_READERS, _SMOKE_READERS)
            load = stack.enter_context(open_paced_load(server, readers))
            load.run(context.seconds / 4, _RATE, lambda: None)
            turns[name] = partial(_turn, server, load, seconds, bad)
        taken = take_turns(context, "isolation", turns)
    return [
        *_latencies(taken, 50),
        *_latencies(taken, 99, 1.5),
        *_costs(taken[OURS], taken[_WITHOUT]),
    ]


def _turn(server: Server, load: PacedLoad, seconds: float, bad: Sequence[int]) -> _Turn:
    with ExitStack() as stack:
        readers = [stack.enter_context(BadReader(server, load.published, b)) for b in bad]

        def sip() -> None:
            for reader in readers:
                reader.sip()

        watch = Watch(server)
        taken = load.run(seconds, _RATE, sip)
        effort = watch.stop()
        memory = server.rss() / _MIB
        return _Turn(taken, effort, memory, [r.finish(load.published) for r in readers])


def _latencies(
    taken: dict[str, list[_Turn]], percent: int, factor: float | None = None
) -> list[Row]:
    return [
        Row(
            workload="isolation, 2 bad readers",
            case=f"p{percent} of the good ones",
            server=name,
            unit="ms",
            samples=tuple(
                turn.effort.sample(percentile(turn.taken, percent) * 1000) for turn in turns
            ),
            goals=(at_most(factor, of=_WITHOUT),) if factor and name == OURS else (),
        )
        for name, turns in taken.items()
    ]


def _costs(with_them: Sequence[_Turn], without: Sequence[_Turn]) -> list[Row]:
    row = partial(Row, workload="isolation, 2 bad readers", server=OURS)
    more = [Sample(a.memory - b.memory) for a, b in zip(with_them, without, strict=True)]
    rows = [
        row(
            case="memory they cost",
            unit="MiB",
            samples=tuple(more),
            goals=(at_most(_ALLOWED_MIB),),
        )
    ]
    for told in Told:
        counts = [sum(one is told for one in turn.told) for turn in with_them]
        if any(counts):
            samples = tuple(Sample(count) for count in counts)
            rows.append(row(case=f"the bad ones: {told.value}", unit="of 2", samples=samples))
    return rows


WORKLOADS = (
    Workload("isolation", "others' latency beside one who never reads and a slow one", _run),
)
