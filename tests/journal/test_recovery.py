"""What a start finds of what was before: nothing acknowledged is lost, nothing comes twice.

Time is virtual, also while nobody runs; the file is real. :meth:`Disk.crash` stands for the
moment at which a process is killed.
"""

from __future__ import annotations

import pytest
import trio
from attrs import evolve

from ailoop.broker import State
from ailoop.model.message import SenderType
from tests.broker.kit import (
    APPROVE,
    DENY,
    Call,
    Reader,
    answer,
    authorization,
    check_books,
    decode,
    navigate,
    note,
    post,
    question,
    refused,
    said,
    verdict,
)
from tests.journal.kit import texts, until


async def test_channels_and_their_history(disk, mock_clock):
    """Every channel is there with all its messages in order, under the same numbers."""
    async with disk.broker() as broker:
        for number in range(3):
            await post(broker, note(f"a{number}"), note(f"b{number}", "b"))
        before = {
            name: [(e.seq, e.at, e.encoded) for e in channel.history.latest(9)]
            for name, channel in broker.channels.items()
        }
        disk.crash()
    async with disk.broker() as broker:
        after = {
            name: [(e.seq, e.at, e.encoded) for e in channel.history.latest(9)]
            for name, channel in broker.channels.items()
        }
        assert after == before
        assert texts(broker, "b") == ["b0", "b1", "b2"]
        check_books(broker)


async def test_a_cursor_goes_on_without_gap_or_double(disk, mock_clock):
    """A reader that comes back with its cursor has what it missed, and nothing twice."""
    async with disk.broker() as broker:
        reader = Reader(broker, "a", after=0)
        await post(broker, *[note(str(number)) for number in range(5)])
        reader.read(3)
        cursor = reader.feed.cursor
        disk.crash()
    async with disk.broker() as broker:
        await post(broker, note("5"))
        again = Reader(broker, "a", after=cursor)
        assert again.read_all() == ["3", "4", "5"]
        assert again.gaps == []


async def test_a_cursor_behind_an_entry_that_was_refused(disk, mock_clock):
    """A number that nobody was shown, at the very end, is no gap and is not used again."""
    prompt = authorization()
    async with disk.broker() as broker:
        reader = Reader(broker, "a", after=0)
        await post(broker, prompt)
        await broker.respond(prompt.id, APPROVE, responder="ann")
        with refused("already_settled"):
            await broker.respond(prompt.id, DENY, responder="bob")
        reader.read_all()
        (highest,) = disk.rows("SELECT max(seq) FROM entries")[0]
        assert highest > reader.feed.cursor
        disk.crash()
    async with disk.broker() as broker:
        again = Reader(broker, "a", after=reader.feed.cursor)
        (entry,) = await post(broker, note("new"))
        assert entry.seq > highest
        assert again.read_all() == ["new"]
        assert again.gaps == []


async def test_open_prompts_have_the_time_that_is_left(disk, mock_clock):
    """An open prompt is open, and due when it was due, not later by the time nobody ran."""
    prompt = authorization(timeout_seconds=300)
    async with disk.broker() as broker:
        await post(broker, prompt)
        deadline = broker.prompt(prompt.id).deadline
        disk.crash()
    disk.clock.jump(200)
    async with disk.broker() as broker, trio.open_nursery() as nursery:
        assert broker.prompt(prompt.id).deadline == deadline == disk.wall.time() + 100
        assert [p.entry.id for p in broker.pending("a")] == [prompt.id]
        call = Call(nursery, broker.wait, prompt.id)
        disk.clock.jump(99.9)
        for _ in range(1000):
            await trio.lowlevel.checkpoint()
        assert call.pending
        disk.clock.jump(0.2)
        await until(lambda: not call.pending)
        assert said(call.result()) == ("authorization_denied", "timeout")


async def test_an_open_prompt_can_be_answered(disk, mock_clock):
    """Who asked before, and waits again, gets the answer that a person gives afterwards."""
    prompt = question(choices=("red", "green"))
    async with disk.broker() as broker:
        await post(broker, prompt)
        disk.crash()
    async with disk.broker() as broker, trio.open_nursery() as nursery:
        call = Call(nursery, broker.wait, prompt.id)
        assert await verdict(broker.publish([prompt])) == "known"
        await broker.respond(prompt.id, answer("2"), responder="ann")
        await until(lambda: not call.pending)
        assert decode(call.result()).content.answer == "green"


@pytest.mark.parametrize(
    ("make", "response_type"),
    [(question, "timeout"), (authorization, "authorization_denied"), (navigate, "cancelled")],
)
@pytest.mark.parametrize("late_by", [0, 1000])
async def test_what_fell_due_meanwhile_ends_at_once(
    disk, mock_clock, make, response_type, late_by
):
    """It settles before anything else: never approved, with the reason, state timeout."""
    prompt = make(timeout_seconds=60)
    async with disk.broker() as broker:
        await post(broker, prompt)
        disk.crash()
    disk.clock.jump(60 + late_by)
    async with disk.broker() as broker:
        assert await verdict(broker.respond(prompt.id, answer("x"))) != "created"
        with trio.fail_after(1):
            response = await broker.wait(prompt.id)
        assert said(response) == (response_type, "expired while down")
        assert decode(response).sender_type is SenderType.SYSTEM
        assert broker.prompt(prompt.id).state is State.TIMEOUT
        with refused("expired"):
            await broker.respond(prompt.id, APPROVE if make is authorization else answer("x"))
        disk.crash()
    async with disk.broker() as broker:
        assert broker.prompt(prompt.id).response.id == response.id


@pytest.mark.parametrize("noted", [True, False])
async def test_a_settled_answer_can_still_be_read(disk, mock_clock, noted):
    """An agent that was away learns its answer, whether its end had been noted or not."""
    prompt = authorization()
    async with disk.broker() as broker:
        await post(broker, prompt)
        accepted = await broker.respond(prompt.id, APPROVE, responder="ann", reason="ok")
        if noted:
            await post(broker, note())
        disk.crash()
        assert disk.rows("SELECT open FROM prompts") == [(0 if noted else 1,)]
    disk.clock.jump(3600)
    async with disk.broker() as broker:
        response = await broker.wait(prompt.id)
        assert response.encoded == accepted.entry.encoded
        assert broker.prompt(prompt.id).state is State.APPROVED
        assert list(broker.pending()) == []
        again = await broker.respond(prompt.id, APPROVE, responder="ann")
        assert (again.created, again.entry.id) == (False, response.id)
        with refused("already_settled"):
            await broker.respond(prompt.id, DENY, responder="bob")
    assert disk.rows("SELECT open FROM prompts") == [(0,)], "no start would note it"


@pytest.mark.parametrize("noted", [True, False])
async def test_what_was_refused_stays_refused(disk, mock_clock, noted):
    """A late answer, a second one, and a message under a used id come back to nobody."""
    late, twice = authorization(timeout_seconds=10), authorization()
    told = note("told")
    async with disk.broker() as broker:
        if not noted:
            disk.journal.judge = lambda *_: None
        await post(broker, late, twice)
        await broker.respond(twice.id, DENY, responder="ann")
        disk.clock.jump(10)
        calls = [
            broker.respond(late.id, APPROVE, responder="ann"),
            broker.respond(twice.id, APPROVE, responder="bob"),
            broker.respond(twice.id, DENY, responder="ann"),
            broker.publish([told, told, evolve(told, content=late.content)]),
        ]
        assert [await verdict(call) for call in calls[:3]] == [
            "expired",
            "already_settled",
            "known",
        ]
        outcomes = await calls[3]
        assert [getattr(one, "code", None) for one in outcomes] == [None, None, "id_conflict"]
        if noted:
            disk.clock.jump(5)
            await until(lambda: not disk.journal._verdicts)
            await disk.journal._in_thread(lambda: None)
        wanted = texts(broker)
        disk.crash()
    for _ in range(2):
        (void,) = disk.rows("SELECT count(*) FROM entries WHERE void")[0]
        assert void == (5 if noted else 0)
        async with disk.broker() as broker:
            assert texts(broker) == wanted
            assert broker.prompt(late.id).state is State.TIMEOUT
            assert broker.prompt(twice.id).state is State.DENIED
            assert decode(broker.message(told.id)).content == told.content
            check_books(broker)
        noted = True  # a start has noted what was lost
