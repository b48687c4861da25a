"""What the TypeScript client has in a form of its own, in Node and in Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio

from ailoop import Approval, NotAuthorized
from ailoop.client.errors import refusal_of
from ailoop.model.errors import CATALOGUE
from tests.client.faces import EACH_FACE, FACES, PYTHON
from tests.client.kit import Call, asked, settle
from tests.serving import APPROVE, DENY, Served, question

THEIRS = [one for one in EACH_FACE if one.id not in PYTHON]


@pytest.fixture(params=THEIRS)
def place(request: pytest.FixtureRequest) -> str:
    """Name one place after the other where TypeScript runs."""
    return str(request.param)


@pytest.fixture
async def typescript(place: str, server: Served) -> AsyncIterator[Any]:
    """Open a client."""
    async with FACES[place](server.daemon.rest_url) as opened:
        yield opened


async def test_false_unless_approved(
    server: Served, typescript: Any, nursery: trio.Nursery
) -> None:
    """``authorize`` gives ``false`` unless a person approved: no object passes for a yes."""
    for decision in (DENY, {"response_type": "cancelled"}):
        call = Call(nursery, typescript.verb, "authorize", "a", "Deploy")
        await settle(server, await asked(server), **decision)
        assert await call.result() is False
    call = Call(nursery, typescript.verb, "authorize", "a", "Deploy", {"timeout": 1})
    assert await call.result() is False
    call = Call(nursery, typescript.verb, "authorize", "a", "Deploy")
    await settle(server, await asked(server), **APPROVE, responder="ann")
    approval = await call.result()
    assert isinstance(approval, Approval)
    assert approval.responder == "ann"


async def test_required(server: Served, typescript: Any, nursery: trio.Nursery) -> None:
    """``requireAuthorization`` gives an approval or throws, with the reason."""
    call = Call(nursery, typescript.verb, "requireAuthorization", "a", "Deploy")
    await settle(server, await asked(server), **APPROVE)
    assert (await call.result()).approved
    call = Call(nursery, typescript.verb, "requireAuthorization", "a", "Deploy")
    await settle(server, await asked(server), **DENY, reason="not today")
    with pytest.raises(NotAuthorized, match=r"not authorized: Deploy \(not today\)"):
        await call.result()


async def test_the_earlier_forms(
    server: Served, typescript: Any, nursery: trio.Nursery
) -> None:
    """Arguments in their places, as the earlier SDK took them."""
    call = Call(nursery, typescript.verb, "ask", "a", "Which?", 600, ["x", "y"])
    prompt = await asked(server)
    assert prompt.content.timeout_seconds == 600  # type: ignore[union-attr]
    await settle(server, prompt, answer="2")
    assert (await call.result()).content.answer == "y"
    said = await typescript.verb("say", "a", "hello", "high")
    assert said.content.priority == "high"
    sent = await server.post(question())
    response = await typescript.verb("respond", sent["id"], "x", "text")
    assert response.content.answer == "x"


async def test_where_it_is(server: Served, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an address it is Node's environment, or the page's own origin, that tells it."""
    url = server.daemon.rest_url
    monkeypatch.setenv("AILOOP_SERVER", f"{url}/")
    async with FACES[place]() as client:
        assert client.base_url == url
        await client.say("a", "found")


async def test_each_code(typescript: Any) -> None:
    """Each code of the catalogue is an error of the same class as in Python."""
    for code, spec in {**CATALOGUE, "later": CATALOGUE["internal"]}.items():
        body = {"error": spec.sentence, "code": code, "retry_after": 3}
        expected = refusal_of(body)
        told = await typescript.refused(body)
        assert type(told) is type(expected), code
        assert (str(told), told.code, told.details, told.retry_after) == (
            *(str(expected), expected.code, expected.details),
            expected.retry_after,
        )
