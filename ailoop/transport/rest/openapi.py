"""The OpenAPI 3.1 document.

It is joined by hand because no generator describes a tagged union of attrs classes; the
tests hold it against the routes and against what they really answer.
"""

from __future__ import annotations

from typing import Any

import orjson
from quart import Blueprint, Response

from ailoop.model.errors import CATALOGUE
from ailoop.model.limits import MessageLimits
from ailoop.transport.gateway import Gateway
from ailoop.transport.rest.replies import encoded
from ailoop.transport.rest.schemas import CHANNEL, ref, schemas
from ailoop.version import __version__

__all__ = ["openapi_document", "openapi_routes"]

_Operation = dict[str, Any]


_SCHEMES: list[dict[str, list[str]]] = [{"bearer": []}, {"api_key": []}]

_FOR_STRANGERS = ("health", "live", "ready", "sign_in", "sign_out")
"""What needs no credential anywhere; of health, strangers are told the least."""


def openapi_routes(gateway: Gateway) -> Blueprint:
    """Return the route of the document."""
    routes = Blueprint("openapi", __name__)
    guarded = gateway.authenticator is not None
    document = orjson.dumps(openapi_document(gateway.codec.limits, guarded=guarded))

    @routes.get("/openapi.json")
    async def openapi() -> Response:
        return encoded(document)

    return routes


def openapi_document(limits: MessageLimits, *, guarded: bool = False) -> dict[str, Any]:
    """Return the document for a server with these limits.

    :param guarded: whether anybody has to say who they are.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ailoop",
            "version": __version__,
            "summary": "Agents ask, people answer, the decision comes back exactly once.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": _paths(),
        "security": _SCHEMES if guarded else [*_SCHEMES, {}],
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "api_key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            },
            "schemas": schemas(limits),
            "responses": {
                code: {"description": _sentences(code), "content": _json(ref("Error"))}
                for code in sorted({str(spec.status) for spec in CATALOGUE.values()})
            },
        },
    }


def _sentences(status: str) -> str:
    return "; ".join(
        f"`{code}`: {spec.sentence}"
        for code, spec in CATALOGUE.items()
        if spec.status == int(status)
    )


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _query(name: str, about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": about, "schema": schema}


def _path(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


_MESSAGE_ID = _path("message_id", {"type": "string", "format": "uuid"})
_CHANNEL = _path("channel", CHANNEL)
_COUNT = {"type": "integer", "minimum": 0}
_SECONDS = {"type": "number", "minimum": 0}
_WAIT = _query("wait", "Seconds to wait for the response", _SECONDS)
_LIMIT = _query("limit", "At most so many items", _COUNT)
_AFTER = _query("after", "The seq last seen", _COUNT)


def _operation(
    name: str,
    summary: str,
    answers: dict[str, str | dict[str, Any]],
    errors: str = "",
    *,
    parameters: tuple[dict[str, Any], ...] = (),
    body: dict[str, Any] | None = None,
) -> _Operation:
    """Describe one route.

    :param answers: by status, the schema of the body or its component's name.
    :param errors: the statuses of refusals, separated by spaces.
    """
    responses: dict[str, Any] = {
        status: {
            "description": "Done" if status != "202" else "Nobody has answered yet",
            "content": _json(ref(schema) if isinstance(schema, str) else schema),
        }
        for status, schema in answers.items()
    }
    writes = name.startswith(("post", "withdraw", "echo", "sign"))
    statuses = ["401", "403", *errors.split(), "429", "500", *(["503"] if writes else [])]
    for status in statuses:
        responses.setdefault(status, {"$ref": f"#/components/responses/{status}"})
    operation: _Operation = {
        "operationId": name,
        "summary": summary,
        "responses": responses,
    }
    if name in _FOR_STRANGERS:
        operation["security"] = [*_SCHEMES, {}]
    if parameters:
        operation["parameters"] = list(parameters)
    if body is not None:
        operation["requestBody"] = {"required": True, "content": _json(body)}
    return operation


def _mcp() -> _Operation:
    """Describe the route whose errors may also be those of JSON-RPC."""
    operation = _operation(
        "post_mcp",
        "A request of the Model Context Protocol",
        {"200": "RpcAnswer"},
        "404 413 415 501",
        parameters=(_query("channel", "Where tools ask", CHANNEL),),
        body=ref("RpcRequest"),
    )
    responses = operation["responses"]
    responses["200"]["content"]["text/event-stream"] = {}
    responses["202"] = {"description": "A notification has been taken"}
    either = {"anyOf": [ref("Error"), ref("RpcAnswer")]}
    for status in ("400", "404", "500"):
        responses[status] = {"description": _sentences(status), "content": _json(either)}
    return operation


def _or_array(name: str) -> dict[str, Any]:
    return {"anyOf": [ref(name), {"type": "array", "minItems": 1, "items": ref(name)}]}


def _paths() -> dict[str, Any]:
    channels = _operation("list_channels", "The live channels", {"200": "Channels"})
    return {
        "/api/v1/messages": {
            "post": _operation(
                "post_messages",
                "Post one message or an array; with wait, also wait for the response",
                {
                    "201": _or_array("Message"),
                    "200": _or_array("Message"),
                    "202": "PromptMessage",
                },
                "400 404 409 413 422 429",
                parameters=(_WAIT,),
                body=_or_array("NewMessage"),
            )
        },
        "/api/v1/messages/{message_id}": {
            "get": _operation(
                "get_message",
                "A message; a prompt also tells how it stands",
                {"200": "PromptMessage"},
                "404",
                parameters=(_MESSAGE_ID,),
            ),
            "delete": _operation(
                "withdraw_message",
                "The asker withdraws a prompt",
                {"200": "Message"},
                "404 409",
                parameters=(_MESSAGE_ID,),
            ),
        },
        "/api/v1/messages/{message_id}/response": {
            "get": _operation(
                "get_response",
                "The response to a prompt, waited for if asked to",
                {"200": "Message", "202": "PromptMessage"},
                "400 404 409 503",
                parameters=(_MESSAGE_ID, _WAIT),
            ),
            "post": _operation(
                "post_response",
                "A person answers a prompt; the same answer again is harmless",
                {"200": "Message"},
                "400 404 409 413 422",
                parameters=(_MESSAGE_ID,),
                body=ref("Decision"),
            ),
        },
        "/api/v1/messages/{message_id}/delivery": {
            "get": _operation(
                "get_delivery",
                "Whether a prompt was shown to anybody, waited for if asked to",
                {"200": "PromptDelivery"},
                "400 404 409 429",
                parameters=(
                    _MESSAGE_ID,
                    _query("wait", "Seconds to wait until a surface shows it", _SECONDS),
                ),
            ),
            "post": _operation(
                "post_delivery",
                "A surface tells that it lists a prompt, or that a person has seen it",
                {"200": "PromptDelivery"},
                "400 404 409 413 422",
                parameters=(_MESSAGE_ID,),
                body=ref("Word"),
            ),
        },
        "/api/v1/pending": {
            "get": _operation(
                "list_pending",
                "The prompts that wait for a person",
                {"200": "Pending"},
                "400",
                parameters=(_query("channel", "Of this channel only", CHANNEL), _LIMIT),
            )
        },
        "/api/channels": {"get": channels},
        "/api/v1/channels": {"get": {**channels, "operationId": "list_channels_v1"}},
        "/api/channels/{channel}/messages": {
            "get": _operation(
                "list_messages",
                "The newest messages, or those after a cursor",
                {"200": "ChannelMessages"},
                "400",
                parameters=(_CHANNEL, _LIMIT, _AFTER),
            )
        },
        "/api/channels/{channel}/stats": {
            "get": _operation(
                "channel_stats",
                "How much a channel holds",
                {"200": "ChannelStats"},
                "400",
                parameters=(_CHANNEL,),
            )
        },
        "/api/stats": {"get": _operation("stats", "Who is connected", {"200": "Stats"})},
        "/api/v1/health": {
            "get": _operation("health", "Whether it works", {"200": "Health", "503": "Health"})
        },
        "/api/v1/live": {
            "get": _operation(
                "live", "That it runs, also while it stops or cannot store", {"200": "Live"}
            )
        },
        "/api/v1/ready": {
            "get": _operation(
                "ready",
                "Whether something new can be taken",
                {"200": "Ready", "503": "Ready"},
            )
        },
        "/api/v1/session": {
            "get": _operation("get_session", "Who one is here", {"200": "Session"}),
            "post": _operation(
                "sign_in",
                "A page gives a credential, and is given a cookie that no script can read",
                {"200": "Session"},
                "400 413",
                body=ref("Credential"),
            ),
            "delete": _operation(
                "sign_out", "The cookie is good no longer", {"200": "Session"}
            ),
        },
        "/api/v1/receipt-key": {
            "get": _operation(
                "receipt_key",
                "The public key that verifies receipts, as a JSON Web Key Set",
                {"200": "KeySet"},
                "404",
            )
        },
        "/mcp": {"post": _mcp()},
        "/api/test": {"post": _operation("echo", "Says ok", {"200": "Echo"})},
    }
