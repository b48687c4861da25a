"""Export and import: what goes out as lines comes in again, in its order, or not at all."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from ailoop.broker import State
from ailoop.journal.database import JournalFileError, connect, locked, read_only
from ailoop.journal.exchange import Imported, LineError, export, import_into
from ailoop.journal.retention import Retention
from ailoop.journal.rules import Rule
from ailoop.journal.sqlite import open_sqlite
from ailoop.journal.verify import Checked, verify
from ailoop.model.message import Message, Notification
from tests.journal.filled import CHANNELS, at_work, numbers, opened

ENTRIES = 18


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Where to import to."""
    return tmp_path / "other.db"


def exported(path: Path, channel: str | None = None) -> list[dict[str, Any]]:
    with read_only(path) as connection:
        return list(export(connection, channel))


def as_lines(entries: list[dict[str, Any]]) -> list[bytes]:
    return [orjson.dumps(entry) for entry in entries]


def bring(path: Path, entries: list[dict[str, Any]]) -> Imported:
    return import_into(path, as_lines(entries))


def marks(path: Path) -> list[tuple[Any, ...]]:
    """Return what a file holds of its prompts, and what it holds for void."""
    with opened(path) as connection:
        return connection.execute(
            "SELECT seq, void, open FROM entries LEFT JOIN prompts USING (channel, seq) "
            "ORDER BY seq"
        ).fetchall()


def check_whole(path: Path) -> None:
    with read_only(path) as connection:
        assert list(verify(connection, Checked())) == []


def test_a_line(path: Path) -> None:
    """Channel by channel in order; what was refused is marked, all else is not."""
    entries = exported(path)
    assert [entry["channel"] for entry in entries] == [
        name for name in CHANNELS for _ in "x" * 9
    ]
    assert [entry["seq"] for entry in entries if entry["channel"] == "docs"] == numbers(
        path, "docs"
    )
    first = entries[0]
    assert list(first) == ["channel", "seq", "at", "message"]
    assert first["message"]["content"]["text"] == "début"
    assert [entry.get("void") for entry in entries[:9]] == [
        *(None, None, None, True, None, True, True, None, None)
    ]


def test_one_channel(path: Path) -> None:
    """Only what was asked for."""
    assert exported(path, "docs") == exported(path)[9:]
    assert exported(path, "nobody") == []


def test_round_trip(path: Path, other: Path) -> None:
    """Into a new file: the same lines, numbers, marks, in a file that is whole and private."""
    assert bring(other, exported(path)) == Imported(messages=ENTRIES)
    assert exported(other) == exported(path)
    assert marks(other) == marks(path)
    check_whole(other)
    assert other.stat().st_mode & 0o777 == 0o600


def test_again(path: Path, other: Path) -> None:
    """What is there already is skipped and counted, and changes nothing."""
    bring(other, exported(path, "docs"))
    assert bring(other, exported(path)) == Imported(messages=9, known=9)
    assert bring(other, exported(path)) == Imported(known=ENTRIES)
    assert exported(other) == exported(path)
    check_whole(other)


def test_marks_follow_from_the_lines(path: Path, other: Path) -> None:
    """Which prompts are open, and what was refused, is decided anew where no line says it."""
    lines = [{k: v for k, v in one.items() if k != "void"} for one in exported(path)]
    posted_again = lines.pop(3)["message"]["id"], lines.pop(3 + 8)["message"]["id"]
    bring(other, lines)
    assert posted_again == (lines[1]["message"]["id"], lines[9]["message"]["id"])
    assert marks(other) == [
        row for row in marks(path) if row[0] not in (numbers(path)[3], numbers(path, "docs")[3])
    ]


async def test_a_broker_goes_on(path: Path, other: Path) -> None:
    """A daemon on an imported file has the history, the answers and what is open."""
    entries = exported(path)
    bring(other, entries)
    async with at_work(other) as broker:
        for first in (0, 9):
            ours = entries[first : first + 9]
            assert [e.seq for e in broker.channels[ours[0]["channel"]].history.latest(99)] == [
                entry["seq"] for entry in ours if not entry.get("void")
            ]
        states = [prompt.state for prompt in broker.tables.prompts.values()]
        assert sorted(states) == sorted([State.ANSWERED, State.DENIED, State.PENDING] * 2)
        await broker.publish([Message(channel="docs", content=Notification(text="x"))])
    check_whole(other)


async def test_after_what_is_there(path: Path, other: Path) -> None:
    """A channel that the file has goes on after its head, in the order of the lines."""
    async with at_work(other) as broker:
        await broker.publish([Message(channel="docs", content=Notification(text="here"))])
    (head,) = numbers(other, "docs")
    entries = exported(path, "docs")
    bring(other, entries)
    assert numbers(other, "docs") == list(range(head, head + 10))
    assert [e["message"] for e in exported(other)[1:]] == [e["message"] for e in entries]
    assert [e["at"] for e in exported(other)[1:]] == [e["at"] for e in entries]
    check_whole(other)


def test_gaps_stay(path: Path, other: Path) -> None:
    """Numbers that nothing has stay without anything."""
    entries = [entry for entry in exported(path, "docs") if not entry.get("void")]
    bring(other, entries)
    assert exported(other) == entries
    check_whole(other)


def test_channels_by_turns(path: Path, other: Path) -> None:
    """Lines need not be sorted by channel."""
    entries = exported(path)
    turns = [one for pair in zip(entries[:9], entries[9:], strict=True) for one in pair]
    bring(other, turns)
    assert exported(other) == entries
    check_whole(other)


async def test_numbers_are_not_given_again(path: Path, other: Path) -> None:
    """Where a channel has been removed, its numbers are not used for what is imported."""
    async with at_work(other) as broker:
        await broker.publish([Message(channel="docs", content=Notification(text="here"))])
    (gone,) = numbers(other, "docs")
    async with open_sqlite(other, retention=Retention([Rule(messages=0)])) as journal:
        await journal._trim()
    assert numbers(other, "docs") == []
    bring(other, exported(path, "docs"))
    assert numbers(other, "docs")[0] == gone + 1
    assert len(numbers(other, "docs")) == 9
    check_whole(other)


BAD = [
    (b"nonsense", "it is no JSON"),
    (b"", "it is no JSON"),
    (b"[]", "it is no JSON object"),
    ({"seq": None}, "seq is a whole number"),
    ({"seq": True}, "seq is a whole number"),
    ({"seq": 0}, "seq is a whole number"),
    ({"seq": 2**63}, "seq is a whole number"),
    ({"seq": 1}, "is not above"),
    ({"at": "now"}, "at is in seconds"),
    ({"at": 1e12}, "at is in seconds"),
    ({"at": -1}, "at is in seconds"),
    ({"void": 1}, "void is true or false"),
    ({"channel": "docs2"}, "of another channel"),
    ({"message": {}}, "A channel name has"),
    ({"message": 1}, "object"),
    ({"message.channel": "no/name"}, "A channel name has"),
    ({"message.id": "x"}, "$.id"),
    ({"message.id": ...}, "message.id is missing"),
    ({"message.timestamp": ...}, "message.timestamp is missing"),
    ({"message.content": {"type": "x"}}, "content"),
    ({"seq": ...}, "seq is missing"),
    ({"message": ...}, "message is missing"),
]


@pytest.mark.parametrize(("change", "reason"), BAD, ids=[str(change) for change, _ in BAD])
def test_a_bad_line(path: Path, other: Path, change: Any, reason: str) -> None:
    """It is named by its number, and nothing at all was imported."""
    lines = as_lines(exported(path))
    lines[4] = change if isinstance(change, bytes) else bent(lines[4], change)
    with pytest.raises(LineError, match=r"^line 5: ") as caught:
        import_into(other, lines)
    assert reason in str(caught.value)
    assert exported(other) == []
    assert bring(other, exported(path)) == Imported(messages=ENTRIES)


def bent(line: bytes, change: dict[str, Any]) -> bytes:
    """Change a member of a line, or remove it (``...``)."""
    members = orjson.loads(line)
    for place, value in change.items():
        within = members
        *outer, name = place.split(".")
        for one in outer:
            within = within[one]
        within[name] = value
        if value is ...:
            del within[name]
    return orjson.dumps(members)


def test_it_needs_the_file_for_itself(path: Path, other: Path) -> None:
    """While another process has the journal nothing is imported."""
    with locked(other), pytest.raises(JournalFileError, match="in use"):
        bring(other, exported(path))


def test_a_full_disk(path: Path, other: Path) -> None:
    """What SQLite refuses in the middle is one sentence, and nothing was imported."""
    with closing(connect(other, "full")) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON entries "
            "WHEN (SELECT count(*) FROM entries) >= 9 "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    with pytest.raises(JournalFileError, match=r"nothing was imported .*disk is full"):
        bring(other, exported(path))
    assert exported(other) == []
