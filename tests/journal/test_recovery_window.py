"""A start reads the recent window, and of what lies before it only what still matters."""

from __future__ import annotations

import pytest
from trio.testing import wait_all_tasks_blocked

from ailoop.broker import State
from ailoop.journal.retention import Retention
from ailoop.journal.rules import Rule
from tests.broker.kit import (
    APPROVE,
    DENY,
    Reader,
    answer,
    authorization,
    check_books,
    decode,
    note,
    post,
    question,
    refused,
)
from tests.journal.kit import texts, until


async def test_only_the_window_is_loaded(disk, mock_clock):
    """Of a long log a start has the newest messages; a cursor before them is told of a gap."""
    async with disk.broker() as broker:
        first, *_ = await post(broker, *[note(str(number)) for number in range(50)])
        disk.crash()
    async with disk.broker(history_messages=5) as broker:
        assert texts(broker) == ["45", "46", "47", "48", "49"]
        assert len(broker.tables.messages) == 5
        reader = Reader(broker, "a", after=first.seq)
        assert reader.read_all() == texts(broker)
        assert [gap.first for gap in reader.gaps] == [reader.entries[0].seq]
        edge = Reader(broker, "a", after=reader.entries[0].seq - 1)
        assert edge.read_all() == texts(broker)
        assert edge.gaps == []
    async with disk.broker(history_bytes=3 * len(first.encoded)) as broker:
        assert 1 <= len(texts(broker)) <= 3
        assert texts(broker)[-1] == "49"


async def test_channels_with_nothing_recent_stay_away(disk, mock_clock):
    """What is too old is not loaded; an open prompt is, however old."""
    prompt = authorization("waits", timeout_seconds=1000)
    async with disk.broker() as broker:
        await post(broker, prompt, note("old", "old"))
        mock_clock.jump(50)
        await post(broker, note("new", "new"))
        disk.crash()
    mock_clock.jump(60)
    async with disk.broker(history_seconds=100) as broker:
        assert set(broker.channels) == {"waits", "new"}
        assert broker.prompt(prompt.id).state is State.PENDING
        assert len(broker.channels["waits"].history) == 0
        (entry,) = await post(broker, note("again", "old"))
        (highest,) = disk.rows("SELECT max(seq) FROM entries WHERE seq < ?", entry.seq)[0]
        assert entry.seq > highest
        check_books(broker)


async def test_of_too_many_channels_those_with_open_prompts_come_first(disk, mock_clock):
    """No more channels than there may be; an open prompt is never what is left out."""
    prompt = authorization("waits")
    async with disk.broker() as broker:
        await post(broker, prompt)
        for number in range(5):
            mock_clock.jump(1)
            await post(broker, note(channel=f"c{number}"))
        disk.crash()
    async with disk.broker(channels=3) as broker:
        assert set(broker.channels) == {"waits", "c4", "c3"}


async def test_more_channels_wait_than_there_may_be(disk, mock_clock):
    """A bound that was lowered loses no open prompt: all come back and can be answered."""
    prompts = [authorization(f"c{number}") for number in range(4)]
    async with disk.broker() as broker:
        for prompt in prompts:
            await post(broker, prompt)
        await post(broker, note(channel="newest"))
        disk.crash()
    async with disk.broker(channels=2) as broker:
        assert set(broker.channels) == {"c0", "c1", "c2", "c3"}
        for prompt in prompts:
            await broker.respond(prompt.id, APPROVE, responder="ann")
            assert broker.prompt(prompt.id).state is State.APPROVED


@pytest.mark.parametrize("noted", [True, False])
async def test_a_prompt_before_the_window(disk, mock_clock, noted):
    """Open, answered within the window, or answered before it: each is what it was."""
    waits, seen, gone = authorization(), authorization(), authorization()
    async with disk.broker(history_messages=8) as broker:
        if not noted:
            disk.journal.judge = lambda *_: None
        await post(broker, waits, seen, gone)
        await broker.respond(gone.id, APPROVE, responder="ann")
        await post(broker, *[note(str(number)) for number in range(7)])
        await broker.respond(seen.id, APPROVE, responder="ann")
        with refused("already_settled"):
            await broker.respond(seen.id, DENY, responder="bob")
        await post(broker, note("end"))
        wanted = texts(broker)
        disk.crash()
    async with disk.broker(history_messages=8) as broker:
        # What is not yet marked as refused takes a place in the window.
        assert texts(broker) == (wanted if noted else wanted[1:])
        assert broker.prompt(waits.id).state is State.PENDING
        assert broker.prompt(seen.id).state is State.APPROVED
        with refused("message_not_found"):
            broker.prompt(gone.id)
        assert [p.entry.id for p in broker.pending()] == [waits.id]
        check_books(broker)
        await broker.respond(waits.id, DENY)
        await post(broker, *[note() for _ in range(9)])
        check_books(broker)


async def test_the_deadline_of_a_prompt_before_the_window_holds(disk, mock_clock):
    """A late answer to an old prompt is as late after a start as it was before."""
    prompt = authorization(timeout_seconds=10)
    async with disk.broker(history_messages=3) as broker:
        await post(broker, prompt, *[note() for _ in range(5)])
        disk.crash()
        mock_clock.jump(9)
    mock_clock.jump(1)
    async with disk.broker(history_messages=3) as broker:
        with refused("expired"):
            await broker.respond(prompt.id, APPROVE)
        assert broker.prompt(prompt.id).state is State.TIMEOUT


async def test_what_fell_due_meanwhile_keeps_the_bounds(disk, mock_clock):
    """However many prompts end at a start, history is no longer than it may be."""
    async with disk.broker() as broker:
        await post(broker, *[question(timeout_seconds=10) for _ in range(20)])
        disk.crash()
    mock_clock.jump(10)
    async with disk.broker(history_messages=5) as broker:
        channel = broker.channels["a"]
        await until(lambda: not channel.state.open)
        await wait_all_tasks_blocked()
        assert len(channel.history) == 5
        check_books(broker)


@pytest.mark.parametrize("keep", [3, 1000])
async def test_an_id_that_is_used_again_long_after(disk, mock_clock, keep):
    """A prompt under the id of one that was answered and forgotten is a prompt of its own."""
    first = question(text="first")
    again = question(text="again")
    object.__setattr__(again, "id", first.id)
    async with disk.broker(history_messages=3) as broker:
        await post(broker, first)
        await broker.respond(first.id, answer("old"))
        await post(broker, *[note() for _ in range(4)])
        await post(broker, again)
        disk.crash()
    for state in (State.PENDING, State.ANSWERED):
        async with disk.broker(history_messages=keep) as broker:
            prompt = broker.prompt(first.id)
            assert (prompt.message.content, prompt.state) == (again.content, state)
            check_books(broker)
            if state is State.PENDING:
                await broker.respond(first.id, answer("new"))
                await post(broker, note())
            else:
                assert decode(prompt.response).content.answer == "new"
            await post(broker, note())
            disk.crash()


async def test_an_answer_whose_prompt_retention_has_taken(disk, mock_clock):
    """It stays in the history: a reader would miss it without being told."""
    prompt = question()
    retention = Retention([Rule(messages=2)])
    async with disk.broker(retention) as broker:
        await post(broker, prompt)
        await broker.respond(prompt.id, answer("yes"), responder="ann")
        reader = Reader(broker, "a", after=0)
        reader.read(1)
        await post(broker, note("last"))
        await disk.trim()
        assert disk.rows("SELECT count(*) FROM entries") == [(2,)]
        disk.crash()
    for _ in range(2):
        async with disk.broker(retention) as broker:
            assert texts(broker) == ["yes", "last"]
            again = Reader(broker, "a", after=reader.feed.cursor)
            assert again.read_all() == ["yes", "last"]
            assert again.gaps == []
            check_books(broker)
        assert disk.rows("SELECT count(*) FROM entries WHERE void") == [(0,)]


async def test_a_double_of_one_batch_stays_out_when_the_first_has_left(disk, mock_clock):
    """A message that came twice in one batch is not taken for a new one later."""
    told = note("twice")
    async with disk.broker() as broker:
        disk.journal.judge = lambda *_: None
        first, double = await broker.publish([told, told])
        assert (first.created, double.created) == (True, False)
        seq = first.entry.seq
        disk.crash()
    async with disk.broker() as broker:
        assert texts(broker) == ["twice"]
        check_books(broker)
    assert disk.rows("SELECT seq, void FROM entries") == [(seq, 0), (seq + 1, 1)]
    async with disk.broker(history_messages=1) as broker:
        assert broker.message(told.id).seq == seq
