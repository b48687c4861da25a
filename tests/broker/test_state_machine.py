"""Generated lives of a broker, beside a model that says what must come of each step.

It is a list of steps executed inside one Trio run on a virtual clock, not a
``RuleBasedStateMachine``: that one calls its rules synchronously, and a Trio run cannot be
left and entered again between them. Steps name messages and readers by a number, taken
modulo what there is, so every list makes sense and shrinks well.
"""

from __future__ import annotations

import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from ailoop.broker import BrokerLimits, open_broker
from tests.broker.kit import HookedJournal, check_books, refused, said
from tests.broker.state_model import WITHDRAWN, ModelChannel
from tests.broker.steps import (
    Again,
    Answer,
    AnswerHeldUp,
    Ask,
    Fail,
    Follow,
    Leave,
    Read,
    Say,
    Step,
    Wait,
)
from tests.broker.world import World, key_of

LIMITS = BrokerLimits(prompts=5, history_messages=6, history_seconds=100, feed_messages=2)

channels = st.sampled_from(["a", "b"])
which = st.integers(0, 5)
decisions = st.lists(
    st.one_of(
        st.just(WITHDRAWN),
        st.tuples(
            st.sampled_from(["authorization_approved", "authorization_denied", "cancelled"]),
            st.none(),
            st.sampled_from(["ann", "bob"]),
        ),
        st.tuples(st.just("text"), st.sampled_from(["yes", "no"]), st.just("ann")),
    ),
    min_size=1,
    max_size=3,
)
asks = st.builds(
    Ask, channels, st.sampled_from(["question", "authorization"]), st.sampled_from([10, 20, 60])
)
says = st.builds(Say, channels, st.integers(1, 4))
repeats = st.builds(Again, which, st.booleans())
answers = st.builds(Answer, which, decisions, st.none())
reads = st.builds(Read, which, st.integers(1, 5), st.sampled_from(["stay", "go", "come back"]))
steps = st.one_of(
    asks,
    asks,
    answers,
    reads,
    reads,
    says,
    repeats,
    answers,
    st.builds(Answer, which, decisions, st.sampled_from([-0.5, 0, 0.5])),
    st.builds(AnswerHeldUp, which, decisions),
    st.builds(Fail, asks | says | repeats | answers),
    st.builds(Wait, st.sampled_from([0.5, 5, 10, 30, 101])),
    st.builds(Leave, which, st.booleans()),
    st.builds(Follow, channels, st.integers(0, 8)),
)
# A list of lists is longer than a list and shrinks as well.
lives = st.lists(st.lists(steps, max_size=12), min_size=1, max_size=12).map(
    lambda parts: [step for part in parts for step in part]
)


def check(world: World) -> None:
    """Compare all that can be seen of the broker with the model."""
    broker = world.broker
    check_books(broker)
    assert broker.tables.open_prompts == world.open
    assert broker.tables.feeds == len(world.followers)
    for name, model in world.models.items():
        followed = any(follower.channel == name for follower in world.followers)
        alive = bool(model.open or model.first < len(model.told) or followed)
        assert (name in broker.channels) == alive
        assert [p.entry.id for p in broker.pending(name)] == [p.id for p in model.open]
        if alive:
            kept = broker.channels[name].history.latest(1000)
            assert [key_of(entry) for entry in kept] == model.told[model.first :]
        for prompt in model.prompts.values():
            assert (prompt.id in broker.tables.prompts) == model.knows(prompt.id)
            if model.knows(prompt.id):
                assert broker.prompt(prompt.id).state == prompt.state
    for message in world.posted:
        assert (message.id in broker.tables.messages) == world.models[message.channel].knows(
            message.id
        )


def check_waiters(world: World) -> None:
    """Whoever waits for an open prompt still waits; whoever does not has its one response."""
    for item in list(world.waiters):
        message, call = item
        prompt = world.models[message.channel].prompts[message.id]
        assert call.pending == (prompt.decision is None)
        if prompt.decision is not None:
            world.waiters.remove(item)
            response_type, _ = said(call.result())
            assert key_of(call.result()) == ("response", message.id)
            assert response_type == prompt.decision[0]
            approved = response_type == "authorization_approved"
            assert approved == (message.id in world.approved)


async def stop(world: World, *, durable: bool) -> None:
    """Read what is left, then stop, and see that everybody who waits is told."""
    for follower in world.followers:
        while follower.feed.waiting:
            follower.read(world.models[follower.channel], 3)
        assert follower.place == len(world.models[follower.channel].told)
    await world.broker.drain()
    await wait_all_tasks_blocked()
    for _, call in world.waiters:
        if durable:
            with refused("shutting_down"):
                call.result()
        else:
            assert said(call.result()) == ("cancelled", "shutdown")
    assert world.broker.tables.waiters == 0
    assert world.broker.tables.open_prompts == (world.open if durable else 0)
    check_books(world.broker)


async def live(life: list[Step], *, durable: bool) -> None:
    """Open a broker, do one step after the other, and stop."""
    journal = HookedJournal(durable=durable)
    async with open_broker(journal, LIMITS) as broker, trio.open_nursery() as nursery:
        models = {
            name: ModelChannel(LIMITS.history_messages, LIMITS.history_seconds) for name in "ab"
        }
        world = World(broker, journal, nursery, models, LIMITS.prompts)
        for step in life:
            await step.run(world)
            await wait_all_tasks_blocked()
            world.advance()
            check(world)
            check_waiters(world)
        await stop(world, durable=durable)


@settings(max_examples=3 * settings.default.max_examples)
@given(lives, st.booleans())
def test_lives(life, durable):
    """Promises 1, 2, 3, 5, 6 and 9 hold, and no table leaks, whatever happens in what order."""
    trio.run(lambda: live(life, durable=durable), clock=MockClock(autojump_threshold=0))
