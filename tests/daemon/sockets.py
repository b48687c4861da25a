"""Peers of a daemon: a WebSocket that behaves, and bare sockets that do not."""

from __future__ import annotations

import base64
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit

import trio
from trio_websocket import WebSocketConnection, open_websocket_url

_SMALL = 4096


@asynccontextmanager
async def websocket(url: str, *protocols: str) -> AsyncIterator[WebSocketConnection]:
    """Open a well-behaved WebSocket, and close its socket also where the peer closed it."""
    async with open_websocket_url(url, subprotocols=protocols) as connection:
        try:
            yield connection
        finally:
            # Left to itself it stays open where the reader was cancelled before the end.
            await trio.aclose_forcefully(connection._stream)


@contextmanager
def connected(url: str, *, reads: bool = True) -> Iterator[socket.socket]:
    """Connect to a daemon.

    :param reads: without it the peer's buffer is as small as it can be.
    """
    parts = urlsplit(url)
    with socket.socket() as sock:
        if not reads:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
        sock.settimeout(20)
        sock.connect((parts.hostname, parts.port))
        yield sock


def upgrade(sock: socket.socket, protocol: str = "") -> None:
    """Open a WebSocket on a connection; nothing after the handshake is read."""
    key = base64.b64encode(os.urandom(16)).decode()
    offered = f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
    host, port = sock.getpeername()
    sock.sendall(
        f"GET /ws HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        f"Sec-WebSocket-Version: 13\r\n{offered}\r\n".encode()
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += sock.recv(1)
    assert head.startswith(b"HTTP/1.1 101"), head


def send_text(sock: socket.socket, text: str) -> None:
    """Send a short text frame, masked with zeros (RFC 6455, section 5)."""
    body = text.encode()
    assert len(body) < 126
    sock.sendall(bytes([0x81, 0x80 | len(body), 0, 0, 0, 0]) + body)
