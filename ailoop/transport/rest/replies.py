"""How REST answers, and how it reads what every route reads."""

from __future__ import annotations

import math
from typing import Any
from uuid import UUID

import orjson
from quart import Response, request

from ailoop.broker import Prompt
from ailoop.model.codec import format_epoch
from ailoop.model.errors import Refusal
from ailoop.transport.delivery import delivery_members
from ailoop.transport.head import SECURITY_HEADERS

__all__ = [
    "encoded",
    "prompt_members",
    "query_int",
    "query_seconds",
    "read_id",
    "refused",
    "reply",
]


def encoded(body: bytes, status: int = 200) -> Response:
    """Answer with JSON that is encoded already."""
    return Response(body, status, content_type="application/json")


def reply(value: Any, status: int = 200) -> Response:
    """Answer with JSON."""
    return encoded(orjson.dumps(value), status)


def refused(refusal: Refusal) -> Response:
    """Answer with a refusal: its status, its body, and when to try again."""
    response = reply(refusal.body(), refusal.spec.status)
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    if refusal.spec.status == 401:  # RFC 9110, section 11.6.1
        response.headers["WWW-Authenticate"] = "Bearer"
    response.headers.update(SECURITY_HEADERS)  # here, as no hook sees a handshake's refusal
    return response


def prompt_members(prompt: Prompt) -> bytes:
    """Return a prompt's message with what has become of it, as REST alone shows it."""
    answer = prompt.response_message
    standing = {
        "state": prompt.state,
        "expires_at": format_epoch(prompt.deadline),
        "response_id": str(answer.id) if answer else None,
        "delivery": delivery_members(prompt),
    }
    return b'%b,"prompt":%b}' % (prompt.entry.encoded[:-1], orjson.dumps(standing))


def read_id(text: str) -> UUID:
    """Read an id of a path; what is no id cannot be found either."""
    try:
        return UUID(text)
    except ValueError:
        raise Refusal("message_not_found", message_id=text[:100]) from None


def query_seconds(name: str, most: float) -> float | None:
    """Read a number of seconds from the query, at most ``most``; ``None`` if absent."""
    # Most requests have no query, and to parse none takes its time, too.
    text = request.args.get(name) if request.query_string else None
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise Refusal("bad_request", f"{name} is a number of seconds, 0 or more", path=name)
    return min(seconds, most)


def query_int(name: str, default: int, most: int) -> int:
    """Read a whole number from the query, at most ``most``."""
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise Refusal("bad_request", f"{name} is a whole number, 0 or more", path=name)
    return min(int(text), most)
