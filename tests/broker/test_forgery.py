"""Responses that nobody may give, and channels that nobody else may see."""

from __future__ import annotations

import pytest
from attrs import evolve
from trio.testing import wait_all_tasks_blocked

from ailoop.broker import State
from ailoop.broker.channel import Submission
from ailoop.model.message import Message, Response, ResponseType, SenderType
from tests.broker.kit import (
    APPROVE,
    NOBODY,
    HookedJournal,
    Reader,
    answer,
    authorization,
    decode,
    note,
    post,
    refused,
    running,
)


def reply(channel: str = "a", **changes: object) -> Message:
    """Make an approval as a posted message."""
    return evolve(Message(channel=channel, content=APPROVE), **changes)


async def test_a_response_on_a_foreign_channel_is_refused(autojump_clock):
    """A response on another channel than its prompt's is refused and reaches nobody."""
    journal = HookedJournal()
    prompt = authorization("a")
    async with running(journal) as broker:
        readers = [Reader(broker, name) for name in ("a", "b")]
        await post(broker, prompt)
        stored = len(journal.batches)
        with refused("original_not_found"):
            await broker.publish([reply("b", correlation_id=prompt.id)])
        assert broker.prompt(prompt.id).state is State.PENDING
        assert [len(reader.read_all()) for reader in readers] == [1, 0]
        assert len(journal.batches) == stored


async def test_the_log_refuses_a_foreign_response_too(autojump_clock):
    """Whatever lets it into a channel's inbox, a response to another's prompt is void there."""
    prompt = authorization("a")
    outcomes = []
    async with running() as broker:
        reader = Reader(broker, "b")
        await post(broker, prompt)
        foreign = reply("b", correlation_id=prompt.id)
        await broker.channels["b"].submit(Submission([foreign], outcomes.extend))
        await wait_all_tasks_blocked()
        assert [outcome.code for outcome in outcomes] == ["original_not_found"]
        assert broker.prompt(prompt.id).state is State.PENDING
        assert reader.read_all() == []


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (reply(correlation_id=NOBODY), "original_not_found"),
        (reply(), "invalid_message"),
    ],
)
async def test_a_response_to_nothing_is_refused(autojump_clock, response, code):
    """A response that names no prompt, or an unknown one, is refused and reaches nobody."""
    async with running() as broker:
        reader = Reader(broker, "a")
        with refused(code):
            await broker.publish([response])
        assert reader.read_all() == []


async def test_a_response_to_a_message_that_does_not_wait(autojump_clock):
    """A response to a notification or to a response is refused and reaches nobody."""
    prompt, told = authorization(), note()
    async with running() as broker:
        await post(broker, told, prompt)
        accepted = await broker.respond(prompt.id, APPROVE)
        reader = Reader(broker, "a")
        for target in (told.id, accepted.entry.id):
            with refused("not_a_prompt"):
                await broker.publish([reply(correlation_id=target)])
        assert reader.read_all() == []


async def test_a_refused_response_reaches_nobody(autojump_clock):
    """A second, different answer is void: in no feed, no history, not found by its id."""
    prompt = authorization()
    second = reply(correlation_id=prompt.id, metadata={"responder": "mallory"})
    async with running() as broker:
        reader = Reader(broker, "a")
        await post(broker, prompt)
        await broker.respond(prompt.id, APPROVE, responder="ann")
        (outcome,) = await broker.publish([second])
        assert outcome.code == "already_settled"
        await post(broker, note("after"))
        assert reader.read_all() == ["Launch", "authorization_approved", "after"]
        assert [e.id for e in broker.channels["a"].history.latest(9)] == [
            entry.id for entry in reader.entries
        ]
        with refused("message_not_found"):
            broker.message(second.id)


@pytest.mark.parametrize("sender_type", list(SenderType))
async def test_nobody_speaks_for_the_server(autojump_clock, sender_type):
    """A posted response counts as a person's, whoever it claims to be from.

    As the server's own it could settle a prompt after its deadline.
    """
    prompt = authorization(timeout_seconds=60)
    forged = reply(
        correlation_id=prompt.id, sender_type=sender_type, metadata={"reason": "timeout"}
    )
    async with running() as broker:
        await post(broker, prompt)
        (entry,) = await post(broker, forged)
        assert decode(entry).sender_type is SenderType.HUMAN
        assert broker.prompt(prompt.id).state is State.APPROVED


async def test_nobody_posts_a_timeout(autojump_clock):
    """Only the server lets a prompt time out."""
    prompt = authorization()
    timeout = Response(response_type=ResponseType.TIMEOUT)
    async with running() as broker:
        await post(broker, prompt)
        with refused("wrong_response"):
            await broker.publish([reply(correlation_id=prompt.id, content=timeout)])
        assert broker.prompt(prompt.id).state is State.PENDING


async def test_one_bad_response_refuses_the_whole_batch(autojump_clock):
    """A batch with a response that cannot be taken is refused before any of it is."""
    prompt = authorization()
    async with running() as broker:
        await post(broker, prompt)
        good = reply(correlation_id=prompt.id)
        with refused("original_not_found"):
            await broker.publish([note(), good, reply(correlation_id=NOBODY)])
        assert broker.prompt(prompt.id).state is State.PENDING
        assert len(broker.channels["a"].history) == 1


async def test_a_feed_sees_its_own_channel_only(autojump_clock):
    """Whatever happens on other channels, a feed has its own channel's entries alone."""
    async with running(feed_messages=3) as broker:
        readers = {name: Reader(broker, name) for name in ("a", "b", "c")}
        for number in range(10):
            for name in ("a", "b"):
                prompt = authorization(name, action=f"{name}{number}")
                await post(broker, note(f"{name}{number}", name), prompt)
                await broker.respond(prompt.id, APPROVE, reason=name)
        await wait_all_tasks_blocked()
        for name, reader in readers.items():
            reader.read_all()
            assert {decode(entry).channel for entry in reader.entries} <= {name}
            assert len(reader.entries) == (0 if name == "c" else 30)
            assert not reader.gaps


async def test_the_owner_of_an_id_is_not_told_to_another_channel(autojump_clock):
    """Posting a message of channel a to channel b gives nothing of it away but the clash."""
    secret = note("secret", "a")
    async with running() as broker:
        reader = Reader(broker, "b")
        await post(broker, secret)
        (outcome,) = await broker.publish([evolve(secret, channel="b")])
        assert outcome.body() == {
            "error": "Another message already has this id",
            "code": "id_conflict",
            "id": str(secret.id),
        }
        assert reader.read_all() == []


async def test_answers_do_not_cross_prompts(autojump_clock):
    """Answering one of two like prompts settles that one and wakes nobody else."""
    one, two = authorization(), authorization()
    async with running() as broker:
        await post(broker, one, two)
        await broker.respond(one.id, APPROVE)
        assert broker.prompt(two.id).state is State.PENDING
        with refused("wrong_response"):
            await broker.respond(two.id, answer("approved"))
