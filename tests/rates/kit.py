"""What the tests of rate limits share: a clock that they move, and clients apart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ailoop.access.keys import KeyFile
from tests.rest.kit import MESSAGES
from tests.serving import Served, note

ELSEWHERE = "127.0.0.2"
"""Another client's address; all of 127.0.0.0/8 is loopback on Linux."""


class Clock:
    """What the library takes for the time, in seconds; it moves when a test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("throttled.utils.now_sec", lambda: int(self.now))
        monkeypatch.setattr("throttled.utils.now_mono_f", lambda: self.now)


@asynccontextmanager
async def client_at(
    server: Served, address: str = "127.0.0.1", key: str | None = None
) -> AsyncIterator[httpx2.AsyncClient]:
    """Open an HTTP client that comes from an address, or shows a key."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    transport = httpx2.AsyncHTTPTransport(local_address=address)
    url = server.daemon.rest_url
    async with httpx2.AsyncClient(base_url=url, headers=headers, transport=transport) as http:
        yield http


async def say(http: httpx2.AsyncClient, channel: str = "a", count: int = 1) -> httpx2.Response:
    """Post notifications, as an array if there are several."""
    body: Any = note(channel) if count == 1 else [note(channel)] * count
    return await http.post(MESSAGES, json=body)


async def statuses(http: httpx2.AsyncClient, count: int, channel: str = "a") -> list[int]:
    """Post notifications one by one, and return what became of each."""
    return [(await say(http, channel)).status_code for _ in range(count)]


def make_keys(path: Path, **grants: str) -> dict[str, str]:
    """Write a file of keys, one for each name, and return them."""
    keys = KeyFile(path)
    return {name: keys.create(name, [grant])[0] for name, grant in grants.items()}
