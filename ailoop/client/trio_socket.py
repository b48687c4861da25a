"""One WebSocket on Trio, from its opening to its end, over a connection that is ours to close.

trio-websocket's own way leaves the connection open when the server rejects the handshake.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import trio
from trio_websocket import (
    ConnectionClosed,
    ConnectionRejected,
    HandshakeError,
    WebSocketConnection,
    wrap_client_stream,
)
from wsproto.utilities import LocalProtocolError

from ailoop.client.errors import AiloopError, ConnectionLost, Unreachable
from ailoop.client.session import SUBPROTOCOL
from ailoop.client.socket import (
    FRAME_BYTES,
    QUEUED_MESSAGES,
    Converse,
    SocketClosedError,
    why_rejected,
)
from ailoop.client.tls_faults import tls_fault

if TYPE_CHECKING:
    import ssl

__all__ = ["hold"]

_UNOPENED = (OSError, HandshakeError, trio.TooSlowError, trio.BrokenResourceError)

Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]


async def hold(
    url: str,
    headers: Mapping[str, str],
    seconds: float,
    converse: Converse,
    *,
    tls: ssl.SSLContext | None = None,
) -> AiloopError:
    """Open a WebSocket, have it used, close it; as :data:`~ailoop.client.socket.Hold`."""
    stream: Stream | None = None
    why: AiloopError = ConnectionLost("the connection to ailoop ended")
    try:
        async with trio.open_nursery() as nursery:
            try:
                with trio.fail_after(seconds):
                    stream = await _connect(url, tls)
                    socket = await _shake_hands(nursery, stream, url, headers)
            except _UNOPENED as error:
                fault = tls_fault(url, error) if tls else None
                words = fault or str(error) or type(error).__name__
                why = Unreachable(f"cannot open {url}: {words}")
            else:
                why = await converse(_Socket(socket))
            nursery.cancel_scope.cancel()
    except* ConnectionRejected as group:
        why = _rejected(url, group)
    except* LocalProtocolError:
        pass  # trio-websocket fails on a ping that crosses our closing frame
    finally:
        if stream is not None:
            await trio.aclose_forcefully(stream)
    return why


class _Socket:
    """What :class:`~ailoop.client.socket.Socket` asks for, of trio-websocket."""

    def __init__(self, connection: WebSocketConnection) -> None:
        self._connection = connection

    async def receive(self) -> str | bytes:
        try:
            return await self._connection.get_message()
        except ConnectionClosed as closed:
            raise _closed(closed) from None

    async def send(self, message: str) -> None:
        try:
            await self._connection.send_message(message)
        except ConnectionClosed as closed:
            raise _closed(closed) from None
        except LocalProtocolError:
            raise SocketClosedError from None

    async def aclose(self) -> None:
        await self._connection.aclose()


def _closed(closed: ConnectionClosed) -> SocketClosedError:
    if closed.reason is None:
        return SocketClosedError()
    return SocketClosedError(closed.reason.code, closed.reason.reason or "")


async def _connect(url: str, tls: ssl.SSLContext | None) -> Stream:
    """Open the connection that a WebSocket goes over; the caller closes it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "wss":
        stream = await trio.open_ssl_over_tcp_stream(
            host, parts.port or 443, ssl_context=tls, https_compatible=True
        )
        try:
            # Within trio-websocket nobody would learn why it fails.
            await stream.do_handshake()
        except BaseException:
            await trio.aclose_forcefully(stream)
            raise
        return stream
    return await trio.open_tcp_stream(host, parts.port or 80)


async def _shake_hands(
    nursery: trio.Nursery, stream: Stream, url: str, headers: Mapping[str, str]
) -> WebSocketConnection:
    """Open the WebSocket.

    The nursery fails with :exc:`ConnectionRejected` if the server does not want it.

    :raises OSError: the server hung up instead of answering.
    """
    parts = urlsplit(url)
    socket: WebSocketConnection | None = None
    with trio.CancelScope() as shaking:
        socket = await wrap_client_stream(
            nursery,
            cast("Stream", _Noticing(stream, shaking.cancel)),  # any stream will do
            parts.netloc,
            parts.path or "/",
            subprotocols=[SUBPROTOCOL],
            extra_headers=[(name.encode(), value.encode()) for name, value in headers.items()],
            message_queue_size=QUEUED_MESSAGES,
            max_message_size=FRAME_BYTES,
        )
    if socket is None:
        raise OSError("the server hung up")
    return socket


class _Noticing(trio.abc.Stream):
    """Tells when the other end has gone, for which trio-websocket's handshake waits for ever.

    :param on_end: called once there is nothing more to read, or nobody to write to.
    """

    def __init__(self, stream: Stream, on_end: Callable[[], None]) -> None:
        self._stream = stream
        self._on_end = on_end

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        try:
            data = bytes(await self._stream.receive_some(max_bytes))
        except trio.BrokenResourceError:
            data = b""
        if not data:
            self._on_end()
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        try:
            await self._stream.send_all(data)
        except trio.BrokenResourceError:
            self._on_end()
            raise

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await self._stream.aclose()


def _rejected(url: str, group: BaseExceptionGroup[ConnectionRejected]) -> AiloopError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    rejected = cast("ConnectionRejected", error)
    headers = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in rejected.headers or ()
    ]
    return why_rejected(url, rejected.status_code, headers, rejected.body or b"")
