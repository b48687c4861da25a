"""Errors that are nobody's wish: unknown addresses, wrong methods, and our own faults."""

from __future__ import annotations

from typing import Any, NoReturn
from uuid import uuid4

import pytest
import structlog
from structlog.testing import capture_logs

from ailoop.broker import Broker, JournalError
from tests.rest.kit import MESSAGES, READING, check_error, http_routes, path_of
from tests.serving import Served, note, question

SECRET = "a secret of the inside"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/api",
        "/api/v1/messages/a/b",
        "/..%2f..%2fetc/passwd",
        "/%00",
        "/%ff",
        "/<script>",
        "//api//v1//health",
        "/api/v1//health",
        "/static/inbox.js",
        "/ws",
    ],
)
async def test_no_such_address(server: Served, path: str) -> None:
    """What is not there is told in JSON, never as a page and never with another address."""
    for method in ("GET", "POST"):
        answer = await server.http.request(method, server.daemon.rest_url + path)
        assert answer.status_code in (400, 404, 405), answer.text
        assert answer.headers["Content-Type"] == "application/json"
        assert set(answer.json()) >= {"error", "code"}
        assert "<" not in answer.text


async def test_not_found(server: Served) -> None:
    """Its code is ``not_found``; a slash at the end is no other address."""
    check_error(await server.http.get("/nothing"), "not_found")
    assert (await server.http.get("/api/v1/health/")).status_code == 200


async def test_wrong_method(server: Served) -> None:
    """A method that an address does not take is refused with those that it takes."""
    taken: dict[str, set[str]] = {}
    for method, rule in http_routes(server.daemon.gateway):
        taken.setdefault(path_of(rule.replace("<message_id>", "x")), set()).add(method)
    for path, methods in taken.items():
        for method in set(METHODS) - methods:
            answer = await server.http.request(method, path)
            check_error(answer, "method_not_allowed")
            allowed = set(answer.headers["Allow"].replace(" ", "").split(","))
            assert allowed - READING == methods - READING, path


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Break the broker's verbs in a way nobody has thought of."""

    def crash(*_: Any, **__: Any) -> NoReturn:
        raise RuntimeError(SECRET)

    for verb in ("publish", "wait", "respond", "withdraw", "pending", "message"):
        monkeypatch.setattr(Broker, verb, crash)


@pytest.mark.usefixtures("broken")
async def test_fault(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault is ``internal``, tells nothing of the inside, is logged, and stays alone."""
    some_id = uuid4()
    calls: list[tuple[str, str, Any]] = [
        ("POST", MESSAGES, note()),
        ("GET", f"{MESSAGES}/{some_id}", None),
        ("POST", f"{MESSAGES}/{some_id}/response", {"answer": "x"}),
        ("DELETE", f"{MESSAGES}/{some_id}", None),
        ("GET", "/api/v1/pending", None),
    ]
    for method, path, body in calls:
        with capture_logs() as logs:
            answer = await server.http.request(method, path, json=body)
        check_error(answer, "internal")
        assert SECRET not in answer.text
        (logged,) = [one for one in logs if one["event"] == "request_failed"]
        assert logged["method"] == method
        assert isinstance(logged["exc_info"], RuntimeError)
    monkeypatch.undo()
    structlog.get_logger().debug("mended")
    assert (await server.http.post(MESSAGES, json=note())).status_code == 201


async def test_journal_failure(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be stored was not accepted: 503, and the same request works later."""
    asked = {**question(), "id": str(uuid4())}

    async def fail(*_: Any) -> NoReturn:
        raise JournalError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(type(server.broker._registry.journal), "append", fail)
        check_error(await server.http.post(MESSAGES, json=asked), "journal_unavailable")
    assert (await server.http.get("/api/v1/pending")).json()["total_count"] == 0
    assert (await server.http.post(MESSAGES, json=asked)).status_code == 201
