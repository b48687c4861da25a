"""Questions that are forms, and authorizations that a person may edit, over every face."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Any, Literal

import pytest
import trio
from attrs import Factory, field, frozen, make_class, validators

from ailoop import AiloopClient, Approval, FormAnswer, Invalid, UnfitAnswer
from ailoop.client.form_class import FormClass
from ailoop.model.message import ResponseMessage
from tests.client.faces import alone
from tests.client.kit import Call, asked, settle
from tests.serving import APPROVE, DENY, Served, authorization, question

FORM = {
    "type": "object",
    "properties": {
        "version": {"type": "string"},
        "replicas": {"type": "integer", "minimum": 1},
    },
    "required": ["version"],
}
CONTEXT = {"to": ["ann", "bob"], "limit": 5}

one_face = pytest.mark.parametrize(
    ("face", "transport"), [("trio", "websocket")], indirect=True, ids=["trio-websocket"]
)
"""For what does not depend on the face."""


class Size(Enum):
    """A choice."""

    SMALL = "small"
    LARGE = "large"


@frozen
class Release:
    """A form with every kind of field."""

    version: str = field(metadata={"title": "Version", "minLength": 1, "mine": object()})
    size: Size
    share: float | None
    replicas: int = field(default=3, metadata={"minimum": 1})
    notify: bool = True
    region: Literal["eu", "us"] = "eu"
    sizes: list[Size] = Factory(lambda: [Size.SMALL])
    on: date | None = None
    _note: str = field(default="", metadata={"description": "Anything else"})
    made: str = field(init=False, default="here")


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


async def test_ask_a_form(server: Served, client: AiloopClient, nursery: trio.Nursery) -> None:
    """A schema gives a dict."""
    call = Call(nursery, lambda: client.ask("a", "What?", schema=FORM))
    prompt = await asked(server)
    assert prompt.content.schema == FORM
    await settle(server, prompt, answer={"version": "1.2"})
    answer = await call.result()
    assert isinstance(answer, ResponseMessage)
    assert answer.content.answer == '{"version":"1.2"}'
    assert answer.value == {"version": "1.2"}


async def test_ask_for_an_instance(
    server: Served, client: AiloopClient, nursery: trio.Nursery
) -> None:
    """A class gives an instance, with the types of its fields and its defaults."""
    call = Call(nursery, lambda: client.ask("a", "What?", schema=Release))
    prompt = await asked(server)
    given = {"version": "1.2", "size": "large", "share": 1, "sizes": ["large"]}
    await client.respond(prompt.entry.id, {**given, "on": date(2026, 2, 1), "note": "!"})
    answer = await call.result()
    assert answer.value == Release(
        version="1.2",
        size=Size.LARGE,
        share=1.0,
        sizes=[Size.LARGE],
        on=date(2026, 2, 1),
        note="!",
    )
    assert isinstance(answer.value.share, float)


@pytest.mark.parametrize("kind", ["timeout", "cancelled"])
async def test_nobody_fills_in(
    server: Served, client: AiloopClient, nursery: trio.Nursery, kind: str
) -> None:
    """There is no value then, and the response says why."""
    timeout = 1 if kind == "timeout" else 60
    call = Call(nursery, lambda: client.ask("a", "?", schema=Release, timeout=timeout))
    if kind == "cancelled":
        await settle(server, await asked(server), response_type="cancelled")
    answer = await call.result()
    assert isinstance(answer, FormAnswer)
    assert answer.value is None
    assert answer.content.response_type == kind


async def test_a_form_in_steps(server: Served, client: AiloopClient) -> None:
    """The ticket is waited for with the same form; without it the response is a plain one."""
    ticket = await client.post_question("a", "What?", schema=Release)
    await server.respond({"id": str(ticket.id)}, answer={"version": "1", "size": "small"})
    answer = await client.wait(ticket, schema=Release)
    assert answer.value == Release(version="1", size=Size.SMALL, share=None)
    plain = await client.wait(str(ticket.id))
    assert not isinstance(plain, FormAnswer)
    assert plain.metadata == {"value": {"version": "1", "size": "small"}}


@alone("a class, and a schema that no server has seen; encrypted ones are in tests/sealed")
@one_face
async def test_an_answer_that_does_not_fit(server: Served, client: AiloopClient) -> None:
    """A class may want more than its schema says; what is not of the form is told as that."""

    @frozen
    class Even:
        count: int = field(validator=validators.in_([2, 4]))

    ticket = await client.post_question("a", "How many?", schema=Even)
    await server.respond({"id": str(ticket.id)}, answer={"count": 3})
    with pytest.raises(UnfitAnswer, match=r"does not fit: 'count' must be in \[2, 4\]") as told:
        await client.wait(ticket, schema=Even)
    assert told.value.response.content.answer == '{"count":3}'
    with pytest.raises(UnfitAnswer, match="version is required"):
        await client.wait(ticket, schema=FORM)
    words = await client.post_question("a", "How many?")
    await server.respond({"id": str(words.id)}, answer="three")
    with pytest.raises(UnfitAnswer, match="its answer is an object of version"):
        await client.wait(words, schema=FORM)


@alone("Python looks before it asks; TypeScript leaves it to who checks the answer")
@one_face
async def test_a_schema_that_is_none(server: Served, client: AiloopClient) -> None:
    """It is refused before anything is sent, in the server's words."""
    schema = {"type": "object", "properties": {"x": {"type": "string", "pattern": "a*"}}}
    with pytest.raises(Invalid) as caught:
        await client.ask("a", "?", schema=schema)
    assert caught.value.details["path"] == "$.content.schema.properties.x.pattern"
    refused = (await server.http.post("/api/v1/messages", json=question(schema=schema))).json()
    assert refused["error"] == str(caught.value)
    with pytest.raises(ValueError, match="not both"):
        await client.post_question("a", "?", choices=["a"], schema=FORM)
    with pytest.raises(ValueError, match="a dict as its context"):
        await client.authorize("a", "Go", editable=True)
    assert [*server.broker.pending()] == []


async def test_edited(server: Served, client: AiloopClient, nursery: trio.Nursery) -> None:
    """What was approved is in the approval, edited or as asked."""
    for decision, edited, context in (
        ({**APPROVE, "answer": {"to": [], "limit": 1}}, True, {"to": [], "limit": 1}),
        (APPROVE, False, CONTEXT),
        ({**APPROVE, "answer": CONTEXT}, False, CONTEXT),
        ({**DENY, "answer": {"to": []}}, False, None),
    ):
        call = Call(
            nursery, lambda: client.authorize("a", "Send", context=CONTEXT, editable=True)
        )
        prompt = await asked(server)
        await settle(server, prompt, **decision)
        approval = await call.result()
        assert (approval.edited, approval.context) == (edited, context)
        assert bool(approval) is (context is not None)


async def test_edited_in_steps(server: Served, client: AiloopClient) -> None:
    """So it is where a program asks in steps, whether or not it tells what it had asked."""
    ticket = await client.post_authorization("a", "Send", context=CONTEXT, editable=True)
    await server.respond({"id": str(ticket.id)}, **APPROVE, answer={"limit": 1})
    response = await client.wait(ticket)
    for approval in (Approval(response), _approval_of(client, response)):
        assert approval
        assert (approval.edited, approval.context) == (True, {"limit": 1})


def _approval_of(client: Any, response: ResponseMessage) -> Approval:
    inner = getattr(client, "_inner", client)
    approval: Approval = inner.approval_of(response, "a", "Send", context=CONTEXT)
    return approval


async def test_an_edit_that_is_none(
    server: Served, client: AiloopClient, nursery: trio.Nursery
) -> None:
    """Words in the place of an edited context approve nothing, whoever has let them through."""
    call = Call(nursery, lambda: client.authorize("a", "Send", context=CONTEXT, editable=True))
    prompt = await asked(server)
    object.__setattr__(prompt.content, "editable", False)
    await settle(server, prompt, **APPROVE, answer="but not to bob")
    approval = await call.result()
    assert not approval
    assert "not understood" in approval.doubt


async def test_an_edit_that_nobody_offered(
    server: Served, client: AiloopClient, nursery: trio.Nursery
) -> None:
    """It is no approval of what was asked, whoever has let it through."""
    call = Call(nursery, lambda: client.authorize("a", "Send", context=CONTEXT))
    prompt = await asked(server)
    # As a server would do it that does not hold what was asked against what was said.
    object.__setattr__(prompt.content, "editable", True)
    await settle(server, prompt, **APPROVE, answer={"limit": 1000})
    approval = await call.result()
    assert not approval
    assert approval.context is None
    assert "edited" in approval.doubt


def test_the_schema_of_a_class() -> None:
    """Types become fields, defaults and ``None`` make them optional, metadata describes."""
    assert FormClass.of(Release).schema == {
        "type": "object",
        "properties": {
            "version": {"type": "string", "title": "Version", "minLength": 1},
            "size": {"type": "string", "enum": ["small", "large"]},
            "share": {"type": "number"},
            "replicas": {"type": "integer", "minimum": 1, "default": 3},
            "notify": {"type": "boolean", "default": True},
            "region": {"type": "string", "enum": ["eu", "us"], "default": "eu"},
            "sizes": {
                "type": "array",
                "items": {"type": "string", "enum": ["small", "large"]},
                "default": ["small"],
            },
            "on": {"type": "string", "format": "date"},
            "note": {"type": "string", "description": "Anything else", "default": ""},
        },
        "required": ["version", "size"],
    }


@pytest.mark.parametrize(
    "kind", [dict, bytes, list[str], list, str | int, Literal[1, 2], Any], ids=repr
)
def test_a_class_that_is_no_form(kind: Any) -> None:
    """A field of another type is a mistake of the program, named at once."""
    odd = make_class("Odd", {"part": field(type=kind)})
    with pytest.raises(TypeError, match=r"Odd\.part: "):
        FormClass.of(odd)
    with pytest.raises(TypeError, match="attrs class"):
        FormClass.of(kind)


def test_a_class_whose_types_are_not_known() -> None:
    """Names inside a function are out of reach; it is said so."""
    inner = Size

    @frozen
    class Local:
        size: inner  # type: ignore[valid-type]

    with pytest.raises(
        TypeError, match="name 'inner' is not defined: types of fields are names"
    ):
        FormClass.of(Local)
