"""Peers that behave badly, as bare sockets."""

from __future__ import annotations

import base64
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

_SMALL = 4096


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
