"""Verify: a whole file is found whole, and whatever is done to one is found and named."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from ailoop.journal.database import read_only
from ailoop.journal.retention import Retention
from ailoop.journal.rules import Rule
from ailoop.journal.sqlite import open_sqlite
from ailoop.journal.verify import Checked, Problem, verify
from ailoop.model.message import Message, Notification, Question, Response
from tests.journal.filled import CHANNELS, at_work, fill, numbers, opened

ENTRIES = 9
CHANGED = "it was changed, or what stood before it is missing"

Tamper = Callable[[sqlite3.Connection, list[int]], int]
"""Does something to the first channel, and returns the number that is to be named."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A whole file."""
    file = tmp_path / "j.db"
    trio.run(fill, file)
    return file


def problems(path: Path) -> list[Problem]:
    with read_only(path) as connection:
        return list(verify(connection, Checked()))


def test_whole(path: Path) -> None:
    """Nothing is wrong with what the broker has written, and all of it is looked at."""
    checked = Checked()
    with read_only(path) as connection:
        assert list(verify(connection, checked)) == []
    assert checked == Checked(channels=2, entries=2 * ENTRIES, prompts=2 * 3)


async def test_whole_after_a_restart(path: Path) -> None:
    """A later run continues the chain of an earlier one."""
    async with at_work(path) as broker:
        await broker.publish([Message(channel=CHANNELS[0], content=Notification(text="x"))])
    assert problems(path) == []


async def test_whole_after_retention(path: Path) -> None:
    """What retention removes from the front is not missed."""
    retention = Retention([Rule(messages=4)])
    async with open_sqlite(path, retention=retention) as journal:
        await journal._trim()
    left = numbers(path)
    assert 0 < len(left) < ENTRIES
    assert problems(path) == []
    with opened(path) as connection:
        connection.execute("DELETE FROM entries WHERE seq = ?", left[:1])
    assert Problem(CHANNELS[0], left[1], CHANGED) in problems(path)


def test_marks_that_are_not_there_yet(path: Path) -> None:
    """Verdicts are written late, and may be lost: without them a file is as whole."""
    with opened(path) as connection:
        connection.execute("UPDATE entries SET void = 0 WHERE answers IS NOT NULL")
        connection.execute("UPDATE prompts SET open = 1")
    assert problems(path) == []


def change(column: str, value: object, place: int = 1) -> Tamper:
    """Change a column of an entry."""

    def tamper(connection: sqlite3.Connection, seqs: list[int]) -> int:
        connection.execute(
            f"UPDATE entries SET {column} = ? WHERE seq = ?", (value, seqs[place])
        )
        return seqs[place]

    return tamper


def change_byte(connection: sqlite3.Connection, seqs: list[int]) -> int:
    (message,) = connection.execute(
        "SELECT message FROM entries WHERE seq = ?", (seqs[1],)
    ).fetchone()
    changed = message.replace(b"Which?", b"which?")
    assert changed != message
    connection.execute("UPDATE entries SET message = ? WHERE seq = ?", (changed, seqs[1]))
    return seqs[1]


def remove(place: int, named: int) -> Tamper:
    """Remove an entry from a place, which is found at another."""

    def tamper(connection: sqlite3.Connection, seqs: list[int]) -> int:
        connection.execute("DELETE FROM entries WHERE seq = ?", (seqs[place],))
        return seqs[named]

    return tamper


def remove_all(connection: sqlite3.Connection, seqs: list[int]) -> int:
    connection.execute("DELETE FROM entries WHERE seq BETWEEN ? AND ?", (seqs[0], seqs[-1]))
    return seqs[-1]


def swap(connection: sqlite3.Connection, seqs: list[int]) -> int:
    for old, new in ((seqs[4], 1), (seqs[5], seqs[4]), (1, seqs[5])):
        connection.execute("UPDATE entries SET seq = ? WHERE seq = ?", (new, old))
    return seqs[4]


def insert(connection: sqlite3.Connection, seqs: list[int]) -> int:
    connection.execute(
        "INSERT INTO entries SELECT channel, ?, at, id, prompt, answers, void, hash, message "
        "FROM entries WHERE seq = ?",
        (seqs[-1] + 1, seqs[-1]),
    )
    return seqs[-1] + 1


@pytest.mark.parametrize(
    "tamper",
    [
        change_byte,
        change("at", 1.0),
        change("hash", bytes(32)),
        change("message", "no blob"),
        change("at", "no time"),
        remove(0, named=1),
        remove(4, named=5),
        remove(-1, named=-1),
        remove_all,
        swap,
        insert,
    ],
    ids=[
        *("changed byte", "changed time", "changed hash", "no blob", "no time"),
        *("removed first", "removed middle", "removed last", "removed all"),
        *("swapped", "added"),
    ],
)
def test_the_chain(path: Path, tamper: Tamper) -> None:
    """Whatever was changed, removed, moved or added is told with channel and number."""
    with opened(path) as connection:
        named = tamper(connection, numbers(path))
    found = problems(path)
    assert (CHANNELS[0], named) in [(one.channel, one.seq) for one in found]
    assert all(one.channel == CHANNELS[0] for one in found)
    assert any(one.text == CHANGED or "at its head" in one.text for one in found)


def test_each_damage_is_told_once(path: Path) -> None:
    """One changed message is one line, however many entries follow it."""
    with opened(path) as connection:
        change_byte(connection, seqs := numbers(path))
    assert problems(path) == [Problem(CHANNELS[0], seqs[1], CHANGED)]


def test_the_end_of_the_log(path: Path) -> None:
    """A head that was put back over a removed entry does not fit the counts."""
    seqs = numbers(path)
    with opened(path) as connection:
        connection.execute("DELETE FROM prompts WHERE seq = ?", seqs[-1:])
        connection.execute("DELETE FROM entries WHERE seq = ?", seqs[-1:])
        connection.execute(
            "UPDATE channels SET (head, head_hash) = (SELECT seq, hash FROM entries "
            "WHERE seq = ?) WHERE name = ?",
            (seqs[-2], CHANNELS[0]),
        )
    (found,) = problems(path)
    assert (found.channel, found.seq) == (CHANNELS[0], seqs[-2])
    assert "there are 8 messages" in found.text


@pytest.mark.parametrize(
    ("statement", "place", "text"),
    [
        ("UPDATE entries SET id = zeroblob(16) WHERE seq = ?", 0, "another id"),
        ("UPDATE entries SET prompt = 1 WHERE seq = ?", 0, "marked as a prompt"),
        ("UPDATE entries SET answers = zeroblob(16) WHERE seq = ?", 4, "another prompt"),
        ("UPDATE entries SET void = 1 WHERE seq = ?", 4, "nothing shows why"),
        ("UPDATE prompts SET open = 0 WHERE seq = ?", 8, "no response has settled it"),
        ("DELETE FROM prompts WHERE seq = ?", 1, "missing from the table"),
        ("UPDATE prompts SET id = zeroblob(16) WHERE seq = ?", 1, "not in the log"),
        ("UPDATE shown SET seq = seq - 1 WHERE seq = ?", 1, "is no prompt"),
    ],
)
def test_what_the_chain_does_not_cover(
    path: Path, statement: str, place: int, text: str
) -> None:
    """Columns, marks and tables are held against the messages."""
    seqs = numbers(path)
    with opened(path) as connection:
        assert connection.execute(statement, (seqs[place],)).rowcount
    named = seqs[place] - 1 if "shown" in statement else seqs[place]
    assert any(
        (one.channel, one.seq) == (CHANNELS[0], named) and text in one.text
        for one in problems(path)
    ), problems(path)


def test_a_channel_that_is_missing(path: Path) -> None:
    """Entries without their channel are told."""
    first = numbers(path)[0]
    with opened(path) as connection:
        connection.execute("DELETE FROM channels WHERE name = ?", CHANNELS[:1])
    assert any(one.seq == first and "is missing" in one.text for one in problems(path))


async def test_a_response_with_a_used_id_is_no_problem(tmp_path: Path) -> None:
    """What was refused for its id stays refused, and that is in order."""
    path = tmp_path / "j.db"
    told = Message(channel="a", content=Notification(text="x"))
    prompt = Message(channel="a", content=Question(text="?"))
    async with at_work(path) as broker:
        answer = Message(
            id=told.id, channel="a", content=Response(answer="y"), correlation_id=prompt.id
        )
        await broker.publish([told, prompt])
        (outcome,) = await broker.publish([answer])
    assert outcome.code == "id_conflict"
    assert problems(path) == []


@pytest.mark.parametrize("what", [b"Which?", b"builder"])
def test_a_byte_of_the_file(path: Path, what: bytes) -> None:
    """A byte that went wrong on the disk, where SQLite does not look, is found."""
    content = path.read_bytes()
    assert what in content
    path.write_bytes(content.replace(what, what.swapcase(), 1))
    found = problems(path)
    assert [one.text for one in found] == [CHANGED]


def test_a_page_of_the_file(path: Path) -> None:
    """A page of nonsense is told, not raised."""
    content = bytearray(path.read_bytes())
    size = int.from_bytes(content[16:18], "big")
    for page in range(2, len(content) // size):
        content[page * size : (page + 1) * size] = b"\xff" * size
    path.write_bytes(content)
    assert problems(path)
