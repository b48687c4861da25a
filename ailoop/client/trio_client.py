"""The client's Trio face."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Literal, Self

from ailoop.client.agent import AgentVerbs
from ailoop.client.errors import Incompatible
from ailoop.client.link import Link
from ailoop.client.patience import ConnectionEvent, ConnectionState, Patience
from ailoop.client.person import PersonVerbs
from ailoop.client.rest import RestLink
from ailoop.client.websocket import WebSocketLink, open_websocket_link
from ailoop.version import __version__

__all__ = ["DEFAULT_URL", "AiloopClient", "server_url"]

DEFAULT_URL = "http://127.0.0.1:8081"


def server_url() -> str | None:
    """Return the server that the environment names, if it does."""
    return os.environ.get("AILOOP_SERVER") or os.environ.get("AILOOP_BASE_URL") or None


class AiloopClient(AgentVerbs, PersonVerbs):
    """A connection to a daemon, for an agent or for a program that serves a person.

    ::

        async with AiloopClient() as client:
            answer = await client.ask("general", "Which branch?", choices=["main", "dev"])
            print(answer.content.answer)

    Once entered it connects again by itself whenever the connection is lost, and takes up
    what was open: nothing is sent or delivered twice, nothing is skipped silently.

    :param base_url: the server's REST address; else ``AILOOP_SERVER`` or
        ``AILOOP_BASE_URL``, else ``http://127.0.0.1:8081``.
    :param transport: ``websocket`` (the same port, at ``/ws``), or ``rest`` where only
        plain HTTP gets through.
    :param role: ``agent``, ``human`` or ``observer``: the server then refuses what this
        role may not do.
    :param patience: how long to wait for what; see :class:`Patience`.
    :param on_event: called with what becomes of the WebSocket: :class:`Connected`,
        :class:`Lost`, :class:`Reconnecting`. It must neither wait nor raise.
    :raises Unreachable: on entering, if nobody answers.
    :raises Incompatible: on entering, if the server speaks another version.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        transport: Literal["websocket", "rest"] = "websocket",
        role: Literal["agent", "human", "observer"] | None = None,
        patience: Patience | None = None,
        on_event: Callable[[ConnectionEvent], None] | None = None,
    ) -> None:
        self.base_url = (base_url or server_url() or DEFAULT_URL).rstrip("/")
        if not self.base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url must start with http:// or https://: {self.base_url}")
        self._transport = transport
        self._role = role
        self._patience = patience or Patience()
        self._on_event = on_event or (lambda _: None)
        self._open = False
        self._stack = AsyncExitStack()
        self._rest: RestLink
        self._link: Link

    @property
    def state(self) -> ConnectionState:
        """How this client stands to its server; over HTTP alone, whether it is open."""
        if not self._open:
            return ConnectionState.CLOSED
        link = self._link
        return link.state if isinstance(link, WebSocketLink) else ConnectionState.CONNECTED

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self._rest = self._link = RestLink(self.base_url, self._patience)
            stack.push_async_callback(self._rest.aclose)
            await self._check_version()
            if self._transport == "websocket":
                url = f"ws{self.base_url.removeprefix('http')}/ws"
                self._link = await stack.enter_async_context(
                    open_websocket_link(url, self._role, self._patience, self._on_event)
                )
            self._stack = stack.pop_all()
        self._open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open = False
        # Each of the two links on the stack bounds and shields its own end.
        await self._stack.__aexit__(kind, error, trace)  # noqa: ASYNC102

    async def _check_version(self) -> None:
        """Refuse a server whose major version is not ours (semver 2.0.0, item 8)."""
        theirs = str((await self.health()).get("version", ""))
        if theirs.partition(".")[0] != __version__.partition(".")[0]:
            raise Incompatible(
                f"the server at {self.base_url} is version {theirs or 'unknown'}, "
                f"this client is {__version__}: install the same major version"
            )
