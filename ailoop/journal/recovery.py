"""Reads back, at the start, what matters now: the recent window, and what is open."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from uuid import UUID

from ailoop.broker.limits import BrokerLimits
from ailoop.broker.ports import Entry, Kept

__all__ = ["read_channels"]

_COLUMNS = "seq, at, id, prompt, answers, message"
_MANY = 500
"""Ids asked for in one statement; SQLite bounds its variables."""


_Row = tuple[Entry, int, bytes | None]
"""An entry, whether it is a prompt, and the id of the prompt that it answers. As a record with
names it would cost half of what reading it costs."""


def read_channels(
    connection: sqlite3.Connection, limits: BrokerLimits, now: float
) -> Iterator[Kept]:
    """Yield what each channel has kept.

    :param limits: what of it is recent, and how many channels there may be; of more, those
        with an open prompt all come, then those with the newest messages.
    :param now: seconds since the epoch.
    """
    since = now - limits.history_seconds
    channels = connection.execute(
        "SELECT id, name, EXISTS (SELECT 1 FROM prompts WHERE open AND "
        "prompts.channel = channels.id) AS waits, (SELECT at FROM entries WHERE "
        "entries.channel = channels.id ORDER BY seq DESC LIMIT 1) AS newest FROM channels "
        "WHERE waits OR newest > ? ORDER BY waits DESC, newest DESC",
        (since,),
    ).fetchall()
    for number, (channel, name, waits, _) in enumerate(channels):
        if number >= limits.channels and not waits:
            return
        reader = _Reader(connection, channel, name)
        ends = reader.ends()
        if ends is None:
            continue  # retention has been there meanwhile
        window, start = reader.window(limits, since, *ends)
        undecided = reader.undecided()
        yield Kept(
            channel=name,
            start=start,
            window=[
                (entry, bool(prompt) or answers is not None)
                for entry, prompt, answers in window
            ],
            before=reader.before(window, start, undecided),
            undecided=set(undecided),
        )


class _Reader:
    """Reads one channel."""

    def __init__(self, connection: sqlite3.Connection, channel: int, name: str) -> None:
        self._connection = connection
        self._channel = channel
        self._name = name

    def _rows(self, condition: str, *values: object) -> Iterator[_Row]:
        statement = (
            f"SELECT {_COLUMNS} FROM entries WHERE channel = ? AND NOT void AND {condition}"  # noqa: S608 -- no value is in it
        )
        for seq, at, key, is_prompt, answers, message in self._connection.execute(
            statement, (self._channel, *values)
        ):
            yield Entry(seq, at, self._name, UUID(bytes=key), message), is_prompt, answers

    def ends(self) -> tuple[int, int] | None:
        """Return the last number that retention has removed, and the last there is."""
        found: tuple[int, int] | None = self._connection.execute(
            "SELECT trimmed, head FROM channels WHERE id = ?", (self._channel,)
        ).fetchone()
        return found

    def window(
        self, limits: BrokerLimits, since: float, trimmed: int, head: int
    ) -> tuple[list[_Row], int]:
        """Return the recent rows in order, and the number of the last one before them."""
        newest_first: list[_Row] = []
        size = 0
        for row in self._rows("1 ORDER BY seq DESC"):
            entry = row[0]
            size += len(entry.encoded)
            full = len(newest_first) == limits.history_messages or size > limits.history_bytes
            if full or entry.at <= since:
                return newest_first[::-1], entry.seq
            newest_first.append(row)
        return newest_first[::-1], trimmed if newest_first else head

    def undecided(self) -> dict[int, bytes]:
        """Return the ids of prompts that may be open, by their numbers."""
        return dict(
            self._connection.execute(
                "SELECT seq, id FROM prompts WHERE open AND channel = ?", (self._channel,)
            )
        )

    def before(
        self, window: list[_Row], start: int, undecided: dict[int, bytes]
    ) -> list[Entry]:
        """Return earlier prompts that may matter, and every response to them until then."""
        ids = {answers for _, _, answers in window if answers is not None}
        ids |= {key for seq, key in undecided.items() if seq <= start}
        found: list[Entry] = []
        wanted = sorted(ids)
        for place in range(0, len(wanted), _MANY):
            rows = self._before(start, wanted[place : place + _MANY])
            found += [entry for entry, _, _ in rows]
        return sorted(found, key=lambda entry: entry.seq)

    def _before(self, start: int, ids: list[bytes]) -> Iterator[_Row]:
        """Yield prompts with these ids, and the responses to them.

        The numbers are looked up first: SQLite would read the whole channel otherwise.
        """
        marks = ",".join("?" * len(ids))
        yield from self._rows(
            f"seq IN (SELECT seq FROM prompts INDEXED BY prompts_by_id "  # noqa: S608
            f"WHERE id IN ({marks}) AND channel = ? AND seq <= ? UNION ALL "
            "SELECT seq FROM entries INDEXED BY entries_by_prompt "
            f"WHERE answers IN ({marks}) AND channel = ? AND seq <= ?)",
            *(*ids, self._channel, start),
            *(*ids, self._channel, start),
        )
