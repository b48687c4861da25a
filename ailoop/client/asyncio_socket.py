"""One WebSocket on asyncio, from its opening to its end."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from ailoop.client.errors import AiloopError, Unreachable
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


async def hold(
    url: str,
    headers: Mapping[str, str],
    seconds: float,
    converse: Converse,
    *,
    tls: ssl.SSLContext | None = None,
) -> AiloopError:
    """Open a WebSocket, have it used, close it; as :data:`~ailoop.client.socket.Hold`."""
    try:
        connection = await connect(
            url,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers=headers,
            compression=None,
            open_timeout=seconds,
            ping_interval=None,  # the session has a pulse of its own
            max_size=FRAME_BYTES,
            max_queue=QUEUED_MESSAGES,
            proxy=None,
            ssl=tls,
            create_connection=_Connection,
        )
    except InvalidStatus as rejected:
        answer = rejected.response
        told = answer.headers.raw_items()
        return why_rejected(url, answer.status_code, told, bytes(answer.body or b""))
    except (OSError, EOFError, WebSocketException) as error:
        fault = tls_fault(url, error) if tls else None
        return Unreachable(f"cannot open {url}: {fault or str(error) or type(error).__name__}")
    try:
        return await converse(_Socket(connection))
    finally:
        with suppress(AttributeError):  # of what is closed twice asyncio's TLS has no part left
            connection.transport.abort()


class _Connection(ClientConnection):
    """Ends when the server says goodbye, whether or not it then closes the connection.

    One that finds a message too large says so, and may read no more: behind the rest of that
    message our reply would wait for ever.
    """

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.protocol.close_rcvd is None:
            return
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()


class _Socket:
    """What :class:`~ailoop.client.socket.Socket` asks for, of ``websockets``."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def receive(self) -> str | bytes:
        try:
            return await self._connection.recv()
        except ConnectionClosed as closed:
            raise _closed(closed) from None

    async def send(self, message: str) -> None:
        try:
            await self._connection.send(message)
        except ConnectionClosed as closed:
            raise _closed(closed) from None

    async def aclose(self) -> None:
        await self._connection.close()


def _closed(closed: ConnectionClosed) -> SocketClosedError:
    close = closed.rcvd
    return SocketClosedError(close.code, close.reason) if close else SocketClosedError()
