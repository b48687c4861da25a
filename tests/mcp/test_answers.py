"""What people say comes back typed, at every door."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from attrs import evolve
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from ailoop.client.approval import Approval
from ailoop.model.message import Authorization, Message, Response, ResponseMessage, ResponseType
from ailoop.transport.mcp.answers import settled_result
from ailoop.transport.mcp.desk import DeskFault
from ailoop.transport.mcp.through_client import _believed
from tests.client.kit import settle
from tests.mcp.kit import DOORS, asking, at_door, shown, use
from tests.serving import APPROVE, DENY, Served, serving

FORM = {"type": "object", "properties": {"size": {"type": "integer", "minimum": 1}}}

CASES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("ask_human", {"question": "Which?"}, {"answer": "blue"}, {"answer": "blue"}),
    (
        "ask_human",
        {"question": "Which?", "choices": ["main", "dev"]},
        {"answer": "2"},
        {"answer": "dev"},
    ),
    (
        "ask_human",
        {"question": "How large?", "schema": FORM},
        {"answer": {"size": 3}},
        {"status": "answered", "value": {"size": 3}},
    ),
    ("request_authorization", {"action": "Deploy"}, APPROVE, {"status": "approved"}),
    (
        "request_authorization",
        {"action": "Pay", "context": {"amount": 90}, "editable": True},
        {**APPROVE, "answer": {"amount": 9}},
        {"status": "approved", "context": {"amount": 9}},
    ),
    (
        "request_authorization",
        {"action": "Deploy"},
        {**DENY, "reason": "not on a Friday", "responder": "ann"},
        {"status": "denied", "reason": "not on a Friday", "responder": "ann"},
    ),
    ("open_url", {"url": "https://example.org/"}, APPROVE, {"status": "approved"}),
    ("open_url", {"url": "https://example.org/"}, DENY, {"status": "denied"}),
    (
        "ask_human",
        {"question": "Which?"},
        {"response_type": "cancelled", "reason": "not now"},
        {"status": "cancelled", "reason": "not now"},
    ),
]


@pytest.mark.parametrize("door", DOORS)
async def test_each_decision_comes_back_as_what_it_is(server: Served, door: str) -> None:
    async with at_door(door, server) as client, trio.open_nursery() as nursery:
        listed = (await client.list_tools()).tools
        schemas = {tool.name: tool.output_schema for tool in listed}
        for tool, arguments, decision, expected in CASES:
            call, prompt = await asking(nursery, server, client, tool, **arguments)
            await settle(server, prompt, **decision)
            said = await call.result()
            Draft202012Validator(schemas[tool]).validate(said)
            assert said["prompt_id"] == str(prompt.entry.id)
            assert expected.items() <= said.items(), (tool, said)
            assert said["next"]


@pytest.mark.parametrize("door", DOORS)
async def test_silence_is_no_permission_whether_or_not_it_was_shown(door: str) -> None:
    async with (
        serving(max_timeout_seconds=1) as server,
        at_door(door, server) as client,
        trio.open_nursery() as nursery,
    ):
        call, prompt = await asking(
            nursery, server, client, "request_authorization", action="Deploy"
        )
        await shown(server, prompt)
        assert (await call.result())["status"] == "timeout"
        unseen = await use(client, "request_authorization", action="Deploy")
        assert unseen["status"] == "undelivered"
        assert not unseen["open"]
        unanswered = await use(client, "ask_human", question="Which?")
        assert unanswered["status"] == "undelivered"
        assert not {"answer", "value", "context"} & unanswered.keys()
        assert "stop" in unseen["next"]


@pytest.mark.parametrize("door", DOORS)
async def test_a_notification_is_sent_and_waits_for_nobody(server: Served, door: str) -> None:
    async with at_door(door, server) as client:
        said = await use(client, "notify_human", text="Done", priority="high", channel="b")
    page = (await server.http.get("/api/channels/b/messages")).json()
    (message,) = page["messages"]
    assert message["id"] == said["message_id"]
    assert message["content"] == {"type": "notification", "text": "Done", "priority": "high"}


@pytest.mark.parametrize("door", DOORS)
async def test_no_tool_answers(server: Served, door: str) -> None:
    """A model that looks for a way to approve its own request finds none."""
    async with at_door(door, server) as client, trio.open_nursery() as nursery:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert names == {
            "ask_human",
            "request_authorization",
            "notify_human",
            "open_url",
            "check_answer",
        }
        call, prompt = await asking(
            nursery, server, client, "request_authorization", action="Deploy"
        )
        prompt_id = str(prompt.entry.id)
        for extra in (APPROVE, {"answer": "yes"}, {"response": APPROVE}):
            result = await client.call_tool("check_answer", {"prompt_id": prompt_id, **extra})
            assert result.is_error
        for name in ("respond", "approve", "answer"):
            result = await client.call_tool(name, {"prompt_id": prompt_id})
            assert result.is_error
        assert prompt.response is None
        await settle(server, prompt, **DENY)
        assert (await call.result())["status"] == "denied"


ASKED = Message(
    channel="a", content=Authorization(action="Pay", context={"amount": 9}, editable=True)
)


def approval(answer: str | None) -> ResponseMessage:
    """Return an approval whose metadata, of which no receipt is, says something else."""
    content = Response(response_type=ResponseType.AUTHORIZATION_APPROVED, answer=answer)
    return ResponseMessage(channel="a", content=content, metadata={"value": {"amount": 900}})


def test_what_was_approved_is_what_a_receipt_is_about() -> None:
    edited = settled_result(ASKED, approval('{"amount":1}'), delivered=True, page=None)
    assert edited["context"] == {"amount": 1}
    plain = settled_result(ASKED, approval(None), delivered=True, page=None)
    assert (plain["status"], plain.get("context")) == ("approved", None)


@pytest.mark.parametrize(
    ("answer", "editable"),
    [('{"amount":900}', False), ("some of it", True)],
    ids=["not offered", "not understood"],
)
def test_an_edit_that_is_not_to_be_believed_is_no_approval(answer: str, editable: bool) -> None:
    asked = evolve(ASKED.content, editable=editable)
    with pytest.raises(DeskFault, match="This is no approval"):
        _believed(Approval(approval(answer), asked=asked.context), asked)
