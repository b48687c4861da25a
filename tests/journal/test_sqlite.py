"""The journal in a SQLite file: what it promises beyond what every journal does."""

from __future__ import annotations

import sqlite3
from contextlib import asynccontextmanager, closing, contextmanager

import pytest
import trio

from ailoop.broker import JournalError
from ailoop.journal.database import JournalFileError
from ailoop.journal.sqlite import open_sqlite
from tests.journal.conformance import JournalContract, records, recovered
from tests.journal.kit import until


class TestContract(JournalContract):
    """It does what every journal does."""

    @pytest.fixture(autouse=True)
    def _file(self, tmp_path):
        self.path = tmp_path / "journal"

    @asynccontextmanager
    async def opened(self):
        """Open it, on the same file in one test."""
        async with open_sqlite(self.path) as journal:
            yield journal


@contextmanager
def held(path):
    """Keep the journal from writing, as a slow disk does, until the block ends."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_is_durable(tmp_path):
    """It claims that prompts outlive the process."""
    async with open_sqlite(tmp_path / "journal") as journal:
        assert journal.durable is True


async def test_channels_that_wait_share_a_transaction(tmp_path):
    """All batches that wait while one is written are stored by the next transaction."""
    path = tmp_path / "journal"
    async with open_sqlite(path) as journal:
        await journal.append("first", records("x"))
        before = journal.transactions
        async with trio.open_nursery() as nursery:
            with held(path):
                nursery.start_soon(journal.append, "first", records("y"))
                await until(lambda: journal._busy)
                for number in range(50):
                    nursery.start_soon(journal.append, f"c{number}", records("x", "y"))
                await until(lambda: len(journal._waiting) == 50)
                assert journal.transactions == before
        assert journal.transactions == before + 2
    async with open_sqlite(path) as journal:
        assert len(await recovered(journal)) == 51


async def test_nothing_is_acknowledged_before_it_is_stored(tmp_path):
    """``append`` returns when another reader of the file finds the entries, and not before."""
    path = tmp_path / "journal"
    async with open_sqlite(path) as journal:
        stored = []

        async def append():
            await journal.append("a", records("x"))
            with closing(sqlite3.connect(path)) as other:
                stored.extend(other.execute("SELECT count(*) FROM entries").fetchone())

        async with trio.open_nursery() as nursery:
            with held(path):
                nursery.start_soon(append)
                await until(lambda: journal._thread.borrowed_tokens)
                for _ in range(1000):
                    await trio.lowlevel.checkpoint()
                assert stored == []
        assert stored == [1]


@pytest.mark.parametrize("waiting", [False, True])
async def test_a_cancelled_append_is_stored(tmp_path, waiting):
    """Who goes away while it is written, or while it waits, has stored it all the same."""
    path = tmp_path / "journal"
    async with (
        open_sqlite(path) as journal,
        trio.open_nursery() as others,
        trio.open_nursery() as leaving,
    ):
        with held(path):
            if waiting:
                others.start_soon(journal.append, "other", records("x"))
                await until(lambda: journal._busy)
            leaving.start_soon(journal.append, "a", records("x"))
            await until(lambda: "a" in journal._heads)
            leaving.cancel_scope.cancel()
    async with open_sqlite(path) as journal:
        assert "a" in {kept.channel for kept in await recovered(journal)}


async def test_whatever_fails_nobody_is_told_that_it_was_stored(tmp_path):
    """A fault of the program itself, too, reaches all whose batches shared the transaction."""
    path = tmp_path / "journal"
    ends = []

    async def append(journal, name):
        try:
            await journal.append(name, records("x"))
        except (JournalError, ZeroDivisionError) as error:
            ends.append(type(error))
        else:
            ends.append("stored")

    async with open_sqlite(path) as journal:
        async with trio.open_nursery() as nursery:
            with held(path):
                nursery.start_soon(append, journal, "first")
                await until(lambda: journal._busy)
                for name in "ab":
                    nursery.start_soon(append, journal, name)
                await until(lambda: len(journal._waiting) == 2)
                journal._writer.append = lambda *_: 1 / 0
        assert ends == [ZeroDivisionError, ZeroDivisionError, JournalError]
        del journal._writer.append
    async with open_sqlite(path) as journal:
        assert await recovered(journal) == []


async def test_one_opener_at_a_time(tmp_path):
    """A second one is refused with a sentence that names the file; after the first it may."""
    path = tmp_path / "journal"
    async with open_sqlite(path) as journal:
        await journal.append("a", records("x"))
        with pytest.raises(JournalFileError, match=f"{path} is in use by another process"):
            async with open_sqlite(path):
                pass
        await journal.append("a", records("y"))
    async with open_sqlite(path) as journal:
        (kept,) = await recovered(journal)
        assert len(kept.window) == 2


async def test_files_are_private(tmp_path):
    """Nobody but the owner can read the file, its log, its index or its lock."""
    path = tmp_path / "journal"
    async with open_sqlite(path) as journal:
        await journal.append("a", records("x"))
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    names = {"journal", "journal-wal", "journal-shm", "journal.lock"}
    assert modes == dict.fromkeys(names, 0o600)


@pytest.mark.parametrize(("synchronous", "level"), [("full", 2), ("normal", 1)])
async def test_synchronous_is_what_was_chosen(tmp_path, synchronous, level):
    """SQLite writes ahead, and flushes as it was told."""
    async with open_sqlite(tmp_path / "journal", synchronous=synchronous) as journal:
        run = journal._connection.execute
        assert run("PRAGMA synchronous").fetchone() == (level,)
        assert run("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_a_write_changes_nothing_in_memory_if_it_fails(tmp_path):
    """After a batch that was refused, the next one of the channel is stored as ever."""
    path = tmp_path / "journal"
    async with open_sqlite(path) as journal:
        first = await journal.append("a", records("1"))
        write, journal._writer.write = journal._writer.write, broken
        with pytest.raises(JournalError, match="disk I/O error"):
            await journal.append("a", records("2"))
        assert journal.failing == "disk I/O error"
        journal._writer.write = write
        last = await journal.append("a", records("3"))
        assert journal.failing is None
        assert last > first + 1
    async with open_sqlite(path) as journal:
        (kept,) = await recovered(journal)
        assert [entry.seq for entry, _ in kept.window] == [first, last]


def broken(*_):
    """Fail as a broken disk does."""
    raise sqlite3.OperationalError("disk I/O error")
