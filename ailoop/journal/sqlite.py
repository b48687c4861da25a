"""The journal that outlives the process: a SQLite file, written by one thread.

Batches of all channels that wait while one transaction is under way share the next one
(group commit), so that a commit's cost is divided by the load. What has begun to be stored is
stored, whether or not its caller still waits.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import structlog
import trio

from ailoop.broker.limits import BrokerLimits
from ailoop.broker.ports import Entry, JournalError, Kept, Record, Verdicts
from ailoop.journal.database import JournalFileError, Synchronous, connect, describe, locked
from ailoop.journal.recovery import read_channels
from ailoop.journal.retention import Retention
from ailoop.journal.writer import Batch, Head, Shown, Writer, load_heads
from ailoop.model.delivery import Showing

__all__ = ["SqliteJournal", "open_sqlite"]

log = structlog.get_logger()

T = TypeVar("T")

_FAILURES = (sqlite3.Error, OSError, JournalFileError)
"""What may pass by itself; anything else is a fault of this program."""

_SWITCH_SECONDS = 0.001
_CHANNELS_AT_ONCE = 16
"""Channels read back in one go of the thread."""


class SqliteJournal:
    """A journal in a file. Opened with :func:`open_sqlite`.

    :param wall: returns seconds since the epoch.
    """

    durable = True

    def __init__(
        self,
        path: Path,
        synchronous: Synchronous,
        retention: Retention,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._synchronous = synchronous
        self._retention = retention
        self._wall = wall
        self._thread = trio.CapacityLimiter(1)
        self._waiting: list[tuple[Batch, trio.Event]] = []
        self._busy = False
        self._verdicts: list[tuple[str, Verdicts]] = []
        self._shown: list[Shown] = []
        self.failing: str | None = None
        self._connection: sqlite3.Connection | None = None
        self.transactions = 0
        """How many there have been."""
        self._stored: dict[str, Head] = {}
        self._heads: dict[str, int] = {}

    # -- opening and closing, in the thread ----------------------------------------------

    def _connect(self) -> None:
        connection = connect(self._path, self._synchronous)
        if self._connection is None:
            try:
                self._stored = load_heads(connection)
                self._retention.load(connection)
            except sqlite3.DatabaseError as error:
                connection.close()
                raise JournalFileError(describe(self._path, error)) from None
            self._heads = {name: head.seq for name, head in self._stored.items()}
        self._connection = connection
        self._writer = Writer(connection, self._stored)

    def _reconnect(self) -> None:
        """Begin anew after an error: what a connection then does is not to be relied on."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connect()
        self._writer.fence()

    def _close(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()

    async def _in_thread(self, function: Callable[[], T]) -> T:
        # A thread is waited for in any case, unless told otherwise.
        return await trio.to_thread.run_sync(function, limiter=self._thread)

    # -- the port -------------------------------------------------------------------------

    def open(self, channel: str) -> int:
        """Return the number after which this channel's next entry comes.

        As in the memory journal numbers begin at a microsecond, so that a cursor of a file
        that has been lost is never taken for one of this.
        """
        head = self._heads.get(channel)
        if head is None:
            head = max(int(self._wall() * 1_000_000), self._retention.highest)
            self._heads[channel] = head
        return head

    async def append(self, channel: str, batch: Sequence[Record]) -> int:
        """Store a batch and return the number of its first record.

        :raises JournalError: nothing of it was stored.
        """
        first = self.open(channel) + 1
        self._heads[channel] = first + len(batch) - 1
        mine = Batch(channel, first, batch)
        turn = trio.Event()
        self._waiting.append((mine, turn))
        with trio.CancelScope(shield=True):
            if self._busy:
                await turn.wait()
            if not mine.decided:
                await self._store_waiting()
        if mine.error is not None:
            raise JournalError(mine.error)
        return first

    async def _store_waiting(self) -> None:
        """Store all that waits as one transaction, and leave the next one to who waits then."""
        group, self._waiting = self._waiting, []
        self._busy = True
        # Whatever may go wrong: nobody is told that it was stored unless it was.
        failure: str | None = "the journal has failed"
        try:
            await self._write([batch for batch, _ in group])
            failure = None
        except _FAILURES as error:
            failure = str(error)
        finally:
            for batch, turn in group:
                batch.error = failure
                batch.decided = True
                turn.set()
            self._busy = bool(self._waiting)
            if self._waiting:
                self._waiting[0][1].set()

    async def _write(self, batches: Sequence[Batch]) -> None:
        verdicts, self._verdicts = self._verdicts, []
        shown, self._shown = self._shown, []
        try:
            await self._in_thread(partial(self._transact, batches, verdicts, shown))
        except BaseException as error:
            self._verdicts = verdicts + self._verdicts
            self._shown = shown + self._shown
            if isinstance(error, _FAILURES):  # and not that the journal is being closed
                self._fail(error)
            raise
        if self.failing is not None:
            log.info("journal_healed")
        self.failing = None

    def _fail(self, error: Exception) -> None:
        if self.failing is None:
            log.warning("journal_failing", reason=str(error))
        self.failing = str(error)

    def _transact(
        self,
        batches: Sequence[Batch],
        verdicts: Sequence[tuple[str, Verdicts]],
        shown: Sequence[Shown],
    ) -> None:
        if self.failing is not None:
            self._reconnect()
            self._writer.probe(self._wall())
        self._writer.write(batches, verdicts, shown)
        self.transactions += 1

    def judge(self, channel: str, verdicts: Verdicts) -> None:
        """Note what the log has decided; it goes with the next transaction."""
        self._verdicts.append((channel, verdicts))

    def note_shown(self, prompt: Entry, at: float, state: Showing, name: str) -> None:
        """Note for the audit who was shown a prompt; it goes with the next transaction."""
        self._shown.append(Shown(prompt.channel, prompt.seq, at, state, name))

    async def recover(self, limits: BrokerLimits) -> AsyncIterator[Kept]:
        """Give back every channel that has something recent, or an open prompt.

        :raises JournalFileError: the file is damaged.
        """
        assert self._connection is not None  # noqa: S101 -- it is made by open_sqlite()
        channels: Iterator[Kept] = read_channels(self._connection, limits, self._wall())
        while True:
            try:
                some = await self._in_thread(lambda: list(islice(channels, _CHANNELS_AT_ONCE)))
            except sqlite3.DatabaseError as error:
                self._verdicts.clear()  # which leaves the file as it is
                raise JournalFileError(describe(self._path, error)) from None
            if not some:
                return
            for kept in some:
                yield kept

    def forget(self, channel: str) -> None:
        """Keep everything: retention decides what goes."""

    def _trim_some(self) -> bool:
        assert self._connection is not None  # noqa: S101 -- it is made by open_sqlite()
        return self._retention.step(self._connection, self._stored, self._wall())

    # -- in the background ------------------------------------------------------------------

    async def run(self) -> None:
        """Now and then store verdicts, remove what is too old, and see whether errors pass."""
        while True:
            await trio.sleep(self._retention.pause_seconds)
            with suppress(*_FAILURES):
                if self._verdicts or self._shown or self.failing is not None:
                    await self._write([])
                await self._trim()

    async def _trim(self) -> None:
        try:
            # It is the steps that are waited for, not the end of something.
            while self.failing is None and await self._in_thread(  # noqa: ASYNC110
                self._trim_some
            ):
                # Between two small steps whoever waits to write has their turn.
                await trio.lowlevel.checkpoint()
        except _FAILURES as error:
            self._fail(error)
            raise
        for name in [name for name in self._heads if name not in self._stored]:
            self._retention.highest = max(self._retention.highest, self._heads.pop(name))


@contextmanager
def _prompt_switches() -> Iterator[None]:
    """Have the thread hand the interpreter over to the event loop within a millisecond.

    By default it may keep it for five, which would be the longest that the loop stands still.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, _SWITCH_SECONDS))
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@asynccontextmanager
async def open_sqlite(
    path: Path,
    *,
    synchronous: Synchronous = "full",
    retention: Retention | None = None,
    wall: Callable[[], float] = time.time,
) -> AsyncIterator[SqliteJournal]:
    """Open a journal file for as long as the block runs.

    :param synchronous: see :func:`~ailoop.journal.database.connect`.
    :param retention: what is removed, and when; without it nothing is.
    :param wall: returns seconds since the epoch; also called in the journal's thread.
    :raises JournalFileError: it is in use, of something else, damaged, or out of reach.
    """
    journal = SqliteJournal(path, synchronous, retention or Retention(), wall)
    with locked(path), _prompt_switches():
        await journal._in_thread(journal._connect)  # noqa: SLF001
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(journal.run)
                yield journal
                nursery.cancel_scope.cancel()
        finally:
            with trio.CancelScope(shield=True):
                with suppress(*_FAILURES):
                    await journal._write([])  # noqa: SLF001
                await journal._in_thread(journal._close)  # noqa: SLF001
