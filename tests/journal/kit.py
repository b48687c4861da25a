"""A journal file on which brokers are started one after the other, on a virtual clock."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import define
from trio.testing import MockClock

from ailoop.broker import Broker, BrokerLimits, open_broker
from ailoop.journal.retention import Retention
from ailoop.journal.sqlite import SqliteJournal, open_sqlite
from tests.broker.kit import text_of

__all__ = ["EPOCH", "Disk", "VirtualWall", "disk", "texts", "until"]

EPOCH = 2_000_000_000.0
"""When a test begins, in seconds since the epoch."""


class VirtualWall:
    """Stands for the module ``time`` in the broker's clock: the wall moves with Trio's clock.

    It can be read in any thread, unlike ``trio.current_time()``. That clock never jumps by
    itself: it would while the journal's thread is at work.
    """

    def __init__(self, clock: MockClock) -> None:
        self._clock = clock

    def time(self) -> float:
        """Return seconds since the epoch."""
        return EPOCH + self._clock.current_time()


@define
class Disk:
    """A journal file over several starts.

    :param journal: the one that was opened last.
    """

    path: Path
    wall: VirtualWall
    clock: MockClock
    journal: SqliteJournal | None = None
    _crashes: int = 0

    @asynccontextmanager
    async def opened(self, retention: Retention | None = None) -> AsyncIterator[SqliteJournal]:
        """Open the journal."""
        async with open_sqlite(self.path, retention=retention, wall=self.wall.time) as journal:
            self.journal = journal
            yield journal

    @asynccontextmanager
    async def broker(
        self, retention: Retention | None = None, **limits: Any
    ) -> AsyncIterator[Broker]:
        """Start a broker on the journal."""
        async with (
            self.opened(retention) as journal,
            open_broker(journal, BrokerLimits(**limits)) as broker,
        ):
            yield broker

    def crash(self) -> None:
        """From now on a start finds what a process killed at this moment would have left.

        It is a copy of the files as they are: whoever still works on the first ones works for
        nothing, and what they only meant to write is lost.
        """
        self._crashes += 1
        folder = self.path.parent / f"crash{self._crashes}"
        folder.mkdir()
        for suffix in ("", "-wal"):
            source = self.path.with_name(self.path.name + suffix)
            if source.exists():
                shutil.copy(source, folder)
        self.path = folder / self.path.name

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Look into the file, past the journal."""
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(statement, values).fetchall()

    async def trim(self) -> None:
        """Let retention do all that it has to do now."""
        assert self.journal is not None
        await self.journal._trim()


@pytest.fixture
def disk(tmp_path: Path, mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Provide a new file; the test itself asks for ``mock_clock``, or it has the real one."""
    wall = VirtualWall(mock_clock)
    monkeypatch.setattr("ailoop.broker.clock.time", wall)
    return Disk(tmp_path / "journal", wall, mock_clock)


def texts(broker: Broker, channel: str = "a") -> list[str]:
    """Return the words of all that a channel's history has."""
    history = broker.channels[channel].history
    return [text_of(entry) for entry in history.latest(len(history))]


async def until(true: Callable[[], object]) -> None:
    """Let everything else run until something is so; the test's own time limit bounds it."""
    while not true():
        await trio.lowlevel.checkpoint()
