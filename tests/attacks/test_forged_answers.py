"""Answers by who may not give them, as frames: nothing settles, and nobody else hears of it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.serving import V1, Served, Talk, authorization, note, question, response, talking

APPROVED = "authorization_approved"


def forgeries(asked: dict[str, Any], other: dict[str, Any], told: dict[str, Any]) -> list[Any]:
    """Return frames that each try to settle what they must not."""
    genuine = response(asked, None, APPROVED)
    content = genuine["content"]
    return [
        {**genuine, "channel": "elsewhere"},
        {**genuine, "channel": other["channel"]},
        {**genuine, "correlation_id": str(uuid4())},
        {**genuine, "correlation_id": told["id"]},
        {**genuine, "correlation_id": None},
        {**genuine, "correlation_id": "*"},
        {**genuine, "correlation_id": [asked["id"]]},
        {**genuine, "id": asked["id"]},
        {**genuine, "id": told["id"]},
        {**genuine, "content": {**content, "response_type": "approved"}},
        {**genuine, "content": {**content, "response_type": [APPROVED]}},
        {**genuine, "content": {"type": "authorization", "action": "x"}, "id": asked["id"]},
        {**genuine, "sender_type": "ROOT"},
        response(other, None, APPROVED),
    ]


async def silent(talk: Talk) -> None:
    """Check that a bystander's connection works and that nothing else had come over it."""
    await talk.send(note("mark", "mark"))
    assert (await talk.receive())["content"]["text"] == "mark"


async def test_plain(server: Served, port: str) -> None:
    """Forge plain responses: wrong channel, ids of others, no id, a made-up sender."""
    async with (
        talking(server.socket_url(port)) as bystander,
        talking(server.socket_url(port)) as attacker,
    ):
        asked = await server.post(authorization("a"))
        other = await server.post(question("b"))
        told = await server.post(note("a"))
        await bystander.send({"subscribe": ["mark", "elsewhere"]})
        await bystander.call_plain(note("x"))
        for forged in forgeries(asked, other, told):
            (refused,) = await attacker.call_plain(forged)
            assert refused["type"] == "error", forged
            assert await server.state_of(asked) == "pending", forged
            assert await server.state_of(other) == "pending", forged
        await silent(bystander)


async def test_v1(server: Served, port: str) -> None:
    """Forge the same in ``send`` frames, which are acknowledged with an error."""
    async with talking(server.socket_url(port), V1, role="human") as attacker:
        asked = await server.post(authorization("a"))
        other = await server.post(question("b"))
        told = await server.post(note("a"))
        for forged in forgeries(asked, other, told):
            refused = await attacker.call("send", message=forged, ref=1)
            assert refused["op"] == "error", forged
            assert await server.state_of(asked) == "pending", forged
            assert await server.state_of(other) == "pending", forged


@pytest.mark.parametrize("sender", ["SYSTEM", "AGENT", "HUMAN", "system"])
async def test_claimed_sender(server: Served, port: str, sender: str) -> None:
    """Claim to be the server itself: a response that counts is a person's, whatever it says."""
    asked = await server.post(authorization("a"))
    async with talking(server.socket_url(port)) as attacker:
        await attacker.send({**response(asked, None, "timeout"), "sender_type": sender})
        assert (await attacker.receive())["type"] == "error"
        assert await server.state_of(asked) == "pending"
    path = f"/api/v1/messages/{asked['id']}/response"
    async with talking(server.socket_url(port)) as person:
        await person.send({**response(asked, None, APPROVED), "sender_type": sender})
        await person.call_plain(note())
    assert (await server.http.get(path)).json()["sender_type"] == "HUMAN"


async def test_roles(server: Served, port: str) -> None:
    """Answer as what has said that it never answers: an agent, or an observer."""
    asked = await server.post(authorization("a"))
    for role in ("agent", "observer"):
        async with talking(server.socket_url(port), V1, role=role) as attacker:
            told = await attacker.call("respond", id=asked["id"], response_type=APPROVED)
            assert told["code"] == "not_allowed"
            told = await attacker.call("send", message=response(asked, None, APPROVED))
            assert told["code"] == "not_allowed"
        assert await server.state_of(asked) == "pending"
