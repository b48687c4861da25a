"""A daemon that wants to know who is there, and the people and agents that it knows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from attrs import frozen

from ailoop.access.keys import KeyFile
from tests.serving import V1, Served, Talk, serving, talking

__all__ = ["GRANTS", "Guarded", "bearer", "guarded"]

GRANTS = {
    "bot": ["agent:a*"],
    "rival": ["agent:a*", "agent:b"],
    "ann": ["human:a*"],
    "olga": ["observer:a*"],
    "root": ["admin:*"],
    "stranger": ["human:elsewhere"],
}
"""Who is known, and what for."""


def bearer(credential: str) -> dict[str, str]:
    """Return the header that carries a credential."""
    return {"Authorization": f"Bearer {credential}"}


@frozen
class Guarded:
    """A running daemon with keys, and an HTTP client for each of :data:`GRANTS`."""

    server: Served
    file: KeyFile
    keys: dict[str, str]
    clients: dict[str, httpx2.AsyncClient]

    def __getitem__(self, name: str) -> httpx2.AsyncClient:
        """Return somebody's HTTP client."""
        return self.clients[name]

    async def ask(self, prompt: dict[str, Any], name: str = "bot") -> dict[str, Any]:
        """Ask for an agent; return the prompt as recorded."""
        answer = await self[name].post("/api/v1/messages", json=prompt)
        assert answer.status_code == 201, answer.text
        recorded: dict[str, Any] = answer.json()
        return recorded

    async def state_of(self, prompt: dict[str, Any]) -> str:
        """Return what has become of a prompt."""
        answer = await self["root"].get(f"/api/v1/messages/{prompt['id']}")
        return str(answer.json()["prompt"]["state"])

    @asynccontextmanager
    async def talk(
        self, port: str, name: str, subprotocol: str | None = V1, **more: Any
    ) -> AsyncIterator[Talk]:
        """Open somebody's WebSocket."""
        headers = list(bearer(self.keys[name]).items())
        url = self.server.socket_url(port)
        async with talking(url, subprotocol, headers=headers, **more) as talk:
            yield talk


@asynccontextmanager
async def guarded(folder: Path, **settings: Any) -> AsyncIterator[Guarded]:
    """Open a daemon that knows :data:`GRANTS` by their keys."""
    file = KeyFile(folder / "keys.json")
    keys = {name: file.create(name, grants)[0] for name, grants in GRANTS.items()}
    async with AsyncExitStack() as stack:
        served = serving(auth_keys=str(folder / "keys.json"), **settings)
        server = await stack.enter_async_context(served)
        clients = {
            name: await stack.enter_async_context(
                httpx2.AsyncClient(
                    base_url=server.daemon.rest_url, headers=bearer(key), timeout=10
                )
            )
            for name, key in keys.items()
        }
        yield Guarded(server, file, keys, clients)
