"""Graphs of LangGraph as processes of their own, a real daemon, and a person."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.kit import person, running
from tests.serving import APPROVE, DENY, Served, serving

pytestmark = pytest.mark.timeout(240)

ALL = ("accept", "edit", "respond", "ignore")


def human_interrupt(name: str, *allowed: str, **args: Any) -> dict[str, Any]:
    """Make what the Agent Inbox takes."""
    return {
        "action_request": {"action": name, "args": args},
        "config": {f"allow_{one}": one in allowed for one in ALL},
        "description": "Look at it",
    }


ACCEPTED = {"a": [{"type": "accept", "args": None}]}
MAIL = {"interrupts": {"a": [human_interrupt("mail", "accept", "ignore", to="ann")]}}


@pytest.mark.parametrize("on_asyncio", [False, True], ids=["blocking", "asyncio"])
async def test_parallel_interrupts_each_get_their_own_answer(
    server: Served, on_asyncio: bool
) -> None:
    """All are open at once; whatever the order of the answers, each node gets its own."""
    interrupts = {
        "a": [human_interrupt("mail", "accept", "ignore", to="ann")],
        "b": [human_interrupt("pay", "accept", "respond", "ignore", amount=3)],
        "c": human_interrupt("move", "accept", "ignore", to="attic"),
        "d": "Which colour?",
    }
    order = {"interrupts": interrupts, "async": on_asyncio}
    async with person(server) as ann, running(server, "graph_agent.py", order) as agent:
        asked = await ann.sees(4)
        assert asked["mail"]["content"]["action"] == "mail: Look at it"
        assert asked["mail"]["content"]["context"] == {"to": "ann"}
        await ann.answers(asked["Which colour?"], answer="red")
        await ann.answers(asked["move"], **DENY)
        await ann.answers(asked["pay"], **DENY, reason="too much")
        await ann.answers(asked["mail"], **APPROVE)
        (got,) = await agent.results()
    assert got == {
        "a": [{"type": "accept", "args": None}],
        "b": [{"type": "response", "args": "too much"}],
        "c": {"type": "ignore", "args": None},
        "d": "red",
    }


async def test_forms(server: Served) -> None:
    """A schema makes a form, and words that are as welcome as none make another."""
    colour = {"type": "string", "enum": ["red", "blue"]}
    sizes = {"type": "object", "properties": {"size": {"type": "integer"}}}
    order = {
        "interrupts": {
            "a": "Which colour?",
            "b": "Which size?",
            "c": [human_interrupt("reply", "respond", "ignore")],
            "d": [human_interrupt("greet", "respond", "ignore")],
        },
        "schemas": {"a": colour, "b": sizes},
    }
    async with person(server) as ann, running(server, "graph_agent.py", order) as agent:
        asked = await ann.sees(4)
        await ann.answers(asked["greet"], answer={"instead": True})
        await ann.answers(asked["reply"], answer={"response": "Soon."})
        await ann.answers(asked["Which size?"], answer={"size": 3})
        await ann.answers(asked["Which colour?"], answer={"answer": "blue"})
        (got,) = await agent.results()
    assert got == {
        "a": "blue",
        "b": {"size": 3},
        "c": [{"type": "response", "args": "Soon."}],
        "d": [{"type": "ignore", "args": None}],
    }


async def test_silence_is_no_approval(server: Served, tmp_path: Path) -> None:
    """A graph is told what it takes; one that takes no refusal gets no made-up answer."""
    refusals = {
        "a": [human_interrupt("mail", "accept", "ignore")],
        "b": [human_interrupt("pay", "accept", "respond")],
    }
    accepts = [human_interrupt("move", "accept")]
    late: dict[str, Any] = {"options": {"timeout": 1}}
    unseen = {"options": {"timeout": 0, "shown_within": 0.1}}
    raising = {"options": {"timeout": 1, "on_silence": "raise"}, "succeeds": False}
    thread = {"interrupts": {"a": "Which?"}, "file": str(tmp_path / "t"), "succeeds": False}
    orders = [
        {"interrupts": refusals, **late},
        {"interrupts": {"a": accepts}, **late, "succeeds": False},
        {**MAIL, **unseen},
        {**MAIL, **raising},
        {**thread, **late},
        {**thread, **late},
        {**thread, "options": {"timeout": 1, "attempt": 2}},
    ]
    async with running(server, "graph_agent.py", *orders) as agent:
        told, nothing, taken_back, raised, *attempts = await agent.results()
    assert told == {
        "a": [{"type": "ignore", "args": None}],
        "b": [{"type": "response", "args": "Not approved: nobody decided in time."}],
    }
    assert nothing == "NoDecision: not decided: move (nobody decided in time)"
    assert taken_back == {"a": [{"type": "ignore", "args": None}]}
    assert raised == "NoDecision: not decided: mail: Look at it (nobody decided in time)"
    assert attempts == ["NoDecision: not decided: Which? (nobody decided in time)"] * 3
    async with person(server) as ann:
        asked = [one["content"] for one in await ann.asked()]
        # Once for the first two attempts at the thread, and once for the third.
        assert sum(one.get("text") == "Which?" for one in asked) == 2
    assert [*server.broker.pending()] == []


async def test_an_agent_that_was_killed_asks_nobody_twice(
    server: Served, tmp_path: Path
) -> None:
    """Run again it is the same prompt, and the answer given meanwhile is there."""
    order = {
        "interrupts": {**MAIL["interrupts"], "b": "Which colour?"},
        "file": str(tmp_path / "thread"),
    }
    async with person(server) as ann:
        async with running(server, "graph_agent.py", order):
            asked = await ann.sees(2)
        await ann.answers(asked["mail"], **APPROVE)
        async with running(server, "graph_agent.py", order) as again:
            await ann.answers(asked["Which colour?"], answer="red")
            assert await again.results() == [{**ACCEPTED, "b": "red"}]
        assert len(await ann.asked()) == 2


async def test_the_daemon_is_restarted_while_people_think(tmp_path: Path) -> None:
    """With a journal the prompt is there again, and so is the agent."""
    journal = f"sqlite:{tmp_path / 'journal'}"
    async with AsyncExitStack() as stack:
        async with serving(journal=journal) as server, person(server) as ann:
            agent = await stack.enter_async_context(running(server, "graph_agent.py", MAIL))
            asked = await ann.sees()
            ws_port, rest_port = (server.address(port)[1] for port in ("ws", "rest"))
        async with (
            serving(journal=journal, ws_port=ws_port, rest_port=rest_port) as server,
            person(server) as ann,
        ):
            await ann.answers(asked["mail"], **APPROVE)
            assert await agent.results() == [ACCEPTED]
            assert len(await ann.asked()) == 1


async def test_a_daemon_that_stops_for_good_approves_nothing() -> None:
    """Without a journal it takes its prompts along; the graph hears that nobody decided."""
    order = {"interrupts": {"a": [human_interrupt("mail", "accept", "respond")]}}
    async with AsyncExitStack() as stack:
        async with serving() as server, person(server) as ann:
            agent = await stack.enter_async_context(running(server, "graph_agent.py", order))
            await ann.sees()
        why = "Not approved: it was taken back: shutdown."
        assert await agent.results() == [{"a": [{"type": "response", "args": why}]}]
