"""Who is before a prompt: what surfaces tell, bounded, heard of, and never in the log."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from ailoop.broker.audience import Audience
from ailoop.model.delivery import Showing
from tests.broker.kit import answer, post, question, running

DELIVERED, SEEN, TYPING = Showing.DELIVERED, Showing.SEEN, Showing.TYPING
NOBODY = {"delivered_at": None, "seen_at": None, "seen_by": [], "typing": []}
AT = "2001-09-09T01:46:40.000000Z"
"""1,000,000,000 seconds after the epoch."""


def audience(room: int = 3) -> Audience:
    return Audience(room)


def test_nobody() -> None:
    """Before anybody tells anything nothing is known."""
    assert audience().members() == NOBODY


def test_stages() -> None:
    """Listed is not seen, seen is listed, typing is seen; the first time stays."""
    one = audience()
    assert one.tell("x", DELIVERED, "page", 1e9) == [DELIVERED]
    assert one.members() == NOBODY | {"delivered_at": AT}
    assert one.tell("x", TYPING, "ann", 1e9) == [SEEN]
    seen = {"delivered_at": AT, "seen_at": AT, "seen_by": ["ann"]}
    assert one.members() == seen | {"typing": ["ann"]}
    assert one.tell("x", SEEN, "ann", 2e9) == []
    assert one.members() == seen | {"typing": []}


def test_typing_is_by_connection() -> None:
    """Two windows of one person are one name; it types until the last of them stops."""
    one = audience()
    one.tell("x", TYPING, "ann", 1e9)
    one.tell("y", TYPING, "ann", 1e9)
    one.leave("x")
    assert one.members()["typing"] == ["ann"]
    one.leave("y")
    assert one.members()["typing"] == []
    assert one.members()["seen_by"] == ["ann"]


def test_bound() -> None:
    """Who comes when there is no room counts, unnamed."""
    one = audience(room=1)
    one.tell("x", TYPING, "ann", 1e9)
    one.tell("y", TYPING, "bob", 1e9)
    assert (one.members()["seen_by"], one.members()["typing"]) == (["ann"], ["ann"])
    one.leave("x")
    one.tell("y", TYPING, "bob", 1e9)
    assert one.members()["typing"] == ["bob"]


def test_listeners() -> None:
    """A listener hears of each change, not of what changes nothing, and of the end."""
    one, heard = audience(), []
    one.listen(lambda: heard.append(one.members()["typing"]))
    one.tell("x", TYPING, "ann", 1e9)
    one.tell("x", TYPING, "ann", 2e9)
    one.leave("y")
    assert heard == [["ann"]]
    one.close()
    assert heard == [["ann"], []]
    one.tell("x", TYPING, "ann", 2e9)
    assert len(heard) == 2


def test_a_listener_that_fails() -> None:
    """The fault of one listener does not reach the others, nor who tells."""
    one, heard = audience(), []

    def fail() -> None:
        raise ValueError("mine")

    one.listen(fail)
    one.listen(lambda: heard.append(1))
    one.tell("x", SEEN, "ann", 1e9)
    assert heard == [1]


async def test_settled(autojump_clock: object) -> None:
    """With its answer nobody types at a prompt any more; what was seen stays."""
    async with running() as broker:
        asked = question()
        await post(broker, asked)
        prompt = broker.prompt(asked.id)
        broker.show(prompt, "x", TYPING, "ann")
        await broker.respond(asked.id, answer("yes"))
        broker.show(prompt, "y", TYPING, "bob")
        members = broker.audience(prompt).members()
        assert (members["seen_by"], members["typing"]) == (["ann"], [])


@pytest.mark.parametrize("end", ["shown", "answered", "drained"])
async def test_wait_shown(end: str, autojump_clock: object) -> None:
    """Who waits for a prompt to be shown wakes when it is, or when it cannot be any more."""
    async with running() as broker, trio.open_nursery() as nursery:
        asked = question()
        await post(broker, asked)
        prompt = broker.prompt(asked.id)
        nursery.start_soon(broker.wait_shown, prompt)
        await wait_all_tasks_blocked()
        assert broker.tables.waiters == 1
        if end == "shown":
            broker.show(prompt, "x", DELIVERED, "page")
        elif end == "answered":
            await broker.respond(asked.id, answer("yes"))
        else:
            await broker.drain()
        await wait_all_tasks_blocked()
        assert broker.tables.waiters == 0
        with trio.fail_after(1):
            await broker.wait_shown(prompt)


async def test_counted(autojump_clock: object) -> None:
    """How long it took to show a prompt is counted once, at the first surface."""
    async with running() as broker:
        asked = question()
        await post(broker, asked)
        await trio.sleep(7)
        for viewer in "xy":
            broker.show(broker.prompt(asked.id), viewer, DELIVERED, "page")
        histogram = broker.tables.counts.shown_seconds["question"]
        assert (sum(histogram.buckets), round(histogram.sum)) == (1, 7)
