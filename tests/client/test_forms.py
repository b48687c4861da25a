"""Questions that are forms, and authorizations that a person may edit, over every face."""

from __future__ import annotations

import pytest

from ailoop import AiloopClient, Invalid
from tests.serving import APPROVE, Served, authorization, question

FORM = {
    "type": "object",
    "properties": {
        "version": {"type": "string"},
        "replicas": {"type": "integer", "minimum": 1},
    },
    "required": ["version"],
}


async def test_respond_with_an_object(server: Served, client: AiloopClient) -> None:
    """A person's program answers a form with an object, or its text; what is wrong is told."""
    asked = await server.post(question(schema=FORM))
    with pytest.raises(Invalid) as caught:
        await client.respond(asked["id"], {"version": "1", "replicas": 0})
    assert caught.value.code == "invalid_answer"
    assert str(caught.value) == "replicas must be at least 1"
    (problem,) = caught.value.details["problems"]
    assert problem["path"] == "$.content.answer.replicas"
    said = await client.respond(asked["id"], {"replicas": 2, "version": "1"})
    assert said.content.answer == '{"version":"1","replicas":2}'
    assert said.metadata == {"value": {"version": "1", "replicas": 2}}


async def test_respond_with_an_edited_context(server: Served, client: AiloopClient) -> None:
    """With an approval an object is the edited context."""
    asked = await server.post(authorization(context={"to": "all"}, editable=True))
    said = await client.respond(asked["id"], {"to": "ann"}, **APPROVE)
    assert said.metadata == {"value": {"to": "ann"}}
