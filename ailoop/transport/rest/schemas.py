"""JSON Schemas of what travels, with the limits this server was started with."""

from __future__ import annotations

from typing import Any

from ailoop.model.delivery import Showing
from ailoop.model.limits import MessageLimits
from ailoop.model.message import (
    CONTENT_TYPES,
    PROMPT_TYPES,
    Priority,
    ResponseType,
    SenderType,
)
from ailoop.model.names import RESERVED_CHANNELS
from ailoop.transport.rest.form_schemas import form_schemas

__all__ = ["CHANNEL", "ref", "schemas"]

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    """Return a reference to a component schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def _text(limits: MessageLimits, about: str, *, least: int = 1) -> Schema:
    # Schema lengths count characters where the limits count bytes; a text longer than
    # this is refused for certain, a shorter one may be.
    pattern = {"pattern": r"\S"} if least else {}
    return {"type": "string", "maxLength": limits.text_bytes, "description": about, **pattern}


def _nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(required: list[str], properties: Schema, **more: Any) -> Schema:
    return {"type": "object", "required": required, "properties": properties, **more}


CHANNEL: Schema = {
    "type": "string",
    "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$",
    # In any case; the schema shows the usual spelling.
    "not": {"enum": sorted(RESERVED_CHANNELS)},
}
_ID: Schema = {"type": "string", "format": "uuid"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_METADATA: Schema = {"type": "object", "additionalProperties": True}


def schemas(limits: MessageLimits) -> dict[str, Schema]:
    """Return every component schema by its name."""
    return {
        **_contents(limits),
        **form_schemas(),
        **_messages(),
        **_bodies(limits),
        **_reports(),
    }


def _contents(limits: MessageLimits) -> dict[str, Schema]:
    timeout = {
        "anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}],
        "description": f"Seconds to wait; 0 asks for the most, {limits.timeout_seconds}.",
    }
    choices = {
        "type": "array",
        "maxItems": limits.choices,
        "items": _text(limits, "One choice"),
        "description": "Without choices any text answers.",
    }
    context = {"description": "Any JSON that helps a person decide."}
    url = {**_text(limits, "The page to open"), "format": "uri", "pattern": "^[Hh][Tt][Tt][Pp]"}
    fields: dict[str, tuple[list[str], Schema]] = {
        "question": (
            ["text"],
            {
                "text": _text(limits, "What is asked"),
                "timeout_seconds": {**timeout, "default": 60},
                "choices": _nullable(choices),
                "schema": {
                    **_nullable(ref("Form")),
                    "description": "Without choices: the answer is an object that fits it.",
                },
            },
        ),
        "authorization": (
            ["action"],
            {
                "action": _text(limits, "What would be done"),
                "timeout_seconds": {**timeout, "default": 300},
                "context": context,
                "editable": {
                    **_nullable({"type": "boolean", "default": False}),
                    "description": "Whether an approval may bring another context: an object.",
                },
            },
        ),
        "notification": (
            ["text"],
            {
                "text": _text(limits, "What is told"),
                "priority": _nullable({"enum": list(Priority), "default": Priority.NORMAL}),
            },
        ),
        "response": (
            [],
            {
                "answer": {
                    **_nullable(_text(limits, "The answer", least=0)),
                    "description": "An object that is sent here is recorded as its JSON text.",
                },
                "response_type": _nullable({"enum": list(ResponseType)}),
            },
        ),
        "navigate": (
            ["url"],
            {"url": url, "timeout_seconds": {**timeout, "default": 300}, "context": context},
        ),
    }
    contents = {
        kind.capitalize(): _object(
            ["type", *required],
            {"type": {"const": kind}, **properties},
            additionalProperties=False,
        )
        for kind, (required, properties) in fields.items()
    }
    contents["Content"] = {
        "oneOf": [ref(kind.capitalize()) for kind in CONTENT_TYPES],
        "discriminator": {
            "propertyName": "type",
            "mapping": {
                kind: f"#/components/schemas/{kind.capitalize()}" for kind in CONTENT_TYPES
            },
        },
    }
    return contents


def _messages() -> dict[str, Schema]:
    sender = {"enum": list(SenderType)}
    message = {
        "id": _ID,
        "channel": CHANNEL,
        "sender_type": sender,
        "content": ref("Content"),
        "timestamp": _TIME,
        "correlation_id": _nullable(_ID),
        "metadata": _METADATA,
    }
    state = {"enum": ["pending", "answered", "approved", "denied", "timeout", "cancelled"]}
    names = {"type": "array", "items": {"type": "string"}}
    delivery = {
        "delivered_at": {**_nullable(_TIME), "description": "When a surface first listed it."},
        "seen_at": {**_nullable(_TIME), "description": "When a person first saw it."},
        "seen_by": names,
        "typing": names,
    }
    standing = _object(
        ["state", "expires_at", "response_id", "delivery"],
        {
            "state": state,
            "expires_at": _TIME,
            "response_id": _nullable(_ID),
            "delivery": ref("Delivery"),
        },
    )
    required = ["id", "channel", "sender_type", "content", "timestamp", "correlation_id"]
    return {
        "NewMessage": _object(
            ["channel", "content"],
            {
                **message,
                "id": {**_nullable(_ID), "description": "Posting it again is harmless."},
                "sender_type": _nullable({**sender, "default": SenderType.AGENT}),
                "timestamp": _nullable(_TIME),
                "metadata": _nullable(_METADATA),
            },
            description="Members that are not named here are ignored.",
        ),
        "Message": _object(required, message),
        "Delivery": _object([*delivery], delivery),
        "PromptDelivery": _object(
            ["message_id", "state", *delivery], {"message_id": _ID, "state": state, **delivery}
        ),
        "PromptMessage": _object(required, {**message, "prompt": standing}),
        "PendingItem": _object(
            [
                "message_id",
                "kind",
                "channel",
                "position",
                "label",
                "expires_at",
                "expires_in",
                "delivery",
                "message",
            ],
            {
                "message_id": _ID,
                "kind": {"enum": [cls.type for cls in PROMPT_TYPES]},
                "channel": CHANNEL,
                "position": {"type": "integer", "minimum": 1},
                "label": {"type": "string"},
                "expires_at": _TIME,
                "expires_in": {
                    "type": "number",
                    "minimum": 0,
                    "description": "Seconds that are left.",
                },
                "delivery": ref("Delivery"),
                "message": ref("Message"),
            },
        ),
    }


def _bodies(limits: MessageLimits) -> dict[str, Schema]:
    return {
        "Decision": _object(
            [],
            {
                "answer": {
                    "anyOf": [
                        _text(limits, "The answer, or a choice", least=0),
                        {"type": "object", "additionalProperties": True},
                        {"type": "null"},
                    ],
                    "description": "To a form, and of an edited context, an object.",
                },
                "response_type": _nullable(
                    {"enum": list(ResponseType), "default": ResponseType.TEXT}
                ),
                "reason": _nullable(_text(limits, "Why", least=0)),
                "responder": _nullable(_text(limits, "Who", least=0)),
                "surface": _nullable(_text(limits, "Where", least=0)),
                "sealed": _nullable(
                    {
                        "type": "object",
                        "required": ["ciphertext"],
                        "additionalProperties": True,
                        "description": "A JWE for the agent, where the prompt was sealed.",
                    }
                ),
            },
        ),
        "Word": _object(
            ["state"],
            {
                "state": {"enum": [Showing.DELIVERED, Showing.SEEN]},
                "name": _nullable({"type": "string", "maxLength": 100}),
                "surface": _nullable({"type": "string", "maxLength": 100}),
            },
        ),
        "Error": _object(
            ["error", "code"],
            {
                "error": {"type": "string", "description": "A sentence for a person."},
                "code": {"type": "string", "description": "Stable; programs match on it."},
            },
            additionalProperties=True,
        ),
        "RpcRequest": _object(
            ["jsonrpc", "method"],
            {
                "jsonrpc": {"const": "2.0"},
                "id": {"type": ["string", "integer"]},
                "method": {"type": "string"},
                "params": {"type": "object"},
            },
        ),
        "RpcAnswer": _object(
            ["jsonrpc"],
            {
                "jsonrpc": {"const": "2.0"},
                "id": {"type": ["string", "integer", "null"]},
                "result": {"type": "object"},
                "error": {"type": "object"},
            },
        ),
    }


def _reports() -> dict[str, Schema]:
    span = {
        "message_count": _COUNT,
        "oldest_message": _nullable(_TIME),
        "newest_message": _nullable(_TIME),
    }
    gap = _object(["after", "first"], {"after": _COUNT, "first": _COUNT})
    counts = ("active_connections", "queue_size", "active_channels")
    camel = ("activeConnections", "queueSize", "activeChannels")
    stats = ("total_viewers", "agent_connections", "viewer_connections", "active_channels")
    queue = _object(["used", "limit"], {"used": _COUNT, "limit": _COUNT, "overflows": _COUNT})
    rate = _object(
        ["rate", "burst", "refused"],
        {"rate": {"type": "number", "minimum": 0}, "burst": _COUNT, "refused": _COUNT},
    )
    return {
        "Pending": _object(
            ["items", "total_count"],
            {
                "items": {"type": "array", "items": ref("PendingItem")},
                "total_count": _COUNT,
            },
        ),
        "Channels": _object(
            ["channels"],
            {
                "channels": {
                    "type": "array",
                    "items": _object(["name", *span], {"name": {"type": "string"}, **span}),
                }
            },
        ),
        "ChannelMessages": _object(
            ["channel", "messages", "total_count", "next_after"],
            {
                "channel": {"type": "string"},
                "messages": {"type": "array", "items": ref("Message")},
                "total_count": _COUNT,
                "next_after": _COUNT,
                "gap": gap,
            },
        ),
        "ChannelStats": _object(["channel", *span], {"channel": {"type": "string"}, **span}),
        "Stats": _object(list(stats), dict.fromkeys(stats, _COUNT)),
        "Health": _object(
            ["status", "version"],  # all that a stranger is told
            {
                "status": {"enum": ["healthy", "stopping", "failing"]},
                "version": {"type": "string"},
                **dict.fromkeys((*counts, *camel), _COUNT),
                "queues": {"type": "object", "additionalProperties": queue},
                "rates": {
                    "type": "object",
                    "additionalProperties": rate,
                    "description": "The rate limits that are on.",
                },
                "journal": {"type": "string", "description": "Why nothing can be stored."},
            },
        ),
        "Live": _object(["status"], {"status": {"const": "live"}}),
        "Ready": _object(["status"], {"status": {"enum": ["ready", "stopping", "failing"]}}),
        "Credential": _object(["credential"], {"credential": {"type": "string"}}),
        "Session": _object(
            ["authentication", "name", "grants"],
            {
                "authentication": {
                    "type": "boolean",
                    "description": "Whether anybody has to say who they are.",
                },
                "name": {"type": ["string", "null"]},
                "grants": {"type": "array", "items": {"type": "string"}},
                "expires_at": {"type": ["string", "null"], "format": "date-time"},
                "csrf": {
                    "type": "string",
                    "description": "What a page repeats as X-Ailoop-Csrf with each request.",
                },
            },
        ),
        "KeySet": _object(
            ["keys"],
            {
                "keys": {
                    "type": "array",
                    "items": _object(
                        ["kty", "crv", "x", "kid", "use", "alg"],
                        {
                            "kty": {"const": "OKP"},
                            "crv": {"const": "Ed25519"},
                            "x": {"type": "string", "description": "The key, in base64url."},
                            "kid": {"type": "string", "description": "Its thumbprint."},
                            "use": {"const": "sig"},
                            "alg": {"const": "Ed25519"},
                        },
                    ),
                }
            },
        ),
        "Echo": _object(["test"], {"test": {"const": "ok"}}),
    }
