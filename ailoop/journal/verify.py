"""Whether a journal file is whole: what it says of itself against what is in it.

Each entry's hash covers the hash before it, so one that was changed, removed or moved breaks
the chain where it stood. The chain has no key: whoever can write to the file can also make a
new one. What it covers is number, time and message; all else is held against these.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import orjson
from attrs import define, frozen

from ailoop.broker.ports import Entry
from ailoop.journal.trail import Asked, EntryError, Verdict, asked, stories
from ailoop.journal.writer import chain
from ailoop.model.message import CONTENT_TYPES, PROMPT_TYPES, Response

__all__ = ["Checked", "Problem", "verify"]

_PROMPTS = {name for name, kind in CONTENT_TYPES.items() if kind in PROMPT_TYPES}


@frozen
class Problem:
    """Something does not fit.

    :param channel: where; ``None`` if that cannot be said.
    :param seq: at which entry.
    """

    channel: str | None
    seq: int | None
    text: str


@define
class Checked:
    """How much was looked at."""

    channels: int = 0
    entries: int = 0
    prompts: int = 0


@frozen
class _Channel:
    id: int
    name: str
    trimmed: int
    trimmed_hash: bytes
    head: int
    head_hash: bytes
    messages: int
    bytes: int


def verify(connection: sqlite3.Connection, checked: Checked) -> Iterator[Problem]:
    """Yield what is wrong with a journal.

    :param checked: counts along.
    """
    try:
        yield from _check_file(connection)
        for row in connection.execute(
            "SELECT id, name, trimmed, trimmed_hash, head, head_hash, messages, bytes "
            "FROM channels ORDER BY name"
        ):
            checked.channels += 1
            yield from _check_log(connection, _Channel(*row), checked)
        yield from _check_tables(connection)
        for one in asked(connection):
            checked.prompts += 1
            yield from _check_prompt(connection, one)
    except sqlite3.DatabaseError as error:
        yield Problem(None, None, f"the file cannot be read any further: {error}")


def _check_file(connection: sqlite3.Connection) -> Iterator[Problem]:
    for (line,) in connection.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield Problem(None, None, f"SQLite: {line}")


def _check_log(
    connection: sqlite3.Connection, channel: _Channel, checked: Checked
) -> Iterator[Problem]:
    """Follow the chain, from where retention has cut it to the head."""
    seq, end, messages, size = channel.trimmed, channel.trimmed_hash, 0, 0
    for seq, at, stored, encoded, *columns in connection.execute(
        "SELECT seq, at, hash, message, id, prompt, answers FROM entries WHERE channel = ? "
        "ORDER BY seq",
        (channel.id,),
    ):
        try:
            fits = chain(end, seq, at, encoded) == stored
            size += len(encoded)
        except (TypeError, struct.error):
            fits = False
        if not fits:
            yield Problem(
                channel.name, seq, "it was changed, or what stood before it is missing"
            )
        elif (wrong := _misfit(channel.name, encoded, columns)) is not None:
            yield Problem(channel.name, seq, wrong)
        # From here on as stored, so that one damage is told once.
        end, messages = stored, messages + 1
    checked.entries += messages
    if (seq, end) != (channel.head, channel.head_hash):
        yield Problem(
            channel.name, channel.head, f"the log ends at {seq} and not here, at its head"
        )
    if (messages, size) != (channel.messages, channel.bytes):
        yield Problem(
            channel.name,
            channel.head,
            f"there are {messages} messages of {size} bytes, "
            f"not {channel.messages} of {channel.bytes}",
        )


def _misfit(channel: str, encoded: bytes, columns: list[Any]) -> str | None:
    """Return what the columns say otherwise than the message."""
    key, is_prompt, answers = columns
    try:
        message = orjson.loads(encoded)
        kind, to = message["content"]["type"], message["correlation_id"]
        if message["channel"] != channel:
            return f"its message is of channel {message['channel']}"
        if UUID(message["id"]).bytes != key:
            return "its message has another id"
        if (kind in _PROMPTS) != is_prompt:
            return "it is marked as a prompt, or is not, against its message"
        if (UUID(to).bytes if kind == Response.type and to else None) != answers:
            return "it is marked as the answer to another prompt"
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return f"its message cannot be read: {error}"
    return None


_TABLES = (
    (
        "SELECT name, entries.seq FROM entries JOIN channels ON channels.id = entries.channel "
        "WHERE prompt AND NOT void AND NOT EXISTS (SELECT 1 FROM prompts WHERE "
        "prompts.channel = entries.channel AND prompts.seq = entries.seq)",
        "this prompt is missing from the table of prompts",
    ),
    (
        "SELECT (SELECT name FROM channels WHERE channels.id = prompts.channel), prompts.seq "
        "FROM prompts LEFT JOIN entries ON entries.channel = prompts.channel "
        "AND entries.seq = prompts.seq "
        "WHERE entries.seq IS NULL OR NOT prompt OR void OR entries.id <> prompts.id",
        "the table of prompts has one that is not in the log",
    ),
    (
        "SELECT (SELECT name FROM channels WHERE channels.id = shown.channel), seq FROM shown "
        "WHERE NOT EXISTS (SELECT 1 FROM prompts WHERE prompts.channel = shown.channel "
        "AND prompts.seq = shown.seq)",
        "it is noted as shown and is no prompt",
    ),
    (
        "SELECT NULL, min(seq) FROM entries WHERE channel NOT IN (SELECT id FROM channels) "
        "GROUP BY channel",
        "from here on there are entries of a channel that is missing",
    ),
)
"""What must find nothing, and what it means if it does."""


def _check_tables(connection: sqlite3.Connection) -> Iterator[Problem]:
    for statement, text in _TABLES:
        for name, seq in connection.execute(statement):
            yield Problem(name, seq, text)


def _check_prompt(connection: sqlite3.Connection, asked: Asked) -> Iterator[Problem]:
    """Hold the marks of a prompt and its responses against what the log decides.

    A mark that is not there yet is no fault: it goes with a later transaction, and a start
    decides anew.
    """
    try:
        for story in stories(connection, asked):
            if not story.marked_open and story.prompt.response is None:
                text = "it is marked as settled, and no response has settled it"
                yield Problem(asked.channel, story.prompt.entry.seq, text)
            for attempt in story.attempts:
                if attempt.verdict is Verdict.REFUSED and not _used(connection, attempt.entry):
                    text = "it is marked as refused, and nothing shows why"
                    yield Problem(asked.channel, attempt.entry.seq, text)
    except EntryError as error:
        yield Problem(error.channel, error.seq, "its message cannot be read")


def _used(connection: sqlite3.Connection, entry: Entry) -> bool:
    """Whether another entry has the same id, which refuses a response as well.

    Without an index: this is asked of what hardly ever is.
    """
    found = connection.execute(
        "SELECT 1 FROM entries WHERE id = ? LIMIT 2", (entry.id.bytes,)
    ).fetchall()
    return len(found) > 1
