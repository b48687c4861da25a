"""A journal as lines of JSON, and back.

A line is ``{"channel", "seq", "at", "void"?, "message"}``; ``at`` is in seconds since the
epoch. What a line does not say, such as the hashes and who was shown what, stays behind.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
from attrs import define, field, frozen

from ailoop.broker.ports import Record, Verdicts
from ailoop.journal.database import JournalFileError, connect, locked, transaction
from ailoop.journal.retention import Retention
from ailoop.journal.trail import Asked, EntryError, Verdict, stories
from ailoop.journal.writer import Batch, Writer, load_heads
from ailoop.model.codec import encode, load_json, load_message
from ailoop.model.errors import Refusal
from ailoop.model.message import PROMPT_TYPES, Message, Response

__all__ = ["Imported", "LineError", "export", "import_into", "import_lines"]

_AT_ONCE = 500
"""Entries handed over in one batch."""

_HIGHEST = 2**62
"""No number is higher, so that there is always a next one."""

_LATEST = 253402300800
"""The year 10000, in seconds since the epoch: what no date can say."""


class LineError(Exception):
    """A line cannot be imported; its text names the line."""


def export(connection: sqlite3.Connection, channel: str | None = None) -> Iterator[Any]:
    """Yield each entry as JSON-ready members, channel by channel in the order of its log.

    :param channel: only this one.
    :raises EntryError: an entry is no JSON.
    """
    for name, seq, at, void, encoded in connection.execute(
        "SELECT name, seq, at, void, message FROM channels JOIN entries "
        "ON entries.channel = channels.id WHERE ?1 IS NULL OR name = ?1 ORDER BY name, seq",
        (channel,),
    ):
        try:
            message = load_json(encoded)
        except (Refusal, TypeError) as error:
            raise EntryError(name, seq, str(error)) from None
        mark = {"void": True} if void else {}
        yield {"channel": name, "seq": seq, "at": at, **mark, "message": message}


@define
class Imported:
    """What became of the lines."""

    messages: int = 0
    known: int = 0
    """Skipped, because the file had a message with this id before."""


@frozen
class _Line:
    seq: int
    at: float
    void: bool
    message: Message


def import_into(path: Path, lines: Iterable[bytes]) -> Imported:
    """Add entries to a journal, which is made if it is not there.

    :raises JournalFileError: a daemon uses the file, or it cannot be used.
    :raises LineError: as :func:`import_lines`.
    """
    with locked(path), closing(connect(path, "full")) as connection:
        try:
            return import_lines(connection, lines)
        except sqlite3.Error as error:
            raise JournalFileError(f"nothing was imported into {path}: {error}") from None


def import_lines(connection: sqlite3.Connection, lines: Iterable[bytes]) -> Imported:
    """Add entries to a journal, all in one transaction.

    A channel that the file does not have keeps the numbers of the lines, unless they may
    have been given to others before; else the entries follow what is there.

    :raises LineError: a line is not one; nothing was imported.
    :raises sqlite3.Error: nothing was imported.
    """
    with transaction(connection):
        return _Importer(connection).run(lines)


@define(eq=False)
class _Place:
    """Where the entries of a channel go.

    :param keeps: whether with the numbers of the lines.
    """

    channel: str
    keeps: bool
    last: int
    from_line: int = 0
    first: int = 0
    records: list[Record] = field(factory=list)
    verdicts: Verdicts = field(factory=Verdicts)


class _Importer:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._heads = load_heads(connection)
        self._writer = Writer(connection, self._heads)
        retention = Retention()
        retention.load(connection)
        self._gone = retention.highest
        self._places: dict[str, _Place] = {}
        self._touched: dict[tuple[str, bytes], None] = {}
        connection.execute("CREATE TEMP TABLE known (id BLOB PRIMARY KEY) WITHOUT ROWID")
        connection.execute("INSERT OR IGNORE INTO known SELECT id FROM entries")

    def run(self, lines: Iterable[bytes]) -> Imported:
        imported = Imported()
        for number, text in enumerate(lines, 1):
            try:
                line = _read(text)
                if self._is_known(line.message):
                    imported.known += 1
                else:
                    self._add(line)
                    imported.messages += 1
            except Refusal as refusal:
                raise LineError(f"line {number}: {refusal.sentence}") from None
            except (ValueError, KeyError, TypeError) as error:
                raise LineError(f"line {number}: {_reason(error)}") from None
        for place in self._places.values():
            self._flush(place)
        for channel, prompt_id in self._touched:
            self._decide(channel, prompt_id)
        self._connection.execute("DROP TABLE temp.known")
        return imported

    def _is_known(self, message: Message) -> bool:
        found = self._connection.execute(
            "SELECT 1 FROM temp.known WHERE id = ?", (message.id.bytes,)
        )
        return found.fetchone() is not None

    def _add(self, line: _Line) -> None:
        message = line.message
        place = self._places.get(message.channel) or self._place(line)
        if line.seq <= place.from_line:
            raise ValueError(f"seq {line.seq} is not above {place.from_line}, the one before")
        place.from_line = line.seq
        seq = line.seq if place.keeps else place.last + 1
        if len(place.records) >= _AT_ONCE or seq != place.last + 1:
            self._flush(place)
        if not place.records:
            place.first = seq
        place.records.append((line.at, encode(message), message))
        place.last = seq
        if line.void:
            place.verdicts.void.append(seq)
        if isinstance(message.content, PROMPT_TYPES):
            self._touched[message.channel, message.id.bytes] = None
        elif isinstance(message.content, Response) and message.correlation_id is not None:
            self._touched[message.channel, message.correlation_id.bytes] = None

    def _place(self, line: _Line) -> _Place:
        name = line.message.channel
        head = self._heads.get(name)
        place = self._places[name] = _Place(
            channel=name,
            keeps=head is None and line.seq > self._gone,
            last=self._gone if head is None else head.seq,
        )
        return place

    def _flush(self, place: _Place) -> None:
        if place.records:
            batch = Batch(place.channel, place.first, place.records)
            self._heads[place.channel] = self._writer.append(batch)
            self._writer.judge(place.channel, place.verdicts)
            place.records, place.verdicts = [], Verdicts()

    def _decide(self, channel: str, prompt_id: bytes) -> None:
        """Mark what the log decides, so that the next start need not read it all."""
        verdicts = Verdicts()
        asked = Asked(self._heads[channel].id, channel, 0, prompt_id)
        for story in stories(self._connection, asked):
            if story.prompt.response is not None:
                verdicts.settled.append(story.prompt.entry.seq)
            verdicts.void.extend(
                one.entry.seq for one in story.attempts if one.verdict is not Verdict.SETTLED
            )
        self._writer.judge(channel, verdicts)


def _read(text: bytes) -> _Line:
    try:
        line = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error}") from None
    if not isinstance(line, dict):
        raise TypeError("it is no JSON object")
    seq, at, void, value = line["seq"], line["at"], line.get("void", False), line["message"]
    if type(seq) is not int or not 0 < seq <= _HIGHEST:
        raise ValueError("seq is a whole number above 0")
    if type(at) not in (int, float) or not 0 <= at < _LATEST:
        raise ValueError("at is in seconds since the epoch")
    if type(void) is not bool:
        raise ValueError("void is true or false")
    message = load_message(value)
    # Without them the message would be given new ones.
    missing = {"id", "timestamp"} - value.keys()
    if missing:
        raise KeyError(f"message.{min(missing)}")
    if line["channel"] != message.channel:
        raise ValueError("the message is of another channel")
    return _Line(seq, float(at), void, message)


def _reason(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
