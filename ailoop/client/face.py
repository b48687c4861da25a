"""What the client's Trio face and its asyncio face share: all but how things run."""

from __future__ import annotations

import os
import warnings
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, cast
from urllib.parse import urlsplit

import anyio

from ailoop.client.agent import AgentVerbs
from ailoop.client.compatibility import VersionWarning, check_version
from ailoop.client.credential import Credential
from ailoop.client.errors import AiloopError
from ailoop.client.link import Link
from ailoop.client.opening import Keyring
from ailoop.client.patience import ConnectionEvent, ConnectionState, Patience
from ailoop.client.person import PersonVerbs
from ailoop.client.presence import PresenceVerbs
from ailoop.client.receipts import ReceiptKey, open_receipts
from ailoop.client.rest import RestLink
from ailoop.client.sealing import KeyFiles, Sealing, paths_of
from ailoop.client.socket import OpenHold
from ailoop.client.tls import Tls
from ailoop.client.websocket import WebSocketLink

if TYPE_CHECKING:
    import ssl

__all__ = ["DEFAULT_URL", "Face", "Role", "Transport", "server_url"]

DEFAULT_URL = "http://127.0.0.1:8081"

_CLOSE_SECONDS = 1
"""How long leaving may take, what nobody waits for included."""

Transport = Literal["websocket", "rest"]
Role = Literal["agent", "human", "observer"]


def server_url() -> str | None:
    """Return the server that the environment names, if it does."""
    return os.environ.get("AILOOP_SERVER") or os.environ.get("AILOOP_BASE_URL") or None


class Face(AgentVerbs, PersonVerbs, PresenceVerbs, ABC):
    """A connection to a daemon, for an agent or for a program that serves a person.

    Its arguments are those of every face.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        transport: Transport = "websocket",
        role: Role | None = None,
        token: str | Callable[[], str] | None = None,
        patience: Patience | None = None,
        tls: Tls | None = None,
        on_event: Callable[[ConnectionEvent], None] | None = None,
        receipt_key: ReceiptKey | None = None,
        seal_for: KeyFiles | None = None,
        keys: KeyFiles | None = None,
    ) -> None:
        self.base_url = (base_url or server_url() or DEFAULT_URL).rstrip("/")
        if not self.base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url must start with http:// or https://: {self.base_url}")
        try:
            urlsplit(self.base_url).port  # noqa: B018 -- reading it checks it
        except ValueError:
            raise ValueError(f"base_url has no valid port: {self.base_url}") from None
        if tls is not None and not self.base_url.startswith("https:"):
            raise ValueError(f"tls is for an https:// address, not for {self.base_url}")
        self._tls = tls
        self._transport = transport
        self._role = role
        self._credential = Credential(token)
        self._patience = patience or Patience()
        self._on_event = on_event or (lambda _: None)
        # The environment's key is for agents; nobody else may ask.
        asks = role not in ("human", "observer")
        self._receipts = open_receipts(receipt_key) if asks or receipt_key else None
        self._keyring = Keyring(paths_of(keys, "AILOOP_KEYS"))
        recipients = paths_of(seal_for, "AILOOP_SEAL_FOR")
        self._sealing = Sealing(recipients, self._keyring.keys) if recipients else None
        self._open = False
        self._stack = AsyncExitStack()
        self._rest = cast("RestLink", _NotOpen())
        self._link = cast("Link", self._rest)

    # -- what differs -----------------------------------------------------------------

    @staticmethod
    @abstractmethod
    def _check_loop() -> None:
        """Refuse to run on a loop that is not this face's.

        :raises AiloopError: it is another one, or there is none.
        """

    @staticmethod
    @abstractmethod
    def _hold() -> OpenHold:
        """Return what opens a WebSocket."""

    @staticmethod
    @abstractmethod
    def _background(
        function: Callable[[], Awaitable[None]],
    ) -> AbstractAsyncContextManager[Any]:
        """Run a function for as long as a block runs."""

    # -- what does not ----------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether it has been entered and not been left."""
        return self._open

    @property
    def state(self) -> ConnectionState:
        """How this client stands to its server; over HTTP alone, whether it is open."""
        return self._link.state if self._open else ConnectionState.CLOSED

    async def __aenter__(self) -> Self:
        self._check_loop()
        if self._open:
            raise AiloopError("this client is open already")
        async with AsyncExitStack() as stack:
            context = self._context()
            headers = self._credential.headers
            self._rest = RestLink(self.base_url, self._patience, headers, context)
            stack.push_async_callback(self._rest.disconnect)
            await self._check_version()
            self._link = self._make_link(context)
            await stack.enter_async_context(self._running(self._link))
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

    def _context(self) -> ssl.SSLContext | None:
        if not self.base_url.startswith("https:"):
            return None
        return (self._tls or Tls.from_environment()).context()

    def _make_link(self, context: ssl.SSLContext | None) -> Link:
        if self._transport == "rest":
            return self._rest
        url = f"ws{self.base_url.removeprefix('http')}/ws"
        hold = partial(self._hold(), tls=context)
        headers = self._credential.headers
        return WebSocketLink(url, self._role, self._patience, hold, headers, self._on_event)

    @asynccontextmanager
    async def _running(self, link: Link) -> AsyncIterator[None]:
        """Have a link run for as long as the block does; it has its time to say goodbye."""
        closing = anyio.CancelScope(shield=True)

        async def run() -> None:
            try:
                await link.run()
            finally:
                closing.cancel()

        async with self._background(run):
            await link.opened.get()
            try:
                yield
            finally:
                closing.deadline = anyio.current_time() + _CLOSE_SECONDS
                with closing:
                    await link.aclose()

    async def _check_version(self) -> None:
        version = (await self.health()).get("version", "")
        warning = check_version(version, f"the server at {self.base_url}")
        if warning is not None:
            warnings.warn(warning, VersionWarning, stacklevel=3)


class _NotOpen:
    """Stands where the links of an open client are."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AiloopError("this client is not open; use it in a `with` or `async with` block")
