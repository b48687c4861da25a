"""What tests do over HTTP, without the client under test."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import httpx2

from tests.daemon.process import eventually


class Api:
    """A daemon's REST interface.

    :param url: its base address.
    :param trust: what to speak TLS with.
    """

    def __init__(self, url: str, trust: ssl.SSLContext | None = None) -> None:
        self._http = httpx2.Client(
            base_url=url, timeout=15, trust_env=False, verify=trust or False
        )

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> httpx2.Response:
        return self._http.get(path, params=query)

    def post(self, channel: str, **content: Any) -> dict[str, Any]:
        """Post a message of an agent; return it as accepted."""
        body = {"channel": channel, "sender_type": "AGENT", "content": content}
        answer = self._http.post("/api/v1/messages", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def post_many(self, messages: list[dict[str, Any]]) -> httpx2.Response:
        return self._http.post("/api/v1/messages", json=messages)

    def post_raw(self, body: bytes) -> httpx2.Response:
        """Post a body as it is."""
        return self._http.post("/api/v1/messages", content=body)

    def ask(self, channel: str, text: str = "Which?", **more: Any) -> str:
        """Ask a question; return its id."""
        return self.post(channel, type="question", text=text, **more)["id"]

    def request_permission(self, channel: str, action: str = "deploy", **more: Any) -> str:
        """Request an authorization; return its id."""
        return self.post(channel, type="authorization", action=action, **more)["id"]

    def respond(self, prompt_id: str, **decision: Any) -> httpx2.Response:
        return self._http.post(f"/api/v1/messages/{prompt_id}/response", json=decision)

    def response_to(self, prompt_id: str) -> dict[str, Any]:
        """Return the recorded response to a prompt once it is there."""
        path = f"/api/v1/messages/{prompt_id}/response"

        def look() -> dict[str, Any] | None:
            answer = self.get(path)
            assert answer.status_code in (200, 202), answer.text
            return answer.json() if answer.status_code == 200 else None

        return eventually(look, f"a response to {prompt_id}")

    def state(self, prompt_id: str) -> str:
        """Return where a prompt stands."""
        return self.get(f"/api/v1/messages/{prompt_id}").json()["prompt"]["state"]

    def messages(self, channel: str) -> list[dict[str, Any]]:
        return self.get(f"/api/channels/{channel}/messages").json()["messages"]

    def pending(self, channel: str) -> list[dict[str, Any]]:
        return self.get("/api/v1/pending", channel=channel).json()["items"]

    def wait_pending(self, channel: str, count: int = 1) -> list[dict[str, Any]]:
        """Return the open prompts of a channel once there are so many."""

        def look() -> list[dict[str, Any]] | None:
            items = self.pending(channel)
            return items if len(items) >= count else None

        return eventually(look, f"{count} open prompts on {channel}")

    def eventually(self, look: Callable[[Api], Any], what: str) -> Any:
        return eventually(lambda: look(self), what)
