"""Graphs of LangGraph as processes of their own, a real daemon, and a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.adapters.kit import person, running
from tests.serving import APPROVE, DENY, Served, serving

ALL = ("accept", "edit", "respond", "ignore")


def human_interrupt(name: str, *allowed: str, **args: Any) -> dict[str, Any]:
    """Make what the Agent Inbox takes."""
    return {
        "action_request": {"action": name, "args": args},
        "config": {f"allow_{one}": one in allowed for one in ALL},
        "description": "Look at it",
    }


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
        assert await agent.result() == {
            "a": [{"type": "accept", "args": None}],
            "b": [{"type": "response", "args": "too much"}],
            "c": {"type": "ignore", "args": None},
            "d": "red",
        }


async def test_nobody_in_time_is_no_approval(server: Served) -> None:
    """When the time is over the graph is told so, by what it takes."""
    interrupts = {
        "a": [human_interrupt("mail", "accept", "ignore")],
        "b": [human_interrupt("pay", "accept", "respond")],
    }
    order = {"interrupts": interrupts, "options": {"timeout": 1}}
    async with running(server, "graph_agent.py", order) as agent:
        assert await agent.result() == {
            "a": [{"type": "ignore", "args": None}],
            "b": [{"type": "response", "args": "Not approved: nobody decided in time."}],
        }


@pytest.mark.parametrize(
    ("value", "options"),
    [
        ("Which colour?", {}),
        ([human_interrupt("mail", "accept")], {}),
        ([human_interrupt("mail", "accept", "ignore")], {"on_silence": "raise"}),
    ],
    ids=["question", "accept only", "raise"],
)
async def test_where_nothing_can_be_said_it_is_raised(
    server: Served, value: Any, options: dict[str, Any]
) -> None:
    """A graph that takes no refusal does not get a made-up answer."""
    order = {"interrupts": {"a": value}, "options": {"timeout": 1, **options}}
    async with running(server, "graph_agent.py", order) as agent:
        status, out, err = await agent.end()
    assert (status, out) == (1, "")
    assert "NoDecision: not decided: " in err
    assert "(nobody decided in time)" in err


async def test_a_prompt_that_nobody_is_shown_is_taken_back(server: Served) -> None:
    """With ``shown_within`` the graph goes on, and no prompt stays behind."""
    interrupts = {"a": [human_interrupt("mail", "accept", "ignore")]}
    order = {"interrupts": interrupts, "options": {"shown_within": 0.1, "timeout": 0}}
    async with running(server, "graph_agent.py", order) as agent:
        assert await agent.result() == {"a": [{"type": "ignore", "args": None}]}
    assert [*server.broker.pending()] == []


async def test_an_agent_that_was_killed_asks_nobody_twice(
    server: Served, tmp_path: Path
) -> None:
    """Run again it is the same prompt, and the answer given meanwhile is there."""
    interrupts = {
        "a": [human_interrupt("mail", "accept", "ignore", to="ann")],
        "b": "Which colour?",
    }
    order = {"interrupts": interrupts, "file": str(tmp_path / "thread")}
    async with person(server) as ann:
        async with running(server, "graph_agent.py", order):
            asked = await ann.sees(2)
        await ann.answers(asked["mail"], **APPROVE)
        async with running(server, "graph_agent.py", order) as again:
            await ann.answers(asked["Which colour?"], answer="red")
            assert await again.result() == {
                "a": [{"type": "accept", "args": None}],
                "b": "red",
            }
        assert await ann.asked() == 2


async def test_another_attempt_asks_again(server: Served, tmp_path: Path) -> None:
    """What nobody answered in time is final, unless another attempt is made."""
    order = {
        "interrupts": {"a": "Which colour?"},
        "file": str(tmp_path / "thread"),
        "options": {"timeout": 1},
    }
    for _ in range(2):
        async with running(server, "graph_agent.py", order) as agent:
            assert (await agent.end())[0] == 1
    async with person(server) as ann:
        assert await ann.asked() == 1
        options = {"timeout": 60, "attempt": 2}
        async with running(server, "graph_agent.py", {**order, "options": options}) as agent:
            await ann.answers((await ann.sees())["Which colour?"], answer="red")
            assert await agent.result() == {"a": "red"}


async def test_the_daemon_is_restarted_while_people_think(tmp_path: Path) -> None:
    """With a journal the prompt is there again, and so is the agent."""
    journal = f"sqlite:{tmp_path / 'journal'}"
    order = {"interrupts": {"a": [human_interrupt("mail", "accept", "ignore")]}}
    async with serving(journal=journal) as server:
        ports = {
            "ws_port": server.address("ws")[1],
            "rest_port": server.address("rest")[1],
        }
        process = running(server, "graph_agent.py", order)
        agent = await process.__aenter__()
        async with person(server) as ann:
            asked = await ann.sees()
    async with serving(journal=journal, **ports) as server, person(server) as ann:
        await ann.answers(asked["mail"], **APPROVE)
        assert await agent.result() == {"a": [{"type": "accept", "args": None}]}
        assert await ann.asked() == 1
        await process.__aexit__(None, None, None)


async def test_a_daemon_that_stops_for_good_approves_nothing() -> None:
    """Without a journal it takes its prompts along; the graph hears that nobody decided."""
    order = {"interrupts": {"a": [human_interrupt("mail", "accept", "respond")]}}
    async with serving() as server:
        process = running(server, "graph_agent.py", order)
        agent = await process.__aenter__()
        async with person(server) as ann:
            await ann.sees()
    assert await agent.result() == {
        "a": [{"type": "response", "args": "Not approved: it was taken back: shutdown."}]
    }
    await process.__aexit__(None, None, None)
