"""A WebSocket client's frames over a plain socket (RFC 6455), made and read by hand.

A library in the load generator would cost more than the server that is measured. So frames to
send are made before the clock runs, and what comes is parsed only where it must be looked at:
frames of one size are counted by their bytes.
"""

from __future__ import annotations

import base64
import hashlib
import os
import socket

__all__ = [
    "PATIENCE",
    "ClosedByServerError",
    "FrameParser",
    "FrameReader",
    "accept_key",
    "connect",
    "masked",
    "served",
    "unmasked",
]

PATIENCE = 30.0
"""Seconds after which something that must come counts as not coming."""

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_HEAD_BYTES = {126: 4, 127: 10}
"""How many bytes the length takes, with the byte before it, where it takes more than one."""
_CHUNK = 256 * 1024


class ClosedByServerError(Exception):
    """The server has closed the connection.

    :ivar code: of its closing frame; 1006 if there was none.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"the server closed the connection: {code} {reason}".rstrip())
        self.code = code
        self.reason = reason


def connect(port: int, path: str = "/", subprotocol: str | None = None) -> socket.socket:
    """Open a WebSocket on loopback, without extensions, and return the blocking socket."""
    sock = socket.create_connection(("127.0.0.1", port), PATIENCE)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16))
        wanted = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol else ""
        sock.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key.decode()}\r\n"
            f"Sec-WebSocket-Version: 13\r\n{wanted}\r\n".encode()
        )
        _check_answer(_read_head(sock), key, subprotocol)
    except BaseException:
        sock.close()
        raise
    return sock


def _read_head(sock: socket.socket) -> bytes:
    """Read the answer to the handshake, and not a byte of the frame that may follow it."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        seen = sock.recv(4096, socket.MSG_PEEK)
        if not seen:
            raise ConnectionError(f"the connection ended in the handshake: {head!r}")
        end = (head + seen).find(b"\r\n\r\n")
        head += sock.recv(len(seen) if end < 0 else end + 4 - len(head))
    return head


def _check_answer(head: bytes, key: bytes, subprotocol: str | None) -> None:
    status, *lines = head.decode("latin1").split("\r\n")
    fields = {
        name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
    }
    if (
        not status.startswith("HTTP/1.1 101")
        or fields.get("sec-websocket-accept") != accept_key(key).decode()
        or fields.get("sec-websocket-protocol") != subprotocol
        or "sec-websocket-extensions" in fields
    ):
        raise ConnectionError(f"the handshake failed: {head!r}")


def accept_key(key: bytes) -> bytes:
    """Return what a server answers to a handshake's key."""
    return base64.b64encode(hashlib.sha1(key + _GUID).digest())  # noqa: S324 -- RFC 6455


def masked(payload: bytes, opcode: int = TEXT) -> bytes:
    """Make a client's frame of a payload."""
    key = os.urandom(4)
    return bytes([0x80 | opcode]) + _length(len(payload), 0x80) + key + _apply(key, payload)


def unmasked(frame: bytes) -> bytes:
    """Return the payload of a client's frame."""
    start = _HEAD_BYTES.get(frame[1] & 0x7F, 2)
    return _apply(frame[start : start + 4], frame[start + 4 :])


def served(payload: bytes) -> bytes:
    """Make a server's frame of a payload."""
    return bytes([0x80 | TEXT]) + _length(len(payload), 0) + payload


def _apply(key: bytes, payload: bytes) -> bytes:
    size = len(payload)
    mask = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(mask)).to_bytes(size)


def _length(size: int, flag: int) -> bytes:
    if size < 126:
        return bytes([flag | size])
    if size < 2**16:
        return bytes([flag | 126]) + size.to_bytes(2)
    return bytes([flag | 127]) + size.to_bytes(8)


class FrameParser:
    """Cuts a server's bytes into frames; it does no I/O."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._at = 0

    def feed(self, data: bytes) -> None:
        """Take what has come."""
        if self._at:
            del self._buffer[: self._at]
            self._at = 0
        self._buffer += data

    @property
    def rest(self) -> bytes:
        """What has come and has not been taken."""
        return bytes(self._buffer[self._at :])

    def take(self) -> tuple[int, bytes] | None:
        """Return the next frame's opcode and payload, or ``None`` while it is not whole."""
        buffer, at = self._buffer, self._at
        have = len(buffer) - at
        if have < 2:
            return None
        first, size = buffer[at], buffer[at + 1]
        if not first & 0x80 or first & 0x70 or size & 0x80:
            raise ValueError("a frame that is fragmented, extended or masked")
        head = _HEAD_BYTES.get(size, 2)
        if have < head:
            return None
        if head > 2:
            size = int.from_bytes(buffer[at + 2 : at + head])
        if have < head + size:
            return None
        self._at = at + head + size
        return first & 0x0F, bytes(buffer[at + head : self._at])


class FrameReader:
    """Reads a blocking socket frame by frame, and answers pings."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._parser = FrameParser()

    @property
    def rest(self) -> bytes:
        """What has come and has not been read as a message."""
        return self._parser.rest

    def read(self) -> bytes:
        """Return the next message's payload.

        :raises ClosedByServerError: if the connection ends instead.
        """
        while True:
            while (frame := self._parser.take()) is None:
                data = self._sock.recv(_CHUNK)
                if not data:
                    raise ClosedByServerError(1006, "")
                self._parser.feed(data)
            opcode, payload = frame
            if opcode == CLOSE:
                raise ClosedByServerError(int.from_bytes(payload[:2]), payload[2:].decode())
            if opcode == PING:
                self._sock.sendall(masked(payload, PONG))
            elif opcode != PONG:
                return payload
