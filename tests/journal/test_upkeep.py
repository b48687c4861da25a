"""Backup and compaction: of the whole file, and never at its expense."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

import pytest
import trio

from ailoop.journal.database import JournalFileError, locked, read_only
from ailoop.journal.exchange import export
from ailoop.journal.report import channel_stats, sizes
from ailoop.journal.retention import Retention
from ailoop.journal.rules import Rule
from ailoop.journal.sqlite import open_sqlite
from ailoop.journal.upkeep import backup, compact
from ailoop.journal.verify import Checked, verify
from ailoop.model.message import Message, Notification
from tests.journal.filled import at_work, numbers, opened


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where a backup goes."""
    return tmp_path / "copies" / "copy.db"


@pytest.fixture(autouse=True)
def _folder(target: Path) -> None:
    target.parent.mkdir()


def content(path: Path) -> list[object]:
    with read_only(path) as connection:
        assert list(verify(connection, Checked())) == []
        return list(export(connection))


def test_backup(path: Path, target: Path) -> None:
    """The same entries, in one file, private."""
    backup(path, target)
    assert list(target.parent.iterdir()) == [target]
    assert target.stat().st_mode & 0o777 == 0o600
    assert content(target) == content(path)


async def test_backup_while_it_is_written(path: Path, target: Path) -> None:
    """A copy made between two batches has all of the first and can be gone on with."""
    texts = (Message(channel="docs", content=Notification(text=f"{n}")) for n in range(10**6))
    async with at_work(path) as broker:
        done = trio.Event()

        async def write() -> None:
            while not done.is_set():
                await broker.publish([next(texts), next(texts)])

        async with trio.open_nursery() as nursery:
            nursery.start_soon(write)
            for number in range(5):
                before = len(numbers(path, "docs"))
                copy = target.with_name(str(number))
                await trio.to_thread.run_sync(partial(backup, path, copy))
                copied = numbers(copy, "docs")
                assert before <= len(copied)
                assert (len(copied) - 9) % 2 == 0
                content(copy)
            done.set()
    async with at_work(copy) as broker:
        (outcome,) = await broker.publish([next(texts)])
        assert outcome.entry.seq == copied[-1] + 1


def test_backup_overwrites_nothing(path: Path, target: Path) -> None:
    """Whatever is at the target stays, a link to nowhere too."""
    target.write_text("mine")
    with pytest.raises(JournalFileError, match="exists; it is not overwritten"):
        backup(path, target)
    assert target.read_text() == "mine"
    link = target.with_name("link")
    link.symlink_to(target.with_name("elsewhere"))
    with pytest.raises(JournalFileError, match="exists"):
        backup(path, link)
    assert not target.with_name("elsewhere").exists()


def test_backup_to_nowhere(path: Path, target: Path) -> None:
    """A folder that is not there is told."""
    with pytest.raises(JournalFileError, match="No such file"):
        backup(path, target.with_name("x") / "y")


def test_no_half_backup(path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that cannot be finished is removed."""

    class Full(sqlite3.Connection):
        def backup(self, *_: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Full))
    with pytest.raises(JournalFileError, match=r"copy.db cannot be made: .*disk is full"):
        backup(path, target)
    assert list(target.parent.iterdir()) == []


async def test_compact(tmp_path: Path) -> None:
    """The room of what was removed goes back to the disk; what stays is as before."""
    path = tmp_path / "big.db"
    async with at_work(path) as broker:
        for _ in range(20):
            text = Notification(text="x" * 10_000)
            await broker.publish([Message(channel="a", content=text) for _ in range(10)])
    async with open_sqlite(path, retention=Retention([Rule(messages=20)])) as journal:
        await journal._trim()
    before = sizes(path)
    assert before.file > 2_000_000
    kept = content(path)
    compact(path)
    assert sizes(path).file < before.file / 5
    assert sizes(path).wal == 0
    assert content(path) == kept
    assert len(kept) == 20


def test_compact_needs_the_file_for_itself(path: Path) -> None:
    """While another process has the journal it stays as it is."""
    content_before = path.read_bytes()
    with locked(path), pytest.raises(JournalFileError, match="in use"):
        compact(path)
    assert path.read_bytes() == content_before


def test_compact_makes_no_file(tmp_path: Path) -> None:
    """A name that is mistyped is told, and no file of this name is left behind."""
    with pytest.raises(JournalFileError, match="there is no journal"):
        compact(tmp_path / "none.db")
    assert not list(tmp_path.glob("none*"))


def test_reading_makes_nothing_of_an_empty_file(tmp_path: Path) -> None:
    """Who only reads an empty file is told so, and it stays empty."""
    path = tmp_path / "empty.db"
    path.touch()
    with pytest.raises(JournalFileError, match="it is empty"), read_only(path):
        pass
    assert path.stat().st_size == 0


def test_stats(path: Path) -> None:
    """What each channel has, by name, from its own tables."""
    with read_only(path) as connection:
        found = channel_stats(connection)
    with opened(path) as connection:
        size = connection.execute("SELECT sum(length(message)) FROM entries").fetchone()[0]
        ends = connection.execute("SELECT min(at), max(at) FROM entries").fetchone()
    assert [one.channel for one in found] == ["deploys", "docs"]
    assert [(one.messages, one.open_prompts) for one in found] == [(9, 1)] * 2
    assert sum(one.bytes for one in found) == size
    assert (found[0].oldest, found[-1].newest) == ends
