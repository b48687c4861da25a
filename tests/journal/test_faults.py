"""When SQLite cannot store: nothing is acknowledged or approved, all heal, nothing comes back.

Errors are injected where SQLite would raise them, at each statement of a transaction in turn;
:mod:`tests.journal.test_disk_full` has real full disks.
"""

from __future__ import annotations

import sqlite3

import pytest
import trio

from ailoop.broker import State
from ailoop.journal.retention import Retention
from ailoop.journal.rules import Rule
from tests.broker.kit import (
    APPROVE,
    Call,
    answer,
    authorization,
    check_books,
    note,
    post,
    question,
    refused,
    said,
    verdict,
)
from tests.journal.kit import texts, until


class Broken:
    """A connection that raises from a statement on, before it is run or after.

    :param before: how a statement begins that is to fail.
    :param after: whether it is run all the same, as a commit whose success goes untold.
    :param times: how often; then it works again.
    """

    def __init__(self, journal, before, *, after=False, times=1):
        self.journal = journal
        self.statement = before
        self.after = after
        self.times = times
        self.inner = None
        self._connect = journal._connect
        journal._connect = self._reconnect
        self._wrap()

    def _wrap(self):
        self.inner = self.journal._connection
        self.journal._connection = self
        self.journal._writer._connection = self

    def _reconnect(self):
        self._connect()
        self._wrap()

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def execute(self, statement, *values):
        return self._run(self.inner.execute, statement, *values)

    def executemany(self, statement, *values):
        return self._run(self.inner.executemany, statement, *values)

    def _run(self, run, statement, *values):
        fails = self.times > 0 and statement.startswith(self.statement)
        if fails and not self.after:
            self.times -= 1
            raise sqlite3.OperationalError("disk I/O error")
        result = run(statement, *values)
        if fails:
            self.times -= 1
            raise sqlite3.OperationalError("disk I/O error")
        return result


STATEMENTS = [
    "BEGIN",
    "INSERT INTO entries",
    "INSERT INTO prompts",
    "UPDATE channels",
    "COMMIT",
]


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("known", [False, True])
async def test_what_is_refused_is_not_there(disk, mock_clock, statement, after, known):
    """Wherever it breaks: 503 for all, no trace, not after a start either; then it is taken."""
    messages = [question(text="asked"), note("told"), authorization()]
    async with disk.broker() as broker:
        if known:
            await post(broker, note("before"))
        Broken(disk.journal, statement, after=after)
        outcomes = await broker.publish(messages)
        assert [outcome.code for outcome in outcomes] == ["journal_unavailable"] * 3
        assert broker.failing == "disk I/O error"
        for message in messages:
            with refused("message_not_found"):
                broker.message(message.id)
        taken = await post(broker, *messages)
        assert broker.failing is None
        check_books(broker)
        wanted = texts(broker)
        assert wanted == ["before"] * known + ["asked", "told", "Launch"]
        disk.crash()
    async with disk.broker() as broker:
        assert texts(broker) == wanted
        assert [p.entry.seq for p in broker.pending()] == [taken[0].seq, taken[2].seq]
    assert disk.rows("SELECT count(*), count(DISTINCT id) FROM entries") == [(3 + known,) * 2]
    assert disk.rows("SELECT messages FROM channels") == [(3 + known,)]


@pytest.mark.parametrize("after", [False, True])
async def test_an_approval_that_is_refused_does_not_approve(disk, mock_clock, after):
    """Not even if it got into the file: it is taken out before anything else goes in."""
    prompt = authorization()
    async with disk.broker() as broker, trio.open_nursery() as nursery:
        await post(broker, prompt)
        call = Call(nursery, broker.wait, prompt.id)
        Broken(disk.journal, "COMMIT", after=after)
        with refused("journal_unavailable"):
            await broker.respond(prompt.id, APPROVE, responder="ann")
        assert broker.prompt(prompt.id).state is State.PENDING
        mock_clock.jump(5)
        await until(lambda: broker.failing is None)
        assert call.pending
        disk.crash()
        nursery.cancel_scope.cancel()
    async with disk.broker() as broker:
        assert broker.prompt(prompt.id).state is State.PENDING
        mock_clock.jump(300)
        assert said(await broker.wait(prompt.id))[0] == "authorization_denied"


async def test_a_file_that_cannot_be_written_to(disk, mock_clock):
    """SQLite's own word that a database is read-only is an error like any other."""
    async with disk.broker() as broker:
        disk.journal._connection.execute("PRAGMA query_only = 1")
        (outcome,) = await broker.publish([note()])
        assert outcome.code == "journal_unavailable"
        assert broker.failing == "attempt to write a readonly database"
        await post(broker, note())
        assert broker.failing is None


async def test_notes_outlive_an_error(disk, mock_clock):
    """What was to be noted with a transaction that failed is noted with the next."""
    prompt = question()
    async with disk.broker() as broker:
        await post(broker, prompt)
        await broker.respond(prompt.id, answer("yes"))
        Broken(disk.journal, "INSERT INTO entries")
        assert await verdict(broker.publish([note()])) == "journal_unavailable"
        await post(broker, note())
        assert disk.rows("SELECT open FROM prompts") == [(0,)]


async def test_it_heals_by_itself(disk, mock_clock):
    """Without anybody's writing the journal sees that errors have passed, and not before."""
    async with disk.broker() as broker:
        broken = Broken(disk.journal, "INSERT", times=1000)
        assert await verdict(broker.publish([note()])) == "journal_unavailable"
        for _ in range(3):
            tries = broken.times
            mock_clock.jump(5)
            await until(lambda tries=tries: broken.times < tries)
            await disk.journal._in_thread(lambda: None)
            assert broker.failing == "disk I/O error"
        broken.times = 0
        mock_clock.jump(5)
        await until(lambda: broker.failing is None)
        await post(broker, note())


async def test_a_deadline_that_cannot_be_written_is_written_later(disk, mock_clock):
    """A prompt that is due meanwhile takes no answer, and ends when there is room again."""
    prompt = authorization(timeout_seconds=10)
    async with disk.broker() as broker:
        await post(broker, prompt)
        broken = Broken(disk.journal, "INSERT", times=1000)
        mock_clock.jump(10)
        await until(lambda: broken.times < 1000)
        assert await verdict(broker.respond(prompt.id, APPROVE)) == "journal_unavailable"
        broken.times = 0
        mock_clock.jump(10)
        assert said(await broker.wait(prompt.id)) == ("authorization_denied", "timeout")
        assert broker.prompt(prompt.id).state is State.TIMEOUT


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("keep", [0, 1])
async def test_retention_that_fails(disk, mock_clock, after, keep):
    """Whether or not its commit came through, what is stored later is all there."""
    retention = Retention([Rule(messages=keep)])
    async with disk.broker(retention) as broker:
        first, *_ = await post(broker, *[note(str(number)) for number in range(5)])
        broken = Broken(disk.journal, "COMMIT", after=after)
        mock_clock.jump(5)
        await until(lambda: not broken.times)
        await until(lambda: broker.failing is not None)
        await post(broker, note("5"))
        assert broker.failing is None
        await disk.trim()
        (last,) = await post(broker, note("6"))
        assert last.seq > first.seq + 5
        disk.crash()
    async with disk.broker() as broker:
        assert texts(broker) == ["5", "6"][-1 - keep :]
        (newer,) = await post(broker, note("7"))
        assert newer.seq > last.seq


async def test_closing_while_it_fails(disk, mock_clock):
    """A journal that cannot store any more still closes, and the next opens it."""
    async with disk.broker() as broker:
        await post(broker, note("kept"))
        Broken(disk.journal, "", times=1000)
        assert await verdict(broker.publish([note("lost")])) == "journal_unavailable"
    async with disk.broker() as broker:
        assert texts(broker) == ["kept"]
