"""Receipts of a real daemon: at every door, over a restart, and with its public key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from ailoop.daemon import DaemonError, Settings
from ailoop.daemon.receipts import open_issuer
from ailoop.model.codec import load_message
from ailoop.model.message import Response
from ailoop.trust.receipt import Receipt
from ailoop.trust.receipt_check import Expected, ReceiptVerifier
from tests.rest.kit import MESSAGES
from tests.serving import (
    APPROVE,
    PORTS,
    V1,
    Served,
    authorization,
    message,
    navigate,
    note,
    question,
    response,
    serving,
    talking,
)
from tests.trust.kit import key_files

FORGED = {"receipt": "eyJhbGciOiJub25lIn0.e30."}


def verified(prompt: dict[str, Any], answer: dict[str, Any], public: Any) -> Receipt:
    """Verify what a response has, as whoever asked would, and return what it says."""
    asked, said = load_message(prompt), load_message(answer)
    assert isinstance(said.content, Response)
    assert said.correlation_id == asked.id
    return ReceiptVerifier(public).check(
        (said.metadata or {}).get("receipt"),
        Expected(
            prompt_id=asked.id,
            channel=asked.channel,
            content=asked.content,  # type: ignore[arg-type]
            response=said.content,
        ),
    )


async def recorded(server: Served, prompt: dict[str, Any]) -> dict[str, Any]:
    """Return the response to a prompt."""
    answer = await server.http.get(f"{MESSAGES}/{prompt['id']}/response", params={"wait": 10})
    assert answer.status_code == 200
    return dict(answer.json())


async def by_route(server: Served, prompt: dict[str, Any]) -> None:
    assert (await server.respond(prompt, **APPROVE, responder="ann")).status_code == 200


async def by_post(server: Served, prompt: dict[str, Any]) -> None:
    await server.post(approval_of(prompt))


async def by_batch(server: Served, prompt: dict[str, Any]) -> None:
    await server.post(note(), approval_of(prompt))


async def by_v1_respond(server: Served, prompt: dict[str, Any]) -> None:
    for port in PORTS:
        async with talking(server.socket_url(port), V1, role="human") as talk:
            told = {"id": prompt["id"], "responder": "ann", **APPROVE}
            assert (await talk.call("respond", **told))["op"] == "ack"


async def by_v1_send(server: Served, prompt: dict[str, Any]) -> None:
    async with talking(server.socket_url("ws"), V1) as talk:
        assert (await talk.call("send", message=approval_of(prompt)))["op"] == "ack"


async def by_plain_frame(server: Served, prompt: dict[str, Any]) -> None:
    async with talking(server.socket_url("rest")) as talk:
        await talk.send(approval_of(prompt))
        await recorded(server, prompt)


def approval_of(prompt: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    said = response(prompt, None, "authorization_approved")
    return {**said, "metadata": {"responder": "ann", **metadata}}


@pytest.mark.parametrize(
    "way",
    [by_route, by_post, by_batch, by_v1_respond, by_v1_send, by_plain_frame],
    ids=lambda way: way.__name__,
)
async def test_whichever_way_a_person_answers(tmp_path: Path, way: Any) -> None:
    """The response has a receipt that verifies, whichever door the answer came through."""
    private, public = key_files(tmp_path)
    async with serving(receipt_signing_key=private) as server:
        prompt = await server.post(authorization(context={"b": [1.0, 2], "a": "\u00e9"}))
        await way(server, prompt)
        assert verified(prompt, await recorded(server, prompt), public).approver == "ann"


async def test_subscribers_are_shown_it(tmp_path: Path) -> None:
    """What goes to feeds and into history is the response with its receipt."""
    private, public = key_files(tmp_path)
    async with (
        serving(receipt_signing_key=private) as server,
        talking(server.socket_url("ws")) as talk,
    ):
        await talk.send({"subscribe": "a"})
        prompt = await server.post(navigate())
        assert (await talk.receive())["id"] == prompt["id"]
        await by_route(server, prompt)
        shown = await talk.receive()
        verified(prompt, shown, public)
        history = (await server.http.get("/api/channels/a/messages")).json()["messages"]
        assert history[-1] == shown


@pytest.mark.parametrize("signs", [True, False])
async def test_a_forged_receipt_at_every_door(tmp_path: Path, signs: bool) -> None:
    """An agent that brings one is refused at each, and where it is no member it is ignored."""
    private, _ = key_files(tmp_path)
    async with serving(receipt_signing_key=private if signs else "") as server:
        prompt = await server.post(authorization())
        forged = [
            approval_of(prompt, **FORGED),
            {**approval_of(prompt, **FORGED), "sender_type": "SYSTEM"},
            {**note(), "metadata": FORGED},
            {**question(), "metadata": FORGED},
            {**authorization(), "metadata": FORGED},
        ]
        for one in forged:
            for body in (one, [one], [note(), one]):
                answer = await server.http.post(MESSAGES, json=body)
                assert (answer.status_code, answer.json()["code"]) == (422, "invalid_message")
                assert answer.json()["path"] == "$.metadata.receipt"
        for port in PORTS:
            async with talking(server.socket_url(port)) as plain:
                for one in forged:
                    for frame in (one, [one]):
                        (error,) = await plain.call_plain(frame)
                        assert error["code"] == "invalid_message"
            async with talking(server.socket_url(port), V1) as talk:
                for one in forged:
                    told = await talk.call("send", message=one)
                    assert (told["op"], told["code"]) == ("error", "invalid_message")
                    told = await talk.call("send", messages=[note(), one])
                    assert (told["op"], told["code"]) == ("error", "invalid_message")
        assert await server.state_of(prompt) == "pending"
        channel = (await server.http.get("/api/channels/a/messages")).json()["messages"]
        assert [one["id"] for one in channel] == [prompt["id"]]


@pytest.mark.parametrize("by", ["route", *PORTS])
async def test_a_forged_receipt_beside_a_decision(by: str) -> None:
    """Where a decision has no metadata, what is called so reaches nobody."""
    async with serving() as server:
        prompt = await server.post(authorization())
        told = {**APPROVE, **FORGED, "metadata": FORGED}
        if by == "route":
            assert (await server.respond(prompt, **told)).status_code == 200
        else:
            async with talking(server.socket_url(by), V1, role="human") as talk:
                await talk.call("respond", id=prompt["id"], **told)
        assert b"receipt" not in orjson.dumps(await recorded(server, prompt))


async def test_a_restart(tmp_path: Path) -> None:
    """With SQLite a receipt stays what it is, and a prompt that is open gets one later."""
    private, public = key_files(tmp_path)
    settings = {"journal": f"sqlite:{tmp_path}/j.db", "receipt_signing_key": private}
    async with serving(**settings) as server:
        answered, open_one = await server.post(authorization(), authorization(context=[1e21]))
        await by_route(server, answered)
        before = await recorded(server, answered)
    async with serving(**settings) as server:
        assert await recorded(server, answered) == before
        verified(answered, before, public)
        await by_route(server, answered)  # the same again
        assert await recorded(server, answered) == before
        await by_route(server, open_one)
        assert verified(open_one, await recorded(server, open_one), public)


async def test_a_response_posted_again_after_a_restart(tmp_path: Path) -> None:
    """By its id it is known, although what is stored has a receipt that it has not."""
    private, _ = key_files(tmp_path)
    settings = {"journal": f"sqlite:{tmp_path}/j.db", "receipt_signing_key": private}
    body = {"id": "01990000-0000-7000-8000-000000000001"}
    async with serving(**settings) as server:
        prompt = await server.post(authorization())
        first = await server.post({**approval_of(prompt), **body})
    async with serving(**settings) as server:
        again = await server.http.post(MESSAGES, json={**approval_of(prompt), **body})
        assert (again.status_code, again.json()) == (200, first)


async def test_the_public_key(tmp_path: Path) -> None:
    """It is served as a set that verifies, and holds no secret; without one it is refused."""
    private, _ = key_files(tmp_path)
    async with serving(receipt_signing_key=private, receipt_seconds=9) as server:
        key_set = (await server.http.get("/api/v1/receipt-key")).json()
        assert set(key_set["keys"][0]) == {"kty", "crv", "x", "kid", "use", "alg"}
        prompt = await server.post(message({"type": "question", "text": "Which?"}))
        await server.respond(prompt, answer="this")
        receipt = verified(prompt, await recorded(server, prompt), key_set)
        assert receipt.expires_at - receipt.issued_at == 9
    async with serving() as server:
        answer: httpx2.Response = await server.http.get("/api/v1/receipt-key")
        assert (answer.status_code, answer.json()["code"]) == (404, "no_receipts")


def test_a_key_that_cannot_be_used(tmp_path: Path) -> None:
    """The daemon does not start, and one line says why and what to do."""
    private, public = key_files(tmp_path)
    for path, said in (
        (str(tmp_path / "none"), "No such file"),
        (public, "can be read by others"),
    ):
        with pytest.raises(DaemonError, match=said) as caught:
            open_issuer(Settings(receipt_signing_key=path))
        assert "receipt_signing_key" in str(caught.value)
        assert "ailoop receipt keygen" in str(caught.value)
    Path(private).chmod(0o640)
    with pytest.raises(DaemonError, match="chmod 600"):
        open_issuer(Settings(receipt_signing_key=private))
    assert open_issuer(Settings()) is None
