"""What became of each prompt of a journal file: who asked, who was shown it, who said what.

The file keeps what came in its order, and only notes late what the log has decided. So the
decision is taken here anew, by the rules of :class:`~ailoop.broker.prompt.Prompt`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from enum import StrEnum
from uuid import UUID

from attrs import define, field, frozen

from ailoop.broker.ports import Entry
from ailoop.broker.prompt import Prompt
from ailoop.journal.writer import Shown
from ailoop.model.codec import load_json, load_message
from ailoop.model.delivery import Showing
from ailoop.model.errors import Refusal
from ailoop.model.message import PROMPT_TYPES, Message

__all__ = ["Asked", "Attempt", "EntryError", "Story", "Verdict", "asked", "stories"]


class EntryError(Exception):
    """An entry cannot be read.

    :param seq: its number.
    """

    def __init__(self, channel: str, seq: int, reason: str) -> None:
        super().__init__(f"{channel} {seq}: its message cannot be read: {reason}")
        self.channel = channel
        self.seq = seq


class Verdict(StrEnum):
    """What became of an attempt to respond."""

    SETTLED = "settled"
    """It is the response."""
    REPEATED = "repeated"
    """The same by the same responder again, who was given the recorded one."""
    EXPIRED = "expired"
    """It came at the deadline or later."""
    LATE = "already_settled"
    """Another came first."""
    REFUSED = "refused"
    """It is marked as shown to nobody for another reason, such as a used id."""


@frozen
class Attempt:
    """Somebody has responded to a prompt, with or without success.

    :param void: whether it is marked as shown to nobody.
    """

    entry: Entry
    message: Message
    void: bool
    verdict: Verdict


@define(eq=False)
class Story:
    """A prompt from its question to its end.

    :param marked_open: whether the file holds it for one that may be open.
    """

    prompt: Prompt
    marked_open: bool
    shown: list[Shown] = field(factory=list)
    attempts: list[Attempt] = field(factory=list)


@frozen
class Asked:
    """Where the stories of one prompt's id begin.

    :param channel_id: of the channel in the file.
    """

    channel_id: int
    channel: str
    seq: int
    id: bytes


def asked(connection: sqlite3.Connection, channel: str | None = None) -> Iterator[Asked]:
    """Yield each prompt's id once, channel by channel in the order they were first asked.

    :param channel: only this one.
    """
    rows = connection.execute(
        "SELECT channels.id, name, seq, prompts.id FROM prompts "
        "JOIN channels ON channels.id = prompts.channel WHERE (?1 IS NULL OR name = ?1) "
        "AND NOT EXISTS (SELECT 1 FROM prompts AS earlier WHERE earlier.id = prompts.id "
        "AND earlier.channel = prompts.channel AND earlier.seq < prompts.seq) "
        "ORDER BY name, seq",
        (channel,),
    )
    for row in rows:
        yield Asked(*row)


def stories(connection: sqlite3.Connection, asked: Asked) -> Iterator[Story]:
    """Yield what became of a prompt: more than one if its id was used again much later.

    :raises EntryError: an entry of it cannot be read.
    """
    story: Story | None = None
    for entry, is_prompt, void, marked_open in _rows(connection, asked):
        message = _read(entry)
        if not is_prompt:
            if story is not None:
                story.attempts.append(_judge(story.prompt, entry, message, void))
        elif not void and (story is None or story.prompt.response is not None):
            if story is not None:
                yield story
            story = Story(_prompt(entry, message), marked_open)
            story.shown = list(_shown(connection, asked, entry))
        # Otherwise the prompt was posted again while it was known, which asks nothing.
    if story is not None:
        yield story


def _rows(
    connection: sqlite3.Connection, asked: Asked
) -> Iterator[tuple[Entry, bool, bool, bool]]:
    """Yield prompts and responses, with: is it a prompt, is it void, is it marked open."""
    for seq, at, key, is_prompt, void, encoded, marked in connection.execute(
        # With OR instead of UNION, SQLite would read the whole channel for each prompt.
        "WITH places (seq) AS (SELECT seq FROM prompts WHERE id = ?2 AND channel = ?1 "
        "UNION SELECT seq FROM entries WHERE answers = ?2 AND channel = ?1) "
        "SELECT entries.seq, at, entries.id, prompt, void, message, open FROM places "
        "CROSS JOIN entries ON entries.channel = ?1 AND entries.seq = places.seq "
        "LEFT JOIN prompts ON prompts.channel = ?1 AND prompts.seq = places.seq "
        "ORDER BY entries.seq",
        (asked.channel_id, asked.id),
    ):
        try:
            entry = Entry(seq, float(at), asked.channel, UUID(bytes=key), bytes(encoded))
        except (TypeError, ValueError) as error:
            raise EntryError(asked.channel, seq, str(error)) from None
        yield entry, bool(is_prompt), bool(void), bool(marked)


def _read(entry: Entry) -> Message:
    try:
        return load_message(load_json(entry.encoded))
    except Refusal as refusal:
        raise EntryError(entry.channel, entry.seq, refusal.sentence) from None


def _prompt(entry: Entry, message: Message) -> Prompt:
    if not isinstance(message.content, PROMPT_TYPES):
        raise EntryError(entry.channel, entry.seq, "it is no prompt")
    return Prompt(entry, message, entry.at + message.content.timeout_seconds)


def _judge(prompt: Prompt, entry: Entry, response: Message, void: bool) -> Attempt:
    try:
        repeated = prompt.judge(response, entry.at)
    except Refusal as refusal:
        return Attempt(entry, response, void, Verdict(refusal.code))
    if repeated is not None:
        return Attempt(entry, response, void, Verdict.REPEATED)
    if void:
        return Attempt(entry, response, void, Verdict.REFUSED)
    prompt.settle(entry, response)
    return Attempt(entry, response, void, Verdict.SETTLED)


def _shown(connection: sqlite3.Connection, asked: Asked, prompt: Entry) -> Iterator[Shown]:
    for at, state, name in connection.execute(
        "SELECT at, state, name FROM shown WHERE channel = ? AND seq = ? ORDER BY at, state",
        (asked.channel_id, prompt.seq),
    ):
        try:
            yield Shown(asked.channel, prompt.seq, float(at), Showing(state), name)
        except (TypeError, ValueError) as error:
            raise EntryError(asked.channel, prompt.seq, str(error)) from None
