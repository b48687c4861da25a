"""With authentication a receipt says who approved, whatever they say of themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import trio

from ailoop import AiloopClient
from ailoop.trust.receipt import Receipt
from ailoop.trust.receipt_check import ReceiptVerifier
from tests.access.kit import Guarded, guarded
from tests.client.kit import Call, asked
from tests.sealed.kit import People
from tests.serving import APPROVE, authorization, response
from tests.trust.kit import key_files

CLAIMS = {"responder": "the boss"}
Approve = Callable[[Guarded, dict[str, Any]], Awaitable[None]]


@pytest.fixture
async def signing(tmp_path: Path) -> AsyncIterator[Guarded]:
    """Run a daemon that wants to know who is there, and signs what they decide."""
    private, _ = key_files(tmp_path)
    async with guarded(tmp_path, receipt_signing_key=private) as house:
        yield house


def read(folder: Path, answer: dict[str, Any]) -> Receipt:
    return ReceiptVerifier(folder / "receipts.key.pub").read(answer["metadata"]["receipt"])


def approval_of(prompt: dict[str, Any]) -> dict[str, Any]:
    return {**response(prompt, None, "authorization_approved"), "metadata": CLAIMS}


async def by_route(house: Guarded, prompt: dict[str, Any]) -> None:
    path = f"/api/v1/messages/{prompt['id']}/response"
    answer = await house["ann"].post(path, json={**APPROVE, **CLAIMS})
    assert answer.status_code == 200, answer.text


async def by_message(house: Guarded, prompt: dict[str, Any]) -> None:
    answer = await house["ann"].post("/api/v1/messages", json=[approval_of(prompt)])
    assert answer.status_code == 201, answer.text


def by_respond(port: str) -> Approve:
    async def approve(house: Guarded, prompt: dict[str, Any]) -> None:
        async with house.talk(port, "ann", role="human") as talk:
            told = await talk.call("respond", id=prompt["id"], **APPROVE, **CLAIMS, ref=1)
            assert told["op"] == "ack", told

    return approve


def by_send(port: str) -> Approve:
    async def approve(house: Guarded, prompt: dict[str, Any]) -> None:
        async with house.talk(port, "ann", role="human") as talk:
            assert (await talk.call("send", message=approval_of(prompt)))["op"] == "ack"

    return approve


def by_plain_frame(port: str) -> Approve:
    async def approve(house: Guarded, prompt: dict[str, Any]) -> None:
        async with house.talk(port, "ann", None) as plain:
            assert await plain.call_plain(approval_of(prompt)) == []

    return approve


SOCKETS = [
    pytest.param(by(port), id=f"{by.__name__}-{port}")
    for port in ("ws", "rest")
    for by in (by_respond, by_send, by_plain_frame)
]


@pytest.mark.parametrize("approve", [by_route, by_message, *SOCKETS])
async def test_the_approver_is_the_authenticated_one(
    signing: Guarded, tmp_path: Path, approve: Approve
) -> None:
    """A name that is claimed stands nowhere, by whatever door the approval comes in."""
    prompt = await signing.ask(authorization())
    await approve(signing, prompt)
    answer = await signing["bot"].get(f"/api/v1/messages/{prompt['id']}/response")
    assert read(tmp_path, answer.json()).approver == "ann"
    assert "the boss" not in answer.text


async def test_of_an_encrypted_prompt_too(
    signing: Guarded, tmp_path: Path, nursery: trio.Nursery
) -> None:
    """What ann calls herself is sealed, for the agent; who she is the daemon has signed."""
    people = People(tmp_path, "ann")
    url = signing.server.daemon.rest_url
    async with (
        AiloopClient(
            url,
            token=signing.keys["bot"],
            receipt_key=tmp_path / "receipts.key.pub",
            seal_for=people.public("ann"),
        ) as agent,
        AiloopClient(
            url, role="human", token=signing.keys["ann"], keys=people.private("ann")
        ) as ann,
    ):
        call = Call(nursery, lambda: agent.authorize("a", "deploy"))
        prompt = await asked(signing.server)
        await ann.respond(
            prompt.entry.id, response_type="authorization_approved", responder="the boss"
        )
        approval = await call.result()
        assert approval.responder == "the boss"
        assert approval.redeem("deploy").approver == "ann"
