"""Writes batches to a journal file; everything here runs in the journal's one thread.

A batch of rows is one statement, whatever its size: between two steps of SQLite the
interpreter is handed over, and a busy event loop gives it back late.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import islice
from struct import pack

from attrs import define, field, frozen

from ailoop.broker.ports import Record, Verdicts
from ailoop.journal.database import transaction
from ailoop.model.delivery import Showing
from ailoop.model.message import PROMPT_TYPES, Response

__all__ = ["Batch", "Head", "Shown", "Writer", "chain", "load_heads", "remove"]

_ROWS = (256, 32, 4, 1)
"""Rows of one statement: few sizes, so that SQLite keeps all of them compiled."""

_INTO = "INSERT INTO entries (channel, seq, at, id, prompt, answers, hash, message)"
_ENTRY = "(?,?,?,?,?,?,?,?)"
_INSERT = {size: f"{_INTO} VALUES {','.join([_ENTRY] * size)}" for size in _ROWS}


@define(eq=False)
class Head:
    """The end of a channel's log, as it is in the file.

    :param hash: the end of its chain of hashes.
    """

    id: int
    seq: int
    hash: bytes


@define(eq=False)
class Batch:
    """Records of one channel on their way into the file.

    :param first: the number of the first.
    """

    channel: str
    first: int
    records: Sequence[Record]
    error: str | None = None
    decided: bool = field(default=False)


@frozen
class Shown:
    """A surface has shown a prompt.

    :param at: seconds since the epoch.
    :param name: of the person, or of the surface.
    """

    channel: str
    seq: int
    at: float
    state: Showing
    name: str


def chain(before: bytes, seq: int, at: float, message: bytes) -> bytes:
    """Return the hash of an entry: SHA-256 of the one before it, number, time and message."""
    return sha256(before + pack(">qd", seq, at) + message).digest()


def load_heads(connection: sqlite3.Connection) -> dict[str, Head]:
    """Read where the log of every channel ends."""
    rows = connection.execute("SELECT name, id, head, head_hash FROM channels")
    return {name: Head(*rest) for name, *rest in rows}


def remove(connection: sqlite3.Connection, channel: int, condition: str, seq: int) -> None:
    """Remove entries of a channel, with what is noted of them.

    :param condition: on their numbers, such as ``seq > ?``.
    """
    for table in ("entries", "prompts", "shown"):
        connection.execute(
            f"DELETE FROM {table} WHERE channel = ? AND {condition}",  # noqa: S608 -- all ours
            (channel, seq),
        )


class Writer:
    """The one who writes.

    :param heads: where each channel's log ends; kept up to date.
    """

    def __init__(self, connection: sqlite3.Connection, heads: dict[str, Head]) -> None:
        self._connection = connection
        self._heads = heads

    def write(
        self,
        batches: Sequence[Batch],
        verdicts: Iterable[tuple[str, Verdicts]],
        shown: Iterable[Shown] = (),
    ) -> None:
        """Store batches, verdicts and notes, all of them or, if it raises, none.

        :raises sqlite3.Error: nothing was stored, as far as SQLite knows.
        """
        heads: dict[str, Head] = {}
        with transaction(self._connection):
            for batch in batches:
                heads[batch.channel] = self.append(batch, heads.get(batch.channel))
            for channel, verdict in verdicts:
                self.judge(channel, verdict)
            for one in shown:
                self._note(one)
        self._heads.update(heads)

    def append(self, batch: Batch, head: Head | None = None) -> Head:
        """Store a batch, in a transaction that is under way, and return the new head.

        :param head: where it comes after; without it, where :meth:`write` has left the log.
        """
        head = head or self._heads.get(batch.channel) or self._new_channel(batch)
        channel, seq, end, size = head.id, batch.first, head.hash, 0
        values: list[object] = []
        prompts = []
        for at, encoded, message in batch.records:
            content = message.content
            is_prompt = isinstance(content, PROMPT_TYPES)
            answers = message.correlation_id if isinstance(content, Response) else None
            end = chain(end, seq, at, encoded)
            values += (
                *(channel, seq, at, message.id.bytes, is_prompt),
                *(None if answers is None else answers.bytes, end, encoded),
            )
            if is_prompt:
                prompts.append((message.id.bytes, channel, seq))
            size += len(encoded)
            seq += 1
        self._insert(values)
        run = self._connection
        if prompts:
            insert = "INSERT INTO prompts (id, channel, seq) VALUES (?,?,?)"
            run.executemany(insert, prompts)
        run.execute(
            "UPDATE channels SET head = ?, head_hash = ?, messages = messages + ?, "
            "bytes = bytes + ? WHERE id = ?",
            (seq - 1, end, len(batch.records), size, channel),
        )
        return Head(channel, seq - 1, end)

    def _insert(self, values: list[object]) -> None:
        columns = _ENTRY.count("?")
        rest = iter(values)
        left = len(values) // columns
        for size in _ROWS:
            while left >= size:
                self._connection.execute(_INSERT[size], list(islice(rest, size * columns)))
                left -= size

    def _new_channel(self, batch: Batch) -> Head:
        seq, start = batch.first - 1, bytes(32)
        cursor = self._connection.execute(
            "INSERT INTO channels (name, trimmed, trimmed_hash, head, head_hash) "
            "VALUES (?,?,?,?,?)",
            (batch.channel, seq, start, seq, start),
        )
        return Head(cursor.lastrowid or 0, seq, start)

    def judge(self, channel: str, verdicts: Verdicts) -> None:
        """Mark what the log has decided, in a transaction that is under way."""
        head = self._heads.get(channel)
        if head is None:
            return  # retention has removed it
        for statement, numbers in (
            ("UPDATE entries SET void = 1 WHERE channel = ? AND seq = ?", verdicts.void),
            # A prompt posted again is not asked again.
            ("DELETE FROM prompts WHERE channel = ? AND seq = ?", verdicts.void),
            ("UPDATE prompts SET open = 0 WHERE channel = ? AND seq = ?", verdicts.settled),
        ):
            if numbers:
                self._connection.executemany(statement, [(head.id, one) for one in numbers])

    def _note(self, shown: Shown) -> None:
        # Retention may have removed the prompt. After a restart what was told is told again.
        self._connection.execute(
            "INSERT OR IGNORE INTO shown (channel, seq, state, name, at) "
            "SELECT prompts.channel, seq, ?, ?, ? FROM prompts JOIN channels "
            "ON channels.id = prompts.channel WHERE channels.name = ? AND seq = ?",
            (shown.state, shown.name, shown.at, shown.channel, shown.seq),
        )

    def probe(self, now: float) -> None:
        """Store something of no account: a transaction of nothing passes on a full disk, too.

        :param now: seconds since the epoch.
        :raises sqlite3.Error: nothing can be stored.
        """
        self._connection.execute(
            "INSERT INTO facts VALUES ('probed', ?) ON CONFLICT (name) DO UPDATE "
            "SET value = excluded.value",
            (now,),
        )

    def fence(self) -> None:
        """Remove what a commit may have left in the file although it said that it failed."""
        with transaction(self._connection):
            in_file = load_heads(self._connection)
            for name in self._heads.keys() - in_file.keys():
                # Retention has removed it, in a commit that said the same.
                del self._heads[name]
            for name, stored in in_file.items():
                known = self._heads.get(name)
                if known is None:
                    remove(self._connection, stored.id, "seq > ?", -1)
                    self._connection.execute("DELETE FROM channels WHERE id = ?", (stored.id,))
                elif stored.seq > known.seq:
                    self._cut(known)

    def _cut(self, head: Head) -> None:
        run = self._connection.execute
        messages, size = run(
            "SELECT count(*), coalesce(sum(length(message)), 0) FROM entries "
            "WHERE channel = ? AND seq > ?",
            (head.id, head.seq),
        ).fetchone()
        remove(self._connection, head.id, "seq > ?", head.seq)
        run(
            "UPDATE channels SET head = ?, head_hash = ?, messages = messages - ?, "
            "bytes = bytes - ? WHERE id = ?",
            (head.seq, head.hash, messages, size, head.id),
        )
