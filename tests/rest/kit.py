"""What the REST tests share: how an error looks, and every way to call a route."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx2
from werkzeug.routing import Map

from ailoop.model.errors import CATALOGUE
from ailoop.transport.gateway import Gateway
from ailoop.transport.rest import create_app

MESSAGES = "/api/v1/messages"
READING = {"GET", "HEAD", "OPTIONS"}


def check_error(answer: httpx2.Response, code: str, **details: Any) -> dict[str, Any]:
    """Check that an answer is this refusal, in the one shape that errors have."""
    body = answer.json()
    spec = CATALOGUE[code]
    assert body.get("code") == code, body
    assert answer.status_code == spec.status
    assert answer.headers["Content-Type"] == "application/json"
    assert isinstance(body["error"], str)
    assert body["error"]
    after = None if spec.retry_after is None else str(spec.retry_after)
    assert answer.headers.get("Retry-After") == after
    assert "Traceback" not in answer.text
    assert {name: body.get(name) for name in details} == details
    return dict(body)


def url_map(gateway: Gateway) -> Map:
    """Return every route there is, as the application knows them."""
    return create_app(gateway).url_map


def http_routes(gateway: Gateway) -> list[tuple[str, str]]:
    """Return method and rule of every HTTP route, without what Quart adds to each."""
    return [
        (method, rule.rule)
        for rule in url_map(gateway).iter_rules()
        if not rule.websocket
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def path_of(rule: str) -> str:
    """Fill a rule's variables with something well-formed."""
    return rule.replace("<message_id>", str(uuid4())).replace("<name>", "a")
