"""What agents send to the page's tests."""

from __future__ import annotations

from typing import Any

from tests.daemon.api import Api
from tests.needs import needs

__all__ = ["IN_BROWSER", "post", "post_notes", "withdraw_all"]

IN_BROWSER = needs("chromium", "apt-get install chromium")


def post(
    api: Api, kind: str = "question", channel: str = "a", priority: str = "", **content: Any
) -> str:
    """Post a message with what its kind must have, and return its id."""
    least = {
        "question": {"text": "Which?"},
        "authorization": {"action": "deploy"},
        "navigate": {"url": "https://example.org/"},
        "notification": {"text": "Done"},
    }[kind]
    message: dict[str, Any] = {
        "channel": channel,
        "content": {"type": kind, **least, **content},
    }
    if priority:
        message["metadata"] = {"priority": priority}
    answer = api.post_many([message])
    assert answer.status_code == 201, answer.text
    return str(answer.json()[0]["id"])


def post_notes(api: Api, count: int, channel: str = "notes") -> None:
    """Post so many notifications, numbered from 1."""
    for start in range(1, count + 1, 1000):
        numbers = range(start, min(start + 1000, count + 1))
        notes = [
            {"channel": channel, "content": {"type": "notification", "text": f"note {n}"}}
            for n in numbers
        ]
        answer = api.post_many(notes)
        assert answer.status_code == 201, answer.text


def withdraw_all(api: Api) -> None:
    """Leave nothing open."""
    for item in api.get("/api/v1/pending").json()["items"]:
        answer = api._http.delete(f"/api/v1/messages/{item['message_id']}")
        assert answer.status_code in (200, 409), answer.text
