"""Opening a WebSocket over a connection that is ours to close.

trio-websocket's own way leaves the connection open when the server rejects the handshake.
"""

from __future__ import annotations

from typing import cast
from urllib.parse import urlsplit

import trio
from trio_websocket import ConnectionRejected, WebSocketConnection, wrap_client_stream

from ailoop.client.errors import AiloopError, Unreachable, refusal_of
from ailoop.client.session import SUBPROTOCOL
from ailoop.model.codec import load_json
from ailoop.model.errors import Refusal

__all__ = ["Stream", "connect", "shake_hands", "why_rejected"]

Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]

_QUEUED_MESSAGES = 256
_FRAME_BYTES = 16 * 1024 * 1024


async def connect(url: str) -> Stream:
    """Open the connection that a WebSocket goes over; the caller closes it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "wss":
        return await trio.open_ssl_over_tcp_stream(
            host, parts.port or 443, https_compatible=True
        )
    return await trio.open_tcp_stream(host, parts.port or 80)


async def shake_hands(nursery: trio.Nursery, stream: Stream, url: str) -> WebSocketConnection:
    """Open the WebSocket.

    The nursery fails with :exc:`ConnectionRejected` if the server does not want it.
    """
    parts = urlsplit(url)
    return await wrap_client_stream(
        nursery,
        stream,
        parts.netloc,
        parts.path or "/",
        subprotocols=[SUBPROTOCOL],
        message_queue_size=_QUEUED_MESSAGES,
        max_message_size=_FRAME_BYTES,
    )


def why_rejected(url: str, group: BaseExceptionGroup[ConnectionRejected]) -> AiloopError:
    """Return what the server said instead of a handshake."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    rejected = cast("ConnectionRejected", error)
    try:
        body = load_json(rejected.body or b"")
    except Refusal:
        body = None
    if isinstance(body, dict) and "code" in body:
        return refusal_of(body)
    return Unreachable(f"cannot open {url}: HTTP {rejected.status_code}")
