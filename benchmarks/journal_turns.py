"""How long the journal holds up the event loop: the longest turn that any task had.

A broker runs in this process, on a journal in memory and on one in a file, with publishers that
never rest and retention at work. A turn's time is what passes on the clock while one task runs,
also where it waits for the interpreter, which the journal's thread shares.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import trio
from trio.abc import Instrument

from ailoop.broker import Journal, open_broker
from ailoop.journal import MemoryJournal
from ailoop.journal.database import Synchronous
from ailoop.journal.retention import Retention
from ailoop.journal.rules import Rule
from ailoop.journal.sqlite import open_sqlite
from ailoop.model.message import Message, Notification
from benchmarks.report import OURS, Row, Sample, at_most, percentile
from benchmarks.spread import channel_names
from benchmarks.workload import Context, Workload, take_turns

__all__ = ["WORKLOADS"]

_PUBLISHERS = 4
_BATCH = 20
_TEXT = "x" * 100
_PAUSE_SECONDS = 0.1


class _Turns(Instrument):
    """Notes how long each turn of a task is, in seconds."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._began: float | None = None

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        del task
        self._began = time.perf_counter()

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        del task
        if self._began is not None:  # it was put in in the middle of a turn
            self.seconds.append(time.perf_counter() - self._began)


def _run(context: Context) -> list[Row]:
    kinds: dict[str, Synchronous | None] = {"memory": None, "sqlite normal": "normal"}
    kinds |= {"sqlite full": "full"}
    measures = {
        f"{OURS}, {name}": partial(trio.run, _measure, kind, context.seconds)
        for name, kind in kinds.items()
    }
    taken = take_turns(context, "journal-turns", measures)
    return [
        Row(
            workload="journal-turns",
            case=case,
            server=name,
            unit="ms",
            samples=[Sample(1e3 * percentile(turns, percent)) for turns in measured],
            goals=(at_most(5),) if "sqlite" in name and percent == 100 else (),
        )
        for case, percent in (("p99.9", 99.9), ("the longest", 100))
        for name, measured in taken.items()
    ]


async def _measure(kind: Synchronous | None, seconds: float) -> list[float]:
    """Publish for some time; return how long each turn was."""
    turns = _Turns()
    async with _journal(kind) as journal, open_broker(journal) as broker:

        async def publish(channel: str) -> None:
            while True:
                await broker.publish(
                    [
                        Message(channel=channel, content=Notification(text=_TEXT))
                        for _ in range(_BATCH)
                    ]
                )

        with trio.move_on_after(seconds):
            async with trio.open_nursery() as nursery:
                for channel in channel_names(_PUBLISHERS):
                    nursery.start_soon(publish, channel)
                trio.lowlevel.add_instrument(turns)
        trio.lowlevel.remove_instrument(turns)
    return turns.seconds


@asynccontextmanager
async def _journal(synchronous: Synchronous | None) -> AsyncIterator[Journal]:
    if synchronous is None:
        yield MemoryJournal()
        return
    with TemporaryDirectory(prefix="benchmark-") as folder:
        retention = Retention([Rule("*", messages=1000)], _PAUSE_SECONDS)
        path = Path(folder) / "journal"
        async with open_sqlite(path, synchronous=synchronous, retention=retention) as journal:
            yield journal


WORKLOADS = (Workload("journal-turns", "how long a journal holds up the event loop", _run),)
