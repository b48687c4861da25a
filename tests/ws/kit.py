"""A WebSocket by hand, for what no library would send."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from tests.serving import PATIENCE, Served

TEXT = 0x81
BINARY = 0x82
CONTINUED_TEXT = 0x01


def frame(payload: bytes, first: int = TEXT) -> bytes:
    """Make a client's frame, masked with zeros (RFC 6455, section 5.2)."""
    if len(payload) < 126:
        length = bytes([0x80 | len(payload)])
    elif len(payload) < 2**16:
        length = bytes([0x80 | 126]) + len(payload).to_bytes(2, "big")
    else:
        length = bytes([0x80 | 127]) + len(payload).to_bytes(8, "big")
    return bytes([first]) + length + bytes(4) + payload


async def shake(stream: trio.SocketStream, path: str = "/ws") -> None:
    """Do the opening handshake."""
    key = base64.b64encode(b"x" * 16).decode()
    await stream.send_all(
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    answer = b""
    with trio.fail_after(PATIENCE):
        while b"\r\n\r\n" not in answer:
            more = await stream.receive_some()
            assert more, answer
            answer += more
    assert answer.startswith(b"HTTP/1.1 101"), answer


@asynccontextmanager
async def connected(server: Served, port: str) -> AsyncIterator[trio.SocketStream]:
    """Open a plain connection to one of the ports."""
    async with await trio.open_tcp_stream(*server.address(port)) as stream:
        yield stream


async def read_to_end(stream: trio.SocketStream) -> bytes:
    """Return all that comes until the server closes, or has closed."""
    seen = b""
    with trio.fail_after(PATIENCE):
        try:
            while more := await stream.receive_some():
                seen += more
        except trio.BrokenResourceError:
            pass
    return seen
