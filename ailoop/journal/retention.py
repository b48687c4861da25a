"""What a journal file keeps, and the removal of the rest, a little at a time.

Entries leave from the front of a channel's log, up to the oldest open prompt at most: so an
open prompt stays, and so does the chain of hashes that :mod:`ailoop.journal.verify` follows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from fnmatch import fnmatchcase

from attrs import define

from ailoop.journal.database import transaction
from ailoop.journal.rules import Rule
from ailoop.journal.writer import Head, remove

__all__ = ["Retention"]

_ENTRIES_AT_ONCE = 200
"""So many are removed in one transaction; some milliseconds."""


@define
class Retention:
    """The rules, of which the first that fits a channel holds.

    :param pause_seconds: how often to look.
    """

    rules: Sequence[Rule] = ()
    pause_seconds: float = 5.0
    highest: int = 0
    """The highest number of all channels that are gone: none is used again."""

    def load(self, connection: sqlite3.Connection) -> None:
        """Read what an earlier run has left behind."""
        found = connection.execute("SELECT value FROM facts WHERE name = 'highest'").fetchone()
        if found is not None:
            self.highest = max(self.highest, found[0])

    def rule(self, channel: str) -> Rule | None:
        """Return what holds for a channel."""
        return next((one for one in self.rules if fnmatchcase(channel, one.pattern)), None)

    def step(self, connection: sqlite3.Connection, heads: dict[str, Head], now: float) -> bool:
        """Remove some of what is over a bound; return whether there may be more.

        :param heads: the channels; one with nothing left is removed from it.
        """
        for name in list(heads):
            rule = self.rule(name)
            if rule is not None and _trim(connection, name, rule, now):
                if not _exists(connection, name):
                    self.highest = max(self.highest, heads.pop(name).seq)
                return True
        return False


def _exists(connection: sqlite3.Connection, name: str) -> bool:
    found = connection.execute("SELECT 1 FROM channels WHERE name = ?", (name,))
    return found.fetchone() is not None


def _trim(connection: sqlite3.Connection, name: str, rule: Rule, now: float) -> bool:
    run = connection.execute
    channel, messages, size, head = run(
        "SELECT id, messages, bytes, head FROM channels WHERE name = ?", (name,)
    ).fetchone()
    (first_open,) = run(
        "SELECT min(seq) FROM prompts WHERE open AND channel = ?", (channel,)
    ).fetchone()
    last, last_hash, gone, gone_bytes = 0, b"", 0, 0
    for seq, at, length, end in run(
        "SELECT seq, at, length(message), hash FROM entries WHERE channel = ? AND seq < ? "
        "ORDER BY seq LIMIT ?",
        (channel, first_open or head + 1, _ENTRIES_AT_ONCE),
    ):
        over = (
            (rule.messages is not None and messages - gone > rule.messages)
            or (rule.bytes is not None and size - gone_bytes > rule.bytes)
            or (rule.seconds is not None and at <= now - rule.seconds)
        )
        if not over:
            break
        last, last_hash, gone, gone_bytes = seq, end, gone + 1, gone_bytes + length
    if not gone:
        return False
    with transaction(connection):
        remove(connection, channel, "seq <= ?", last)
        if gone == messages:
            # Its numbers are not to be used again, should it come back.
            run(
                "INSERT INTO facts VALUES ('highest', ?) ON CONFLICT (name) DO UPDATE "
                "SET value = max(value, excluded.value)",
                (head,),
            )
            run("DELETE FROM channels WHERE id = ?", (channel,))
        else:
            run(
                "UPDATE channels SET trimmed = ?, trimmed_hash = ?, messages = messages - ?, "
                "bytes = bytes - ? WHERE id = ?",
                (last, last_hash, gone, gone_bytes, channel),
            )
    return True
