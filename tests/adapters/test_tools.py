"""Agents of the OpenAI Agents SDK, as processes of their own Python, and a person."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.adapters.kit import AGENTS_PYTHON, PATIENCE, person, running
from tests.needs import needs
from tests.serving import APPROVE, DENY, Served, until

pytestmark = [needs(str(AGENTS_PYTHON), "python3 tasks.py test"), pytest.mark.timeout(240)]


def agent_of(server: Served, *orders: dict[str, Any]) -> Any:
    """Run an agent in the Python that has the SDK."""
    return running(server, "tools_agent.py", *orders, python=AGENTS_PYTHON)


@pytest.mark.parametrize("blocking", [False, True], ids=["asyncio", "blocking"])
async def test_each_call_gets_its_own_decision(server: Served, blocking: bool) -> None:
    """Approved ones run, denied ones do not, the model hears the reason; turn after turn."""
    turns = [[["a", "1"], ["b", "2"], ["c", "3"]], [["d", "4"]]]
    agent = agent_of(server, {"turns": turns, "sync": blocking})
    async with person(server) as ann, agent as process:
        asked = await ann.sees_all(3)
        assert {one["content"]["action"] for one in asked} == {"Cleaner: remove"}
        of = {one["content"]["context"]["path"]: one for one in asked}
        await ann.answers(of["c"], **DENY)
        await ann.answers(of["b"], **DENY, reason="it is mine")
        await ann.answers(of["a"], **APPROVE)
        (last,) = await ann.sees_all(1)
        await ann.answers(last, **APPROVE)
        (result,) = await process.results()
    assert result["removed"] == ["a", "d"]
    assert result["told"] == [
        "a is gone",
        "A person denied this: it is mine",
        "Tool execution was not approved.",
        "d is gone",
    ]
    assert result["end"] == "Done."


async def test_silence_is_no_approval(server: Served) -> None:
    """The tool does not run; the model hears why, or the run ends there."""
    order: dict[str, Any] = {"turns": [[["a", "1"]]], "options": {"timeout": 1}}
    raising = {"options": {"timeout": 1, "on_silence": "raise"}, "succeeds": False}
    async with agent_of(server, order, {**order, **raising}) as process:
        rejected, raised = await process.results()
    assert rejected["removed"] == []
    assert rejected["told"] == ["Not approved: nobody decided in time."]
    assert raised == "NoDecision: not decided: Cleaner: remove (nobody decided in time)"


async def test_an_agent_that_was_killed_asks_nobody_twice(
    server: Served, tmp_path: Path
) -> None:
    """With its state and its key it gets the answer that was given meanwhile.

    Without a key, what was approved in one run is asked again in the next.
    """
    order = {"turns": [[["a", "1"]]], "key": "ticket-7", "file": str(tmp_path / "state")}
    other = {"turns": [[["a", "1"]]]}
    async with person(server) as ann:
        async with agent_of(server, order):
            (asked,) = await ann.sees_all(1)
        await ann.answers(asked, **APPROVE)
        async with agent_of(server, {**order, "turns": []}, other, other) as again:
            for decision in (APPROVE, DENY):
                (asked,) = await ann.sees_all(1)
                await ann.answers(asked, **decision)
            removed = [one["removed"] for one in await again.results()]
        assert removed == [["a"], ["a"], []]
        assert len(await ann.asked()) == 3


@pytest.mark.parametrize("blocking", [False, True], ids=["asyncio", "blocking"])
async def test_what_nobody_will_come_back_to_is_withdrawn(
    server: Served, blocking: bool
) -> None:
    """Ctrl-C in a run without a key leaves no prompt behind; one with a key stays."""
    turns = [[["a", "1"], ["b", "2"]]]
    async with person(server) as ann:
        for order, state in (({}, "cancelled"), ({"key": "ticket-8"}, "pending")):
            agent = agent_of(server, {"turns": turns, "sync": blocking, **order})
            async with agent as running:
                asked = await ann.sees_all(2)
                running.process.send_signal(signal.SIGINT)
                with trio.fail_after(PATIENCE):
                    await running.process.wait()
            if state == "cancelled":  # its last words may still be on their way
                await until(lambda: not list(server.broker.pending()))
            assert [await server.state_of(one) for one in asked] == [state] * 2
