"""What a channel keeps of its past: three bounds, and what outlives them."""

from __future__ import annotations

import trio
from trio.testing import wait_all_tasks_blocked

from ailoop.broker import State
from ailoop.model.codec import encode
from tests.broker.kit import (
    APPROVE,
    Reader,
    answer,
    ask,
    authorization,
    check_books,
    note,
    post,
    question,
    refused,
    running,
    text_of,
)


def kept(broker, channel="a"):
    """Return the texts of a channel's history."""
    return [text_of(entry) for entry in broker.channels[channel].history.latest(1000)]


async def test_bound_by_count(autojump_clock):
    """Beyond so many messages the oldest leave, from the history and from the index."""
    messages = [note(str(number)) for number in range(5)]
    async with running(history_messages=3) as broker:
        await post(broker, *messages)
        assert kept(broker) == ["2", "3", "4"]
        with refused("message_not_found"):
            broker.message(messages[1].id)
        assert text_of(broker.message(messages[2].id)) == "2"


async def test_bound_by_bytes(autojump_clock):
    """Beyond so many encoded bytes the oldest leave."""
    messages = [note(str(number)) for number in range(5)]
    size = len(encode(messages[0]))
    async with running(history_bytes=3 * size) as broker:
        await post(broker, *messages)
        assert kept(broker) == ["2", "3", "4"]
        await post(broker, note("a longer one"))
        assert kept(broker) == ["4", "a longer one"]


async def test_bound_by_age(autojump_clock):
    """A message leaves at its age, without anybody touching the channel."""
    async with running(history_seconds=100) as broker:
        await post(broker, note("old"))
        await trio.sleep(40)
        await post(broker, note("new"))
        await trio.sleep(59)
        assert kept(broker) == ["old", "new"]
        await trio.sleep(2)
        assert kept(broker) == ["new"]
        await trio.sleep(40)
        assert "a" not in broker.channels


async def test_open_prompts_outlive_the_history(autojump_clock):
    """A prompt that left the history is still open, found, and answered."""
    prompt = authorization()
    async with running(history_messages=2) as broker:
        await post(broker, prompt)
        await post(broker, *[note(str(number)) for number in range(10)])
        assert kept(broker) == ["8", "9"]
        assert broker.prompt(prompt.id).state is State.PENDING
        (again,) = await broker.publish([prompt])
        assert not again.created
        accepted = await broker.respond(prompt.id, APPROVE)
        assert await broker.wait(prompt.id) is accepted.entry
        assert kept(broker) == ["9", "authorization_approved"]


async def test_a_settled_prompt_stays_as_long_as_its_response(autojump_clock):
    """The answer is found by the prompt's id until the response itself leaves the history."""
    prompt = question()
    async with running(history_messages=3) as broker:
        await post(broker, prompt)
        accepted = await broker.respond(prompt.id, answer("yes"))
        await post(broker, note("1"), note("2"))
        assert kept(broker) == ["yes", "1", "2"]
        assert await broker.wait(prompt.id) is accepted.entry
        await post(broker, note("3"))
        for search in (broker.prompt, broker.message):
            with refused("message_not_found"):
                search(prompt.id)
        with refused("message_not_found"):
            broker.message(accepted.entry.id)
        with refused("original_not_found"):
            await broker.respond(prompt.id, answer("yes"))


async def test_a_history_of_nothing(autojump_clock):
    """With no room for history prompts still work, waiters and feeds are still told."""
    prompt = question()
    async with running(history_messages=0) as broker, trio.open_nursery() as nursery:
        reader = Reader(broker, "a")
        reader.read()
        answers = []

        async def agent():
            answers.append(await ask(broker, prompt))

        nursery.start_soon(agent)
        await wait_all_tasks_blocked()
        await broker.respond(prompt.id, answer("yes"))
        await wait_all_tasks_blocked()
        assert [text_of(entry) for entry in answers] == ["yes"]
        assert reader.read_all() == ["Which?", "yes"]
        assert not reader.gaps
        check_books(broker)
        reader.feed.close()
        assert not broker.channels


async def test_a_prompt_that_times_out_leaves_when_its_response_does(autojump_clock):
    """Nothing is left of a channel whose only prompt timed out and grew old."""
    prompt = question(timeout_seconds=60)
    async with running(history_seconds=30) as broker:
        await post(broker, prompt)
        await trio.sleep(61)
        assert broker.prompt(prompt.id).state is State.TIMEOUT
        await trio.sleep(30)
        assert not broker.channels
        assert not broker.tables.prompts
        assert not broker.tables.messages
