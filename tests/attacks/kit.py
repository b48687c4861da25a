"""Bytes on a socket, what comes back, and what a process weighs."""

from __future__ import annotations

import re
from pathlib import Path

import trio

from tests.serving import PATIENCE, Served
from tests.ws.kit import connected, read_to_end

HOST = b"Host: localhost\r\n"
UPGRADE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\n"
)


async def exchange(server: Served, port: str, data: bytes) -> bytes:
    """Send bytes to a port and return all that comes until the server closes."""
    async with connected(server, port) as stream:
        try:
            with trio.fail_after(PATIENCE):
                await stream.send_all(data)
        except trio.BrokenResourceError:
            pass  # it has closed already; what it said is still to be read
        return await read_to_end(stream)


def statuses(answer: bytes) -> list[int]:
    """Return the status of every response in what came back."""
    return [int(one) for one in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def megabytes(pid: int) -> float:
    """Return how much memory a process holds (Linux)."""
    told = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", told)
    assert found is not None
    return int(found[1]) / 1024
