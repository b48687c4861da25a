"""What the server takes for an answer to a prompt that it cannot read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.serving import (
    V1,
    Served,
    authorization,
    message,
    navigate,
    question,
    response,
    talking,
)

PART = {"ciphertext": "AA", "recipients": []}
"""The server never looks further."""

PROMPTS = [question, authorization, navigate]
UNREAD = [
    (question, {"answer": "blue"}),
    (authorization, {"response_type": "authorization_approved"}),
    (navigate, {"response_type": "authorization_approved"}),
    (navigate, {"answer": "opened"}),
]


def sealed(prompt: dict[str, Any], part: Any = PART) -> dict[str, Any]:
    return {**prompt, "metadata": {"sealed": part}}


@pytest.mark.parametrize(("make", "decision"), UNREAD)
async def test_unread(server: Served, make: Any, decision: dict[str, Any]) -> None:
    """An answer or approval from where nobody can have read the prompt is refused."""
    prompt = await server.post(sealed(make()))
    refused = await server.respond(prompt, **decision)
    assert (refused.status_code, refused.json()["code"]) == (422, "sealed_prompt")
    assert "only a surface that has the key" in refused.json()["error"]
    assert await server.state_of(prompt) == "pending"


@pytest.mark.parametrize(("make", "decision"), UNREAD)
async def test_read(server: Served, make: Any, decision: dict[str, Any]) -> None:
    """With a sealed part it is taken, and words sent beside it are not kept."""
    prompt = await server.post(sealed(make()))
    taken = (await server.respond(prompt, **decision, sealed=PART)).json()
    assert taken["metadata"]["sealed"] == PART
    wanted = "encrypted" if "answer" in decision else None
    assert taken["content"]["answer"] == wanted
    assert await server.state_of(prompt) in ("answered", "approved")


@pytest.mark.parametrize("make", PROMPTS)
async def test_anybody_denies(server: Served, make: Any) -> None:
    """A denial, or taking it back, needs no key: it cannot do harm that a timeout does not."""
    denial = "cancelled" if make is question else "authorization_denied"
    prompt = await server.post(sealed(make()))
    assert (await server.respond(prompt, response_type=denial)).status_code == 200
    other = await server.post(sealed(make()))
    assert (await server.http.delete(f"/api/v1/messages/{other['id']}")).status_code == 200


async def test_choices_are_not_looked_for(server: Served) -> None:
    """The server does not know the choices of a sealed question, and takes what comes."""
    prompt = await server.post(sealed(question()))
    taken = (await server.respond(prompt, answer="7", sealed=PART)).json()
    assert taken["metadata"] == {"sealed": PART}


@pytest.mark.parametrize("part", [True, "text", {}, {"recipients": []}, ["ciphertext"]])
async def test_metadata_of_that_name(server: Served, part: Any) -> None:
    """An agent that has its own member of that name is not taken for one that seals."""
    prompt = await server.post(sealed(question(), part))
    assert (await server.respond(prompt, answer="blue")).json()["content"]["answer"] == "blue"


@pytest.mark.parametrize("part", [{}, [], "x", {"ciphertext": "A" * 70_000}, {"recipients": 1}])
async def test_bad_parts(server: Served, part: Any) -> None:
    """A part that is no JWE, or too large, is refused with the path of the field."""
    prompt = await server.post(sealed(question()))
    refused = await server.respond(prompt, answer="x", sealed=part)
    assert (refused.status_code, refused.json()["path"]) == (422, "$.sealed")
    deep: Any = {"ciphertext": "AA"}
    for _ in range(20):
        deep = {"ciphertext": deep}
    refused = await server.respond(prompt, answer="x", sealed=deep)
    assert (refused.status_code, refused.json()["path"]) == (422, "$.sealed")
    assert await server.state_of(prompt) == "pending"


async def test_over_v1(server: Served) -> None:
    """``respond`` frames, and responses sent as messages, obey the same rule."""
    prompt = await server.post(sealed(authorization()))
    approval = {"id": prompt["id"], "response_type": "authorization_approved"}
    async with talking(server.socket_url("rest"), V1, role="human") as talk:
        assert (await talk.call("respond", **approval))["code"] == "sealed_prompt"
        forged = response(prompt, None, "authorization_approved")
        assert (await talk.call("send", message=forged))["code"] == "sealed_prompt"
        assert await server.state_of(prompt) == "pending"
        taken = await talk.call("respond", **approval, sealed=PART)
        assert taken["message"]["metadata"] == {"sealed": PART}


async def test_over_plain(server: Served) -> None:
    """Earlier surfaces, which know nothing of it, are refused too."""
    prompt = await server.post(sealed(question()))
    async with talking(server.socket_url("ws")) as talk:
        (refused,) = await talk.call_plain(response(prompt, "blue"))
        assert refused["code"] == "sealed_prompt"
        await talk.send({**response(prompt, "blue"), "metadata": {"sealed": PART}})
    read = await server.http.get(f"/api/v1/messages/{prompt['id']}/response?wait=10")
    assert read.json()["content"]["answer"] == "encrypted"


async def test_two_sealed_answers_are_two(server: Served) -> None:
    """The same frame again is the same answer; another part may say something else."""
    prompt = await server.post(sealed(question()))
    first = await server.respond(prompt, answer="x", sealed=PART)
    again = await server.respond(prompt, answer="x", sealed=PART)
    assert first.json() == again.json()
    other = await server.respond(prompt, answer="x", sealed={**PART, "ciphertext": "BB"})
    assert (other.status_code, other.json()["code"]) == (409, "already_settled")


async def test_message_in_the_clear(server: Served) -> None:
    """Nothing changes for prompts that are not sealed."""
    prompt = await server.post(message({"type": "question", "text": "Which?"}))
    assert (await server.respond(prompt, answer="blue")).json()["content"]["answer"] == "blue"
