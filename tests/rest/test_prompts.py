"""The life of one prompt over HTTP: read it, answer it, withdraw it, once."""

from __future__ import annotations

import pytest

from tests.rest.kit import MESSAGES, check_error
from tests.serving import (
    APPROVE,
    DENY,
    Served,
    authorization,
    navigate,
    note,
    question,
    response,
    serving,
)

NO_IDS = ("0195f0a1-0000-7000-8000-000000000000", "no-id", "%ff", "1")


async def test_answer(server: Served) -> None:
    """A response is a HUMAN message on the prompt's channel, with who and why beside it."""
    asked = await server.post(question())
    answer = await server.respond(asked, answer="blue", reason="sky", responder="ann")
    assert answer.status_code == 200
    recorded = answer.json()
    assert recorded["sender_type"] == "HUMAN"
    assert recorded["channel"] == "a"
    assert recorded["correlation_id"] == asked["id"]
    assert recorded["content"] == {
        "type": "response",
        "answer": "blue",
        "response_type": "text",
    }
    assert recorded["metadata"] == {"reason": "sky", "responder": "ann"}
    kept = await server.http.get(f"{MESSAGES}/{recorded['id']}")
    assert kept.content == answer.content


@pytest.mark.parametrize(
    ("asked", "decision", "state"),
    [
        (question(), {"answer": "x"}, "answered"),
        (authorization(), APPROVE, "approved"),
        (authorization(), DENY, "denied"),
        (navigate(), APPROVE, "approved"),
        (question(), {"response_type": "cancelled"}, "cancelled"),
    ],
)
async def test_state(server: Served, asked: dict, decision: dict, state: str) -> None:
    """A prompt tells, beside its message, how it stands, until when, and by which response."""
    asked = await server.post(asked)
    before = (await server.http.get(f"{MESSAGES}/{asked['id']}")).json()
    told = before.pop("prompt")
    assert before == asked
    assert told["state"] == "pending"
    assert told["response_id"] is None
    assert told["expires_at"] > asked["timestamp"]
    recorded = (await server.respond(asked, **decision)).json()
    after = (await server.http.get(f"{MESSAGES}/{asked['id']}")).json()
    assert after["prompt"] == {**told, "state": state, "response_id": recorded["id"]}


async def test_prompt_member_is_additive(server: Served) -> None:
    """What is no prompt has no such member, and history shows none either."""
    told = await server.post(note())
    asked = await server.post(question())
    assert (await server.http.get(f"{MESSAGES}/{told['id']}")).json() == told
    listed = (await server.http.get("/api/channels/a/messages")).json()["messages"]
    assert listed == [told, asked]


@pytest.mark.parametrize("said", ["green", "GREEN", " Green ", "2"])
async def test_choice(server: Served, said: str) -> None:
    """A choice is named by its text, in any case, or by its number, and recorded as text."""
    asked = await server.post(question(choices=["red", "Green", "blue"]))
    recorded = (await server.respond(asked, answer=said)).json()
    assert recorded["content"]["answer"] == "Green"
    assert recorded["metadata"] == {"index": 1, "value": "Green"}


@pytest.mark.parametrize("said", ["yellow", "0", "4", "", "1.0", "-1"])
async def test_not_a_choice(server: Served, said: str) -> None:
    """Anything else is refused with the list of choices, and the question stays open."""
    asked = await server.post(question(choices=["red", "green", "blue"]))
    answer = await server.respond(asked, answer=said)
    check_error(answer, "not_a_choice", choices=["red", "green", "blue"])
    assert await server.state_of(asked) == "pending"


@pytest.mark.parametrize(
    ("asked", "decision"),
    [
        (authorization(), {"answer": "yes"}),
        (authorization(), {"response_type": "timeout"}),
        (question(), APPROVE),
        (question(), {}),
    ],
)
async def test_wrong_response(server: Served, asked: dict, decision: dict) -> None:
    """A response of a type that does not fit settles nothing: gibberish never approves."""
    asked = await server.post(asked)
    check_error(await server.respond(asked, **decision), "wrong_response")
    assert await server.state_of(asked) == "pending"


async def test_the_same_again(server: Served) -> None:
    """The same answer by the same responder gets the recorded response once more."""
    asked = await server.post(authorization())
    first = await server.respond(asked, **APPROVE, responder="ann")
    second = await server.respond(asked, **APPROVE, responder="ann")
    assert second.status_code == 200
    assert second.content == first.content
    assert (await server.http.get("/api/channels/a/messages")).json()["total_count"] == 2


async def test_another_answer(server: Served) -> None:
    """Any other answer is refused with the recorded outcome, which stays."""
    asked = await server.post(authorization())
    recorded = (await server.respond(asked, **DENY, responder="ann")).json()
    outcome = {"state": "denied", "response_id": recorded["id"]}
    for decision in ({**APPROVE, "responder": "ann"}, {**DENY, "responder": "bob"}):
        check_error(await server.respond(asked, **decision), "already_settled", **outcome)
    posted = await server.http.post(
        MESSAGES, json=response(asked, None, "authorization_approved")
    )
    check_error(posted, "already_settled", **outcome)
    withdrawn = await server.http.delete(f"{MESSAGES}/{asked['id']}")
    check_error(withdrawn, "already_settled", **outcome)
    assert await server.state_of(asked) == "denied"


async def test_too_late(server: Served) -> None:
    """An answer after the deadline is refused as expired; nothing was approved."""
    asked = await server.post(authorization(timeout_seconds=1))
    path = f"{MESSAGES}/{asked['id']}/response"
    closing = await server.http.get(path, params={"wait": 60})
    assert closing.json()["content"]["response_type"] == "authorization_denied"
    for decision in (APPROVE, DENY):
        answer = await server.respond(asked, **decision)
        check_error(answer, "expired", state="timeout", response_id=closing.json()["id"])


async def test_withdraw(server: Served) -> None:
    """The asker takes a prompt back once; the same again is harmless."""
    asked = await server.post(authorization())
    first = await server.http.delete(f"{MESSAGES}/{asked['id']}")
    assert first.status_code == 200
    assert first.json()["content"]["response_type"] == "cancelled"
    assert first.json()["sender_type"] == "AGENT"
    assert first.json()["metadata"] == {"reason": "withdrawn"}
    second = await server.http.delete(f"{MESSAGES}/{asked['id']}")
    assert second.content == first.content
    check_error(await server.respond(asked, **APPROVE), "already_settled", state="cancelled")
    assert await server.state_of(asked) == "cancelled"


async def test_not_a_prompt(server: Served) -> None:
    """A message that waits for nobody can be neither waited for, answered nor withdrawn."""
    told = await server.post(note())
    path = f"{MESSAGES}/{told['id']}"
    check_error(await server.http.get(f"{path}/response"), "not_a_prompt")
    check_error(await server.respond(told, answer="x"), "not_a_prompt")
    check_error(await server.http.delete(path), "not_a_prompt")


@pytest.mark.parametrize("wrong", NO_IDS)
async def test_unknown(server: Served, wrong: str) -> None:
    """What is not there is 404, also where the id is none, with the earlier sentences."""
    path = f"{MESSAGES}/{wrong}"
    for answer in (await server.http.get(path), await server.http.get(f"{path}/response")):
        assert check_error(answer, "message_not_found")["error"] == "Message not found"
        assert answer.json()["message_id"]
    for answer in (
        await server.http.post(f"{path}/response", json={"answer": "x"}),
        await server.http.delete(path),
    ):
        body = check_error(answer, "original_not_found")
        assert body["error"] == "Original message not found"


async def test_foreign_response(server: Served) -> None:
    """A response posted to another channel than its prompt's is refused."""
    asked = await server.post(authorization("a"))
    forged = response({**asked, "channel": "b"}, None, "authorization_approved")
    check_error(await server.http.post(MESSAGES, json=forged), "original_not_found")
    assert await server.state_of(asked) == "pending"
    names = (await server.http.get("/api/channels")).json()["channels"]
    assert [one["name"] for one in names] == ["a"]


async def test_response_without_prompt(server: Served) -> None:
    """A response that names no prompt is not valid."""
    lost = response({"id": None, "channel": "a"})
    check_error(
        await server.http.post(MESSAGES, json=lost), "invalid_message", path="$.correlation_id"
    )


async def test_settled_leaves_with_its_response() -> None:
    """A settled prompt can be read as long as its response is kept, then both are gone."""
    async with serving(history_messages=3) as server:
        asked = await server.post(question())
        await server.respond(asked, answer="x")
        await server.post(note(), note())
        assert await server.state_of(asked) == "answered"
        await server.post(note())
        answer = await server.http.get(f"{MESSAGES}/{asked['id']}")
        check_error(answer, "message_not_found", message_id=asked["id"])
