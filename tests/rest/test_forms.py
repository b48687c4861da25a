"""Forms and edited contexts over every door: what is recorded, and what is refused."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import orjson

from tests.serving import V1, Served, authorization, message, question, response, talking

ROWS = orjson.loads((Path(__file__).parents[1] / "wire" / "answers.json").read_bytes())
FORM = {"type": "object", "properties": {"size": {"type": "integer"}}, "required": ["size"]}


def check(row: dict[str, Any], recorded: dict[str, Any] | None, error: Any) -> None:
    """See that a decision was recorded, or refused, as a golden frame says."""
    name = row["name"]
    if recorded is None:
        assert (error["code"], error["path"]) == (row.get("code"), row.get("path")), name
        assert error["error"]
    else:
        assert "code" not in row, name
        assert recorded["content"]["answer"] == row["answer"], name
        assert (recorded.get("metadata") or {}).get("value") == row["value"], name


async def asked(server: Served, row: dict[str, Any]) -> dict[str, Any]:
    """Post the prompt of a golden frame, in a channel of its own."""
    prompt: dict[str, Any] = await server.post(
        message(row["prompt"], channel=f"c{ROWS.index(row)}")
    )
    return prompt


async def check_open(server: Served, row: dict[str, Any], prompt: dict[str, Any]) -> None:
    """See that a prompt still waits if its answer was refused."""
    assert (await server.state_of(prompt) == "pending") is ("code" in row), row["name"]


async def test_over_rest(server: Served) -> None:
    """``POST …/response``."""
    for row in ROWS:
        prompt = await asked(server, row)
        answer = await server.respond(prompt, **row["decision"])
        assert answer.status_code == (422 if "code" in row else 200), row["name"]
        check(row, None if "code" in row else answer.json(), answer.json())
        await check_open(server, row, prompt)


async def test_over_v1(server: Served) -> None:
    """``respond``; the agent that watches gets what was recorded."""
    async with (
        talking(server.socket_url("rest"), V1) as agent,
        talking(server.socket_url("ws"), V1) as person,
    ):
        for row in ROWS:
            prompt = await asked(server, row)
            await agent.send({"op": "watch", "ids": [prompt["id"]]})
            told = await person.call("respond", id=prompt["id"], **row["decision"])
            check(row, told.get("message"), told)
            if "message" in told:
                assert (await agent.receive())["message"] == told["message"]
            await check_open(server, row, prompt)


async def test_as_messages(server: Served) -> None:
    """A plain WebSocket, where a response is a message like any other."""
    for row in ROWS:
        prompt = await asked(server, row)
        async with talking(server.socket_url("ws")) as talk:
            await talk.send({"subscribe": [prompt["channel"]]})
            assert (await talk.receive())["id"] == prompt["id"]
            decision = {"response_type": "text", "answer": None, **row["decision"]}
            await talk.send(response(prompt, decision["answer"], decision["response_type"]))
            told = await talk.receive()
        check(row, told if "content" in told else None, told)
        await check_open(server, row, prompt)


async def test_the_same_answer_again(server: Served) -> None:
    """Fields in another order are the same answer; another value is another one."""
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
    }
    prompt = await server.post(question(schema=schema))
    first = await server.respond(prompt, answer={"a": 1, "b": 2})
    again = await server.respond(prompt, answer='{"b": 2, "a": 1.0}')
    assert again.json() == first.json()
    other = await server.respond(prompt, answer={"a": 2, "b": 2})
    assert other.json()["code"] == "already_settled"


async def test_the_same_edit_again(server: Served) -> None:
    """An edit is the same in whatever order its members come; 1 is not true."""
    prompt = await server.post(authorization(context={}, editable=True))
    approved = partial(server.respond, prompt, response_type="authorization_approved")
    first = await approved(answer={"to": {"a": 1, "b": []}, "limit": 1})
    again = await approved(answer='{"limit": 1, "to": {"b": [], "a": 1}}')
    assert again.status_code == 200
    assert again.json() == first.json()
    for other in ({"to": {"a": 1, "b": []}, "limit": True}, None):
        assert (await approved(answer=other)).json()["code"] == "already_settled"


async def test_nobody_else_says_what_an_answer_means(server: Served) -> None:
    """A response's ``value`` and ``index`` are the server's: a surface's own are not kept."""
    prompt = await server.post(authorization(context={"to": "ann"}, editable=True))
    said = response(prompt, None, "authorization_approved")
    said["metadata"] = {"value": {"to": "all"}, "index": 1, "mood": "good"}
    recorded = await server.post(said)
    assert recorded["metadata"] == {"mood": "good"}


async def test_problems(server: Served) -> None:
    """All that is wrong is told, each with its path, and a sentence says the first."""
    prompt = await server.post(question(schema=FORM))
    told = (await server.respond(prompt, answer={"size": "big", "more": 1})).json()
    assert told == {
        "error": "size must be a whole number, not text",
        "code": "invalid_answer",
        "path": "$.content.answer.size",
        "problems": [
            {"path": "$.content.answer.size", "error": "must be a whole number, not text"},
            {"path": "$.content.answer.more", "error": "is no field of this form"},
        ],
    }
    words = (await server.respond(prompt, answer="the big one")).json()
    assert words["error"] == "This question is a form: its answer is an object of size"


async def test_an_answer_is_bounded(server: Served) -> None:
    """As any other; and a context that could not come back is not editable."""
    schema = {"type": "object", "properties": {"x": {"type": "string"}}}
    prompt = await server.post(question(schema=schema))
    limit = server.daemon.gateway.codec.limits.text_bytes
    long = await server.respond(prompt, answer={"x": "x" * limit})
    assert (long.json()["code"], long.json()["path"]) == ("invalid_message", "$.answer")
    asked = authorization(context={"x": "x" * limit})
    assert (await server.http.post("/api/v1/messages", json=asked)).status_code == 201
    asked["content"]["editable"] = True
    refused = (await server.http.post("/api/v1/messages", json=asked)).json()
    assert refused["path"] == "$.content.context"
    deep: Any = {}
    for _ in range(16):
        deep = {"x": deep}
    prompt = await server.post(authorization(context={}, editable=True))
    told = await server.respond(
        prompt, response_type="authorization_approved", answer={"x": deep}
    )
    assert told.json()["code"] == "invalid_answer"
