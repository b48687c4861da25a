"""What a client raises: each refusal by its family, and what it says of itself."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from ailoop import (
    AiloopClient,
    AiloopError,
    AlreadySettled,
    Busy,
    Conflict,
    Expired,
    Invalid,
    NotFound,
    Patience,
    Refused,
    Unavailable,
)
from ailoop.client.errors import _BY_CODE, refusal_of
from ailoop.model.errors import CATALOGUE
from ailoop.model.message import Navigate, Question, Response
from tests.client.faces import OpenClient
from tests.serving import Served, note, question, serving


@pytest.mark.parametrize(
    ("channel", "content", "code"),
    [
        ("no name", Question(text="x"), "bad_channel"),
        ("a", Question(text=""), "invalid_message"),
        ("a", Question(text="x" * 20_000), "invalid_message"),
        ("a", Navigate(url="javascript:alert(1)"), "invalid_message"),
        ("a", Response(answer="x"), "invalid_message"),
    ],
)
async def test_invalid(client: AiloopClient, channel: str, content: Any, code: str) -> None:
    """What cannot be is Invalid, with the server's sentence, code and details."""
    with pytest.raises(Invalid) as caught:
        await client.post(channel, content)
    assert caught.value.code == code
    assert str(caught.value) == caught.value.details["error"]
    await client.say("a", "goes on")


async def test_not_found(client: AiloopClient) -> None:
    """What is not there is NotFound, for every verb that takes an id."""
    unknown = uuid4()
    for verb in (client.wait, client.withdraw, client.respond):
        with pytest.raises(NotFound):
            await verb(unknown)


async def test_no_id(client: AiloopClient) -> None:
    """What is no id at all is refused before it is sent."""
    for verb in (client.wait, client.withdraw, client.respond):
        with pytest.raises(AiloopError, match="not the id of a prompt"):
            await verb("x")


async def test_conflicts(server: Served, client: AiloopClient) -> None:
    """A second answer is AlreadySettled, a message that waits for nobody is a Conflict."""
    sent = await server.post(question())
    await client.respond(sent["id"], "x")
    with pytest.raises(AlreadySettled) as caught:
        await client.respond(sent["id"], "y")
    assert caught.value.details["state"] == "answered"
    with pytest.raises(AlreadySettled):
        await client.withdraw(sent["id"])
    told = await server.post(note())
    with pytest.raises(Conflict) as other:
        await client.wait(told["id"])
    assert other.value.code == "not_a_prompt"


async def test_expired(client: AiloopClient) -> None:
    """An answer that comes too late is Expired."""
    response = await client.ask("a", "Which?", timeout=1)
    with pytest.raises(Expired):
        await client.respond(response.correlation_id, "x")


async def test_not_a_choice(server: Served, client: AiloopClient) -> None:
    """An answer that is no choice is Invalid and names the choices."""
    sent = await server.post(question(choices=["red", "blue"]))
    with pytest.raises(Invalid) as caught:
        await client.respond(sent["id"], "green")
    assert caught.value.details["choices"] == ["red", "blue"]


async def test_busy(transport: Any, face: OpenClient) -> None:
    """A full table is Busy."""
    async with (
        serving(max_prompts=1) as server,
        face(server.daemon.rest_url, transport=transport) as client,
    ):
        await server.post(question())
        with pytest.raises(Busy) as caught:
            await client.ask("a", "Which?")
        assert caught.value.details["limit"] == 1


async def test_unavailable(server: Served, transport: Any, face: OpenClient) -> None:
    """Without patience, a server that stops is Unavailable."""
    url = server.daemon.rest_url
    patience = Patience(give_up_seconds=0)
    async with face(url, transport=transport, patience=patience) as client:
        await server.broker.drain()
        with pytest.raises(Unavailable):
            await client.say("a", "x")


async def test_role(server: Served, face: OpenClient) -> None:
    """A client that declared itself an agent cannot answer, an observer cannot send."""
    sent = await server.post(question())
    async with face(server.daemon.rest_url, role="agent") as agent:
        with pytest.raises(Refused) as caught:
            await agent.respond(sent["id"], "x")
        assert caught.value.code == "not_allowed"
    async with face(server.daemon.rest_url, role="observer") as observer:
        with pytest.raises(Refused):
            await observer.say("a", "x")
    async with face(server.daemon.rest_url, role="human") as human:
        assert (await human.respond(sent["id"], "x")).content.answer == "x"


def test_every_code() -> None:
    """Every code of the catalogue has a family that fits its status."""
    families = {400: Invalid, 404: NotFound, 409: Conflict, 413: Invalid, 422: Invalid}
    families |= {429: Busy, 503: Unavailable}
    for code, spec in CATALOGUE.items():
        error = refusal_of({"error": spec.sentence, "code": code})
        assert isinstance(error, families.get(spec.status, Refused)), code
        assert error.code == code
    assert set(_BY_CODE) <= set(CATALOGUE)


def test_unknown_code() -> None:
    """A code of a later server is Refused all the same, with all it says."""
    error = refusal_of({"error": "No.", "code": "later", "more": 1})
    assert type(error) is Refused
    assert (str(error), error.code, error.details["more"]) == ("No.", "later", 1)
    assert refusal_of({}).code == "internal"
