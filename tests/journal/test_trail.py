"""The trail of a prompt: who asked, who was shown it, and what became of every answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from ailoop.broker import State
from ailoop.broker.prompt import close_response
from ailoop.journal.database import read_only
from ailoop.journal.retention import Retention
from ailoop.journal.rules import Rule
from ailoop.journal.sqlite import SqliteJournal, open_sqlite
from ailoop.journal.trail import EntryError, Story, Verdict, asked, stories
from ailoop.model.codec import encode
from ailoop.model.delivery import Showing
from ailoop.model.message import Message, Question, Response, ResponseType, SenderType
from tests.journal.filled import CHANNELS, at_work, fill, opened

SYSTEM = SenderType.SYSTEM
TIMEOUT = Response(response_type=ResponseType.TIMEOUT)
DELIVERED, SEEN, TYPING = Showing.DELIVERED, Showing.SEEN, Showing.TYPING


def trail(path: Path, channel: str | None = None) -> list[Story]:
    with read_only(path) as connection:
        return [
            story for one in asked(connection, channel) for story in stories(connection, one)
        ]


def question(**content: object) -> Message:
    return Message(channel="a", content=Question(**{"text": "?", **content}))


def answer(prompt: Message, text: str, who: str = "ann") -> Message:
    return Message(
        channel="a",
        sender_type=SenderType.HUMAN,
        content=Response(answer=text),
        correlation_id=prompt.id,
        metadata={"responder": who},
    )


async def append(journal: SqliteJournal, *timed: tuple[float, Message]) -> None:
    """Write to the log, past the broker, at chosen times."""
    await journal.append("a", [(at, encode(message), message) for at, message in timed])


def verdicts(story: Story) -> list[Verdict]:
    return [attempt.verdict for attempt in story.attempts]


async def test_everything(tmp_path: Path) -> None:
    """Each prompt once, channel by channel in order, with all that was said to it."""
    path = tmp_path / "j.db"
    await fill(path)
    found = trail(path)
    assert [story.prompt.entry.channel for story in found] == [
        c for c in CHANNELS for _ in "xyz"
    ]
    asked, denied, waiting = trail(path, CHANNELS[0])
    assert asked.prompt.message.metadata == {"agent": "builder"}
    assert asked.prompt.state is State.ANSWERED
    assert verdicts(asked) == [Verdict.SETTLED, Verdict.REPEATED, Verdict.LATE]
    assert [one.void for one in asked.attempts] == [False, True, True]
    first = asked.attempts[0]
    assert (first.message.metadata or {}).items() >= {
        "responder": "ann",
        "surface": "page",
    }.items()
    assert [(one.state, one.name) for one in asked.shown] == [
        (DELIVERED, "page"),
        (SEEN, "ann"),
    ]
    assert asked.prompt.entry.at <= asked.shown[0].at <= asked.shown[1].at <= first.entry.at
    assert denied.prompt.state is State.DENIED
    assert denied.attempts[0].message.metadata == {"reason": "not today", "responder": "bob"}
    assert (waiting.prompt.state, waiting.attempts, waiting.shown) == (State.PENDING, [], [])
    assert [story.marked_open for story in (asked, denied, waiting)] == [False, False, True]


async def test_after_the_deadline(tmp_path: Path) -> None:
    """An answer at the deadline is told as refused, though nothing in the file marks it."""
    asked = question(timeout_seconds=10)
    async with open_sqlite(tmp_path / "j.db") as journal:
        await append(journal, (100.0, asked), (110.0, answer(asked, "x")))
    (story,) = trail(tmp_path / "j.db")
    assert verdicts(story) == [Verdict.EXPIRED]
    assert story.prompt.state is State.PENDING
    async with open_sqlite(tmp_path / "j.db") as journal:
        await append(
            journal,
            (111.0, close_response(story.prompt, "timeout")),
            (112.0, answer(asked, "y")),
        )
    (story,) = trail(tmp_path / "j.db")
    assert verdicts(story) == [Verdict.EXPIRED, Verdict.SETTLED, Verdict.EXPIRED]
    assert story.prompt.state is State.TIMEOUT


async def test_an_id_used_again(tmp_path: Path) -> None:
    """Asked again while it is open it is one prompt; after its end, another."""
    asked = question()
    async with open_sqlite(tmp_path / "j.db") as journal:
        await append(
            journal,
            *((1.0, asked), (2.0, asked), (3.0, answer(asked, "x"))),
            *((4.0, asked), (5.0, answer(asked, "y")), (6.0, answer(asked, "z"))),
        )
    one, two = trail(tmp_path / "j.db")
    assert (one.prompt.entry.at, verdicts(one)) == (1.0, [Verdict.SETTLED])
    assert (two.prompt.entry.at, verdicts(two)) == (4.0, [Verdict.SETTLED, Verdict.LATE])


async def test_an_entry_that_cannot_be_read(tmp_path: Path) -> None:
    """It is named."""
    path = tmp_path / "j.db"
    async with open_sqlite(path) as journal:
        await append(journal, (1.0, question()))
        seq = journal.open("a")
    with opened(path) as connection:
        connection.execute("UPDATE entries SET message = x'00'")
    with pytest.raises(EntryError, match=f"a {seq}: ") as caught:
        trail(path)
    assert (caught.value.channel, caught.value.seq) == ("a", seq)


# -- who was shown it -----------------------------------------------------------------------


def shown(path: Path) -> list[tuple[str, str]]:
    with opened(path) as connection:
        return connection.execute("SELECT state, name FROM shown ORDER BY at, state").fetchall()


async def test_only_news_is_noted(tmp_path: Path) -> None:
    """The first surface, and each person once, however often a surface tells."""
    asked = question()
    async with at_work(tmp_path / "j.db") as broker:
        await broker.publish([asked])
        prompt = broker.prompt(asked.id)
        for state, name in [
            *((DELIVERED, "page"), (DELIVERED, "phone"), (TYPING, "ann")),
            *((SEEN, "ann"), (SEEN, "bob"), (TYPING, "bob"), (DELIVERED, "page")),
        ]:
            broker.show(prompt, "viewer", state, name)
    assert shown(tmp_path / "j.db") == [("delivered", "page"), ("seen", "ann"), ("seen", "bob")]


async def test_told_again_after_a_restart(tmp_path: Path) -> None:
    """Of the same person the first time stays, also over a restart."""
    asked, path = question(), tmp_path / "j.db"
    for _ in range(2):
        async with at_work(path) as broker:
            await broker.publish([asked])
            broker.show(broker.prompt(asked.id), 1, SEEN, "ann")
        if _ == 0:
            (before,) = trail(path)
    (after,) = trail(path)
    assert [one.state for one in before.shown] == [DELIVERED, SEEN]
    assert after.shown == before.shown


async def test_it_goes_with_its_prompt(tmp_path: Path) -> None:
    """Retention removes what is noted of a prompt that it removes; nor is any noted later."""
    path = tmp_path / "j.db"
    asked = question()
    async with at_work(path) as broker:
        await broker.publish([asked])
        prompt = broker.prompt(asked.id)
        broker.show(prompt, 1, SEEN, "ann")
        await broker.respond(asked.id, Response(answer="x"))
    assert len(shown(path)) == 2
    async with open_sqlite(path, retention=Retention([Rule(messages=0)])) as journal:
        await journal._trim()
        journal.note_shown(prompt.entry, 1.0, SEEN, "bob")
    assert shown(path) == []


async def test_a_prompt_posted_again_does_not_hold_retention(tmp_path: Path) -> None:
    """Only what is open keeps the log from being trimmed: a repetition is not open."""
    path, asked = tmp_path / "j.db", question()
    async with at_work(path) as broker:
        await broker.publish([asked])
        await broker.publish([asked])
        await broker.respond(asked.id, Response(answer="x"))
    async with open_sqlite(path, retention=Retention([Rule(messages=0)])) as journal:
        await journal._trim()
    assert trail(path) == []
    with opened(path) as connection:
        assert connection.execute("SELECT count(*) FROM entries").fetchone() == (0,)


async def test_one_trail_is_found_without_reading_the_others(tmp_path: Path) -> None:
    """What is read for one prompt does not grow with the log."""
    prompts = [question() for _ in range(500)]
    async with open_sqlite(tmp_path / "j.db") as journal:
        await append(journal, *((1.0, one) for one in prompts))
        await append(journal, *((2.0, answer(one, "x")) for one in prompts))
    hundreds = 0

    def count() -> None:
        nonlocal hundreds
        hundreds += 1

    with read_only(tmp_path / "j.db") as connection:
        last = list(asked(connection))[-1]
        connection.set_progress_handler(count, 100)  # of SQLite's steps
        (story,) = stories(connection, last)
    assert verdicts(story) == [Verdict.SETTLED]
    assert hundreds < 10
