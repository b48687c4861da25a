"""Agents of LangChain whose tools people review, as processes of their own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.kit import person, running
from tests.serving import APPROVE, DENY, Served

pytestmark = pytest.mark.timeout(240)

LETTERS = [["send", {"to": one}] for one in ("ann", "ben", "cem", "dan")]
REJECTED = "User rejected the tool call for `send` with reason: {}"


@pytest.mark.parametrize("mode", ["batched", "per_call"])
async def test_each_call_gets_its_own_decision(server: Served, mode: str) -> None:
    """Approved ones run, as they are or edited, denied ones do not; the model hears why."""
    order = {"calls": LETTERS, "mode": mode, "async": mode == "per_call"}
    async with person(server) as ann, running(server, "chat_agent.py", order) as agent:
        asked = await ann.sees_all(4)
        actions = {one["content"]["action"] for one in asked}
        assert actions == {"send: Tool execution requires approval"}
        of = {one["content"]["context"]["to"]: one for one in asked}
        await ann.answers(of["dan"], **APPROVE, answer={"to": "dora", "copies": 2})
        await ann.answers(of["cem"], **DENY)
        await ann.answers(of["ben"], **DENY, reason="he has moved")
        await ann.answers(of["ann"], **APPROVE)
        (result,) = await agent.results()
    assert sorted(result["done"]) == ["ann 1", "dora 2"]
    told = {text: status for status, text in result["told"]}
    assert told.pop("sent to ann") == "success"
    assert told.pop(REJECTED.format("he has moved")) == "error"
    (edited,) = [text for text in told if text.endswith("sent to dora")]
    assert told.pop(edited) == "success"
    assert "Do not retry this tool call" in next(iter(told))
    assert result["end"] == "Done."


async def test_an_edit_that_does_not_fit_is_asked_again(server: Served) -> None:
    """The person hears what is wrong; nothing runs twice, and nothing as it was not meant."""
    order = {"calls": LETTERS[:2], "mode": "per_call"}
    async with person(server) as ann, running(server, "chat_agent.py", order) as agent:
        of = {one["content"]["context"]["to"]: one for one in await ann.sees_all(2)}
        await ann.answers(of["ann"], **APPROVE)
        await ann.answers(of["ben"], **APPROVE, answer={"to": "ben", "copies": "many"})
        (again,) = await ann.sees_all(1)
        assert "The last answer did not fit: " in again["content"]["action"]
        assert "copies" in again["content"]["action"]
        await ann.answers(again, **APPROVE, answer={"to": "ben", "copies": 3})
        (result,) = await agent.results()
    assert sorted(result["done"]) == ["ann 1", "ben 3"]


async def test_a_tool_that_is_a_person(server: Served) -> None:
    """Where only words are wanted the person is asked a question, and is the tool."""
    only_words = {"ask_boss": {"allowed_decisions": ["respond"], "description": "May I?"}}
    order: dict[str, Any] = {
        "calls": [["ask_boss", {"question": "May I?"}]],
        "review": only_words,
    }
    late = {"options": {"timeout": 1}}
    orders = [
        order,
        {**order, **late, "succeeds": False},
        {"calls": LETTERS[:1], **late},
    ]
    async with person(server) as ann, running(server, "chat_agent.py", *orders) as agent:
        (question,) = await ann.sees_all(1)
        assert question["content"]["type"] == "question"
        assert question["content"]["text"].startswith("ask_boss: May I?\n\n")
        await ann.answers(question, answer="You may.")
        said, unsaid, rejected = await agent.results()
    assert said["told"] == [["success", "You may."]]
    # Nobody's words are no result of a tool.
    assert unsaid == "NoDecision: not decided: ask_boss (nobody decided in time)"
    why = REJECTED.format("Not approved: nobody decided in time.")
    assert (rejected["done"], rejected["told"]) == ([], [["error", why]])
