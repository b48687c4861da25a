"""Something of everything that the page shows: for what looks at the page as a whole."""

from __future__ import annotations

from typing import Any

from tests.daemon.api import Api

__all__ = ["fill"]


_RELEASE = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Release name", "description": "Of a star"},
        "notify": {"type": "boolean", "default": True},
        "stage": {"type": "string", "enum": ["beta", "stable"]},
        "teams": {"type": "array", "items": {"type": "string", "enum": ["ops", "web"]}},
    },
    "required": ["name"],
}


def _prompt(channel: str, priority: str = "", **content: Any) -> dict[str, Any]:
    metadata = {"metadata": {"priority": priority}} if priority else {}
    return {"channel": channel, "content": content, **metadata}


def fill(api: Api) -> list[str]:
    """Post a day's work of some agents, and return the ids of the prompts that wait."""
    settled = [
        _prompt(
            "builds",
            type="question",
            text="The job failed twice. Retry it?",
            choices=["yes", "no"],
        ),
        _prompt("deploys", type="authorization", action="Deploy api-7 to staging"),
        _prompt("docs", type="navigate", url="https://docs.example.org/changes"),
    ]
    first, second, third = api.post_many(settled).json()
    api.respond(first["id"], answer="yes", responder="Ann", surface="terminal")
    api.respond(
        second["id"],
        response_type="authorization_denied",
        reason="Not before the backup is done",
        responder="Bob",
        surface="web page",
    )
    api._http.delete(f"/api/v1/messages/{third['id']}")
    api.post(
        "builds", type="notification", text="Nightly build is **done**: 412 tests, no failure"
    )
    api.post(
        "database", type="notification", text="Disk of `db-1` is 92 % full", priority="urgent"
    )
    waiting = [
        _prompt(
            "database",
            "urgent",
            type="authorization",
            action="DELETE FROM sessions WHERE last_seen < '2026-01-01'",
            context={"host": "db-1.production", "rows": 48213, "backup": "2026-11-24T03:00Z"},
            editable=True,
            timeout_seconds=290,
        ),
        _prompt(
            "deploys",
            "high",
            type="question",
            text="Which **region** should `api-7` go to first?\n\n"
            "- *eu-west* has less traffic now\n- *us-east* has the canary",
            choices=["eu-west", "us-east", "neither, wait"],
            timeout_seconds=1500,
        ),
        _prompt(
            "docs",
            type="navigate",
            url="https://github.example.org/acme/api/pull/1042/files?diff=split",
            timeout_seconds=3000,
        ),
        _prompt(
            "docs",
            type="question",
            text="What should the release note say about the new limits?",
            timeout_seconds=4000,
        ),
        _prompt("deploys", type="question", text="Tag the release", schema=_RELEASE),
    ]
    return [message["id"] for message in api.post_many(waiting).json()]
