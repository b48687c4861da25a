"""Agents of LangChain whose tools people review, as processes of their own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.kit import person, running
from tests.serving import APPROVE, DENY, Served

LETTERS = [["send", {"to": one}] for one in ("ann", "ben", "cem")]
REJECTED = ["error", "User rejected the tool call for `send` with reason: {}"]


@pytest.mark.parametrize("mode", ["batched", "per_call"])
async def test_each_call_gets_its_own_decision(server: Served, mode: str) -> None:
    """Approved ones run, denied ones do not, and the model hears the reason."""
    order = {"calls": LETTERS, "mode": mode, "async": mode == "per_call"}
    async with person(server) as ann, running(server, "chat_agent.py", order) as agent:
        asked = await ann.sees_all(3)
        contents = [one["content"] for one in asked]
        assert [one["action"] for one in contents] == [
            "send: Tool execution requires approval"
        ] * 3
        of = {one["content"]["context"]["to"]: one for one in asked}
        await ann.answers(of["cem"], **DENY)
        await ann.answers(of["ben"], **DENY, reason="he has moved")
        await ann.answers(of["ann"], **APPROVE)
        result = await agent.result()
    assert result["done"] == ["ann 1"]
    told = sorted(result["told"])
    assert told[0] == [REJECTED[0], REJECTED[1].format("he has moved")]
    assert "Do not retry this tool call" in told[1][1]
    assert told[2] == ["success", "sent to ann"]
    assert result["end"] == "Done."


async def test_a_tool_that_is_a_person(server: Served) -> None:
    """Where only words are wanted the person is asked a question, and is the tool."""
    order = {
        "calls": [["ask_boss", {"question": "May I?"}]],
        "review": {"ask_boss": {"allowed_decisions": ["respond"], "description": "May I?"}},
    }
    async with person(server) as ann, running(server, "chat_agent.py", order) as agent:
        asked = await ann.sees()
        (question,) = asked.values()
        assert question["content"]["type"] == "question"
        assert question["content"]["text"].startswith("ask_boss: May I?\n\n")
        await ann.answers(question, answer="You may.")
        assert (await agent.result())["told"] == [["success", "You may."]]


async def test_nobody_in_time_is_a_rejection(server: Served) -> None:
    """The tool does not run, and the model hears why."""
    order = {"calls": LETTERS[:1], "options": {"timeout": 1}}
    async with running(server, "chat_agent.py", order) as agent:
        result = await agent.result()
    why = "Not approved: nobody decided in time."
    assert (result["done"], result["told"]) == ([], [[REJECTED[0], REJECTED[1].format(why)]])


async def test_words_are_not_made_up(server: Served) -> None:
    """Where only words are wanted and none came, the tool has no result."""
    order: dict[str, Any] = {
        "calls": [["ask_boss", {"question": "May I?"}]],
        "review": {"ask_boss": {"allowed_decisions": ["respond"]}},
        "options": {"timeout": 1},
    }
    async with running(server, "chat_agent.py", order) as agent:
        status, out, err = await agent.end()
    assert (status, out) == (1, "")
    assert "NoDecision: not decided: ask_boss (nobody decided in time)" in err
