"""An answer that another ASGI application gives, under our guards and with our headers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
import trio
from quart import Response

from ailoop.model.errors import Refusal
from ailoop.transport.rest.replies import refused

__all__ = ["Application", "Relay"]

log = structlog.get_logger()

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

_OURS = ("content-type", "content-length", "connection")
"""Headers that are the application's to say, or the connection's."""


class Relay(Response):
    """The answer of an application to a request whose body has been read.

    It may come in pieces over a long time. When its reader leaves, whoever serves this is
    cancelled, and so is the application.
    """

    def __init__(self, application: Application, body: bytes) -> None:
        super().__init__(b"")
        self._application = application
        self._body: bytes | None = body

    async def serve(
        self, scope: dict[str, Any], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        """Have the application answer.

        :param send: takes ASGI events.
        """
        begun = False

        async def pass_on(event: dict[str, Any]) -> None:
            nonlocal begun
            if event["type"] == "http.response.start":
                begun = True
                event = {**event, "headers": self._headers(event), "trailers": False}
            elif event["type"] == "http.response.body":
                event = {"body": b"", "more_body": False, **event}
            await send(event)

        try:
            await self._application(scope, self._receive, pass_on)
        except Exception as fault:
            log.exception("request_failed", route="/mcp", exc_info=fault)
            if not begun:
                await _send_whole(refused(Refusal("internal")), send)

    async def _receive(self) -> dict[str, Any]:
        """Return the body, and then nothing: the end comes by cancelling."""
        if self._body is None:
            await trio.sleep_forever()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    def _headers(self, event: dict[str, Any]) -> list[tuple[bytes, bytes]]:
        theirs = [one for one in event.get("headers", ()) if one[0].lower() != b"connection"]
        if event["status"] == 202:  # what has no body has no type of it
            theirs = [one for one in theirs if one[0].lower() != b"content-type"]
        told = {name.lower() for name, _ in theirs}
        ours = [
            (name.lower().encode(), value.encode())
            for name, value in self.headers.items()
            if name.lower() not in _OURS
        ]
        return theirs + [one for one in ours if one[0] not in told]


async def _send_whole(response: Response, send: Callable[[Any], Awaitable[None]]) -> None:
    headers = [(k.lower().encode(), v.encode()) for k, v in response.headers.items()]
    status = response.status_code
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": headers,
            "trailers": False,
        }
    )
    body = await response.get_data(as_text=False)
    await send({"type": "http.response.body", "body": body, "more_body": False})
