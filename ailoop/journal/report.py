"""What is in a journal file: how much, from when to when, and what waits."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from attrs import frozen

__all__ = ["ChannelStats", "Sizes", "channel_stats", "schema_version", "sizes"]


@frozen
class Sizes:
    """What a journal takes of the disk, in bytes.

    :param wal: of the write-ahead log beside it; it is part of the journal.
    """

    file: int
    wal: int


@frozen
class ChannelStats:
    """What a channel has in the file.

    :param messages: all entries, also those shown to nobody.
    :param bytes: of these messages.
    :param oldest: when it was taken, in seconds since the epoch; ``None`` without any.
    :param open_prompts: prompts that may be open: one that has just settled still counts.
    """

    channel: str
    messages: int
    bytes: int
    oldest: float | None
    newest: float | None
    open_prompts: int


def sizes(path: Path) -> Sizes:
    """Return how large a journal is."""
    return Sizes(_size(path), _size(path.with_name(path.name + "-wal")))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # a log that is not there, or has just been removed
        return 0


def schema_version(connection: sqlite3.Connection) -> int:
    """Return the version of the file's tables."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def channel_stats(connection: sqlite3.Connection) -> list[ChannelStats]:
    """Return what each channel has, by name."""
    end = "(SELECT at FROM entries WHERE channel = channels.id ORDER BY seq {} LIMIT 1)"
    rows = connection.execute(
        f"SELECT name, messages, bytes, {end.format('ASC')}, {end.format('DESC')}, "  # noqa: S608
        "(SELECT count(*) FROM prompts WHERE open AND channel = channels.id) "
        "FROM channels ORDER BY name"
    )
    return [ChannelStats(*row) for row in rows]
