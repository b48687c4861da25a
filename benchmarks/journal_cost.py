"""What it costs that messages outlive the process: the SQLite journal beside the memory's.

The file is where temporary files are made; a disk that takes long to say that it has stored
something is felt with ``full``, which waits for that at every commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from tempfile import TemporaryDirectory

from benchmarks.contenders import AILOOP, Contender
from benchmarks.keepalive import Ask
from benchmarks.messages import V1
from benchmarks.report import OURS, Row, at_least
from benchmarks.requests import BATCH, Answered, ask_in_turns, posts
from benchmarks.server import Server, ailoop_server
from benchmarks.throughput import BATCH as FRAME_BATCH
from benchmarks.throughput import fan_out
from benchmarks.workload import Context, Workload

__all__ = ["WORKLOADS"]

_MANY = 16


@contextmanager
def _on_disk(synchronous: str) -> Iterator[Server]:
    with (
        TemporaryDirectory(prefix="benchmark-") as folder,
        ailoop_server(
            heartbeat_seconds=3600,
            journal=f"sqlite:{folder}/journal",
            journal_synchronous=synchronous,
        ) as server,
    ):
        yield server


# Whatever is published is acknowledged, which is what has to wait for the disk.
MEMORY = Contender(f"{OURS}, memory", AILOOP.start, V1)
NORMAL = Contender(f"{OURS}, sqlite normal", partial(_on_disk, "normal"), V1)
FULL = Contender(f"{OURS}, sqlite full", partial(_on_disk, "full"), V1)
_ALL = (MEMORY, NORMAL, FULL)
_HALF = {NORMAL.name: (at_least(0.5, of=MEMORY.name),)}


def _frames(context: Context) -> list[Row]:
    single = fan_out(context, "journal-frames", 1, _ALL, _HALF)
    batched = fan_out(context, "journal-batch-frames", 1, _ALL, _HALF, FRAME_BATCH)
    return single + batched


def _posts(context: Context) -> list[Row]:
    many = context.count(_MANY, 3)
    return [
        *_asked(context, "1 connection", posts(1), 1),
        *_asked(context, f"{many} connections", posts(1), many),
        *_asked(context, f"{BATCH} messages in a request", posts(BATCH), 1, BATCH),
    ]


def _asked(
    context: Context, case: str, asks: Sequence[Ask], connections: int, batch: int = 1
) -> list[Row]:
    taken = ask_in_turns(context, f"journal-post, {case}", _ALL, asks, connections)
    return [row for name, turns in taken.items() for row in _rows(name, case, turns, batch)]


def _rows(name: str, case: str, turns: Sequence[Answered], batch: int) -> Iterator[Row]:
    row = partial(Row, workload="journal-post", server=name)
    rates = [one.rate(batch) for one in turns]
    yield row(case=case, unit="msg/s", samples=rates, goals=_HALF.get(name, ()))
    for percent in (50, 99):
        samples = [one.percentile(percent) for one in turns]
        yield row(case=f"{case}, p{percent}", unit="ms", samples=samples)


WORKLOADS = (
    Workload("journal-frames", "WebSocket, with a journal in memory and on a disk", _frames),
    Workload("journal-post", "HTTP, with a journal in memory and on a disk", _posts),
)
