"""One HTTP request as Hypercorn hands it over, answered so that its connection lives on.

Quart-Trio cancels what answers a request as soon as Hypercorn ends it. That end comes in the
middle of the last write, before Hypercorn has closed the connection or made it ready for the
next request: a client that waits for the end of the connection would wait for ever. And
Hypercorn cannot go on with a connection whose request was answered before it was read.
"""

from __future__ import annotations

from collections.abc import Iterable

import trio
from hypercorn.typing import ASGIReceiveCallable, ASGIReceiveEvent, ASGISendCallable
from quart.typing import ResponseTypes
from quart.utils import encode_headers
from quart.wrappers import Request, Response
from quart_trio.asgi import TrioASGIHTTPConnection

from ailoop.transport.head import SECURITY_HEADERS
from ailoop.transport.rest.relay import Relay

__all__ = ["Connection"]

_READ_ON_BYTES = 16 * 1024 * 1024
"""How much of a request that has been decided on is read, so that its connection lives on."""

_FINISH_SECONDS = 1.0
"""How long Hypercorn may need, after the end of a request, to put its connection in order."""

_SECURITY_HEADERS = [
    (name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()
]
"""What is told unless a route knows better."""


class Connection(TrioASGIHTTPConnection):
    """Answers when the request has been read, and finishes what it has begun to say.

    Only what Quart 0.22 and 0.23 have in common is used; how a request takes its body is not.
    """

    _read: trio.Event  # all of the request, or more of it than will be
    _arrived: int
    _complete: bool
    _due: float
    _enough: int
    _deciding: trio.CancelScope
    _done: trio.Event

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve the request; if its sender leaves before the answer, stop."""
        self._read, self._done = trio.Event(), trio.Event()
        self._arrived, self._complete = 0, False
        self._due = trio.current_time() + self.app.config["BODY_TIMEOUT"]
        self._enough = max(_READ_ON_BYTES, self.app.config["MAX_CONTENT_LENGTH"] or 0)
        if _declared_length(self.scope["headers"]) > self._enough:
            self._read.set()
        self._deciding = trio.CancelScope()

        async def watch() -> ASGIReceiveEvent:
            event = await receive()
            if event["type"] == "http.disconnect":
                self._deciding.cancel()
                # Told of the end, Quart-Trio cancels everything, a write in progress too.
                with trio.move_on_after(_FINISH_SECONDS):
                    await self._done.wait()
            elif event["type"] == "http.request":
                self._arrived += len(event["body"])
                self._complete = not event["more_body"]
                if self._complete or self._arrived > self._enough:
                    self._read.set()
            return event

        await super().__call__(watch, send)

    # Quart-Trio gives Quart's method a nursery, and so do we.
    async def handle_request(  # type: ignore[override]
        self, nursery: trio.Nursery, request: Request, send: ASGISendCallable
    ) -> None:
        """Decide on the request, answer it, and end what serves it."""
        with self._deciding:
            response = await self.app.handle_request(request)
            if not self._read.is_set():
                with trio.CancelScope(deadline=self._due):
                    await self._read.wait()
        if not self._deciding.cancelled_caught:
            await self._send_response(send, response)
        self._done.set()
        nursery.cancel_scope.cancel()

    async def _send_response(self, send: ASGISendCallable, response: ResponseTypes) -> None:
        """Send the whole body with its end, as Quart would not: each event is a write."""
        if isinstance(response, Relay):
            for header, value in SECURITY_HEADERS.items():
                response.headers.setdefault(header, value)
            await response.serve(dict(self.scope), send)
            return
        if not isinstance(response, Response):
            await super()._send_response(send, response)
            return
        headers = encode_headers(response.headers)
        # Here, where they are bytes, and not in a hook: there they cost three times as much.
        told = {name for name, _ in headers}
        headers += [header for header in _SECURITY_HEADERS if header[0] not in told]
        if not self._complete:
            headers.append((b"connection", b"close"))
        body = await response.get_data(as_text=False)
        await send(
            {
                "type": "http.response.start",
                "status": response.status_code,
                "headers": headers,
                "trailers": False,
            }
        )
        await send({"type": "http.response.body", "body": body, "more_body": False})


def _declared_length(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Return how long a request says it is; what is no number has been refused before."""
    return max((int(value) for name, value in headers if name == b"content-length"), default=0)
