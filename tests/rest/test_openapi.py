"""The OpenAPI document: valid, complete, and true of what the routes really answer."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from hypothesis import given
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate

from ailoop.model.errors import CATALOGUE
from ailoop.model.limits import MessageLimits
from ailoop.transport.rest.openapi import openapi_document
from ailoop.trust.receipt_keys import make_key_files
from tests.model.form_strategies import forms
from tests.rest.kit import MESSAGES, http_routes
from tests.rest.made_up import make_up_requests
from tests.serving import (
    APPROVE,
    Served,
    authorization,
    navigate,
    note,
    question,
    serving,
)

WIRE = Path(__file__).parents[1] / "wire"
FORM = {
    "type": "object",
    "properties": {
        "size": {"type": "integer", "minimum": 1, "default": 2},
        "name": {"type": "string", "title": "Name", "format": "email", "maxLength": 9},
        "kind": {"type": "string", "oneOf": [{"const": "a", "title": "A"}]},
        "some": {"type": "array", "items": {"type": "string", "enum": ["a"]}, "minItems": 0},
        "sure": {"type": "boolean", "description": "Really?"},
    },
    "required": ["size"],
}
UNDOCUMENTED = re.compile(r"/|/[a-z]+\.(js|css|svg)|/openapi\.json|/metrics")
"""The page, its parts, the document itself, and what has a format of its own."""


async def document(server: Served) -> dict[str, Any]:
    return dict((await server.http.get("/openapi.json")).json())


def nameless(path: str) -> str:
    """Return a path or rule with its variables made anonymous."""
    return re.sub(r"[<{][^>}]*[>}]", "{}", path)


async def test_valid(server: Served) -> None:
    """The document is valid OpenAPI 3.1, and each of its schemas a valid JSON Schema."""
    told = await document(server)
    assert told["openapi"].startswith("3.1.")
    validate(told)
    for schema in told["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


async def test_every_route(server: Served) -> None:
    """Every route is described, and nothing is described that is not there."""
    described = {
        (method.upper(), nameless(path))
        for path, methods in (await document(server))["paths"].items()
        for method in methods
    }
    served = {
        (method, nameless(rule))
        for method, rule in http_routes(server.daemon.gateway)
        if not UNDOCUMENTED.fullmatch(rule)
    }
    assert described == served


async def test_every_code(server: Served) -> None:
    """Every code of the catalogue is listed under its status, with its sentence."""
    listed = (await document(server))["components"]["responses"]
    for code, spec in CATALOGUE.items():
        assert f"`{code}`: {spec.sentence}" in listed[str(spec.status)]["description"]


async def test_operation_ids(server: Served) -> None:
    """Operations have names of their own, for who makes a client of the document."""
    paths = (await document(server))["paths"]
    names = [one["operationId"] for methods in paths.values() for one in methods.values()]
    assert len(names) == len(set(names))


async def test_limits() -> None:
    """The schemas carry the bounds that this server was started with."""
    async with serving(text_bytes=77, max_choices=3) as server:
        schemas = (await document(server))["components"]["schemas"]
    asked = schemas["Question"]["properties"]
    assert asked["text"]["maxLength"] == 77
    assert asked["choices"]["anyOf"][0]["maxItems"] == 3


@given(forms())
def test_every_form_is_as_described(made: tuple[dict[str, Any], Any]) -> None:
    """What the server takes for a form, the document does too."""
    schemas = openapi_document(MessageLimits())["components"]["schemas"]
    told = {"$ref": "#/components/schemas/Form", "components": {"schemas": schemas}}
    Draft202012Validator(told).validate(made[0])


def test_what_is_no_form_is_not_described() -> None:
    """Of the golden frames that are refused, all that a schema can tell are no forms there."""
    schemas = openapi_document(MessageLimits())["components"]["schemas"]
    told = {"$ref": "#/components/schemas/Question", "components": {"schemas": schemas}}
    rows = orjson.loads((WIRE / "refused.json").read_bytes())
    taken = {
        row["name"]
        for row in rows
        if ".schema" in row.get("path", "")
        and Draft202012Validator(told).is_valid(row["in"]["content"])
    }
    assert taken == BEYOND_A_SCHEMA


BEYOND_A_SCHEMA = {
    "a field between whole numbers",
    "a field of more choices than there are",
    "a field that nothing is long enough for",
    "a field whose default does not fit",
    "a field whose name cannot be shown",
    "a form and choices",
    "a form that requires what it has not",
}
"""What compares one member with another."""


class Inspector:
    """Holds every answer that passes against what the document says of it."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        self.seen: set[tuple[str, str, str]] = set()

    async def inspect(self, answer: httpx2.Response) -> None:
        """Check one answer."""
        await answer.aread()
        method = answer.request.method.lower()
        (path,) = [
            path
            for path, methods in self.told["paths"].items()
            if method in methods
            and re.fullmatch(nameless(path).replace("{}", "[^/]+"), answer.url.path)
        ]
        operation = self.told["paths"][path][method]
        described = operation["responses"][str(answer.status_code)]
        if "$ref" in described:
            described = self.told["components"]["responses"][str(answer.status_code)]
        content = described["content"][answer.headers["Content-Type"]]
        schema = {**content["schema"], "components": self.told["components"]}
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(answer.json())
        self.seen.add((method, path, str(answer.status_code)))

    def successes(self) -> set[tuple[str, str, str]]:
        """Return every answer that the document describes and that is no error."""
        return {
            (method, path, status)
            for path, methods in self.told["paths"].items()
            for method, operation in methods.items()
            for status in operation["responses"]
            if status < "300" and path != "/mcp"  # whose clients are in tests/mcp
        }


@asynccontextmanager
async def inspected(server: Served) -> AsyncIterator[tuple[Inspector, httpx2.AsyncClient]]:
    inspector = Inspector(await document(server))
    async with httpx2.AsyncClient(
        base_url=server.daemon.rest_url, event_hooks={"response": [inspector.inspect]}
    ) as http:
        yield inspector, http


async def test_answers_are_as_described(tmp_path: Path) -> None:
    """What each route really answers, also when it refuses, fits its schema."""
    make_key_files(tmp_path / "key")
    async with (
        serving(
            history_messages=4,
            max_prompts=3,
            body_bytes=5000,
            receipt_signing_key=str(tmp_path / "key"),
        ) as server,
        inspected(server) as (inspector, http),
    ):
        asked = (await http.post(MESSAGES, json=question(choices=["a", "b"]))).json()
        await http.post(MESSAGES, json=asked)
        await http.post(MESSAGES, json=[authorization(context=[1]), navigate()])
        await http.post(MESSAGES, params={"wait": 0}, json=asked)
        await http.get("/api/v1/pending")
        path = f"{MESSAGES}/{asked['id']}"
        await http.get(path)
        await http.get(f"{path}/response")
        await http.get(f"{path}/delivery")
        await http.post(f"{path}/delivery", json={"state": "seen", "name": "ann"})
        await http.post(f"{path}/delivery", json={"state": "typing"})
        await http.post(f"{path}/response", json={"answer": "c"})
        await http.post(f"{path}/response", json={"answer": "1", "responder": "ann"})
        form = (await http.post(MESSAGES, json=question(schema=FORM))).json()
        for answer in ({"size": 0}, {"size": 2}):
            await http.post(f"{MESSAGES}/{form['id']}/response", json={"answer": answer})
        await http.post(f"{path}/response", json={"answer": "2"})
        await http.get(path)
        await http.get(f"{path}/response")
        await http.delete(path)
        waiting = (await http.get("/api/v1/pending")).json()["items"]
        await http.delete(f"{MESSAGES}/{waiting[0]['message_id']}")
        await http.post(f"{MESSAGES}/{waiting[1]['message_id']}/response", json=APPROVE)
        await http.post(MESSAGES, json=[question()] * 4)
        told = (await http.post(MESSAGES, json={**note(), "metadata": {"a": None}})).json()
        await http.get(f"{MESSAGES}/{told['id']}")
        await http.get(f"{MESSAGES}/{told['id']}/response")
        await http.get(f"{MESSAGES}/nothing")
        await http.post(MESSAGES, json=note("no name"))
        await http.post(MESSAGES, json=note(colour="red"))
        await http.post(MESSAGES, content=b" " * 6000)
        await http.post(MESSAGES, json=note(), headers={"Origin": "https://evil.example"})
        for name in (
            "channels",
            "v1/channels",
            "stats",
            "v1/health",
            "v1/live",
            "v1/ready",
            "v1/pending",
            "v1/receipt-key",
        ):
            await http.get(f"/api/{name}")
        for name in ("a", "none", "-"):
            await http.get(f"/api/channels/{name}/messages", params={"after": 1})
            await http.get(f"/api/channels/{name}/stats")
        await http.post("/api/test")
        await http.get("/api/v1/session")
        await http.post("/api/v1/session", json={"credential": "x"})
        await http.delete("/api/v1/session")
        await server.broker.drain()
        await http.get("/api/v1/health")
        await http.post(MESSAGES, json=note())
    assert inspector.successes() - inspector.seen == set()
    refused = {status for _, _, status in inspector.seen}
    assert refused >= {"400", "403", "404", "409", "413", "422", "429", "503"}


async def test_health_of_a_journal_that_fails(tmp_path: Path) -> None:
    """What health says when nothing can be stored fits its schema."""
    async with (
        serving(journal=f"sqlite:{tmp_path}/j.db") as server,
        inspected(server) as (_, http),
    ):
        server.broker._registry.journal.failing = "disk full"
        health = (await http.get("/api/v1/health")).json()
        assert (health["status"], health["journal"]) == ("failing", "disk full")


@pytest.mark.timeout(180)
async def test_schemathesis(tmp_path: Path) -> None:
    """Requests made up from the document find no answer that it does not describe."""
    async with serving(max_wait_seconds=0.02) as server:
        await make_up_requests(server.daemon.rest_url, tmp_path, examples=6)
        assert (await server.http.get("/api/v1/health")).status_code == 200
        assert server.broker.tables.waiters == 0
