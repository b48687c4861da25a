"""One HTTP request as Hypercorn hands it over, answered so that its connection lives on.

Quart-Trio cancels what answers a request as soon as Hypercorn ends it. That end comes in the
middle of the last write, before Hypercorn has closed the connection or made it ready for the
next request: a client that waits for the end of the connection would wait for ever. And
Hypercorn cannot go on with a connection whose request was answered before it was read.
"""

from __future__ import annotations

import trio
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable
from quart.wrappers import Request
from quart_trio.asgi import TrioASGIHTTPConnection

__all__ = ["Connection"]

_UPLOAD_SECONDS = 10.0
"""How long a request that has been decided on may take to arrive; then it is cut off."""

_FINISH_SECONDS = 1.0
"""How long Hypercorn may need, after the end of a request, to put its connection in order."""


class Connection(TrioASGIHTTPConnection):
    """Answers when the request has been read, and finishes what it has begun to say."""

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve the request; if its sender leaves before the answer, stop."""
        request = self._create_request_from_scope(send)
        read = trio.Event()
        deciding = trio.CancelScope()
        async with trio.open_nursery() as nursery:
            whole = nursery.cancel_scope
            nursery.start_soon(_read, request, receive, read, deciding, whole)
            with deciding:
                response = await self.app.handle_request(request)
                with trio.move_on_after(_UPLOAD_SECONDS):
                    await read.wait()
            if not deciding.cancelled_caught:
                await self._send_response(send, response)
            whole.cancel()


async def _read(
    request: Request,
    receive: ASGIReceiveCallable,
    read: trio.Event,
    deciding: trio.CancelScope,
    whole: trio.CancelScope,
) -> None:
    while (event := await receive())["type"] == "http.request":
        request.body.append(event["body"])
        if not event["more_body"]:
            request.body.set_complete()
            read.set()
    deciding.cancel()
    whole.deadline = trio.current_time() + _FINISH_SECONDS
