"""Everything over HTTP alone: for what a proxy lets through, and for reading lists."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import anyio
import anyio.lowlevel
import httpx2

from ailoop.client.answer import read_answer
from ailoop.client.deliveries import DeliveryFeed
from ailoop.client.errors import (
    AiloopError,
    ConnectionLost,
    NotFound,
    PromptLost,
    Refused,
    Unreachable,
    refusal_of,
)
from ailoop.client.feed import MessageFeed
from ailoop.client.outgoing import Outgoing
from ailoop.client.patience import ConnectionState, Patience, Retries, may_pass
from ailoop.client.polling import POLL_SECONDS, PollingFeed
from ailoop.client.slot import Slot
from ailoop.client.tls_faults import tls_fault
from ailoop.model.codec import encode, load_json
from ailoop.model.errors import Refusal
from ailoop.model.message import Message, ResponseMessage

__all__ = ["RestLink"]

_SLICE_SECONDS = 25
"""One long poll; short enough for proxies, which often cut what is silent for 30 seconds."""

_ANSWER_SECONDS = 10
"""How long a server may take to answer, beyond what it was asked to wait."""

_JSON = {"Content-Type": "application/json"}


class RestLink:
    """A link over HTTP.

    :param base_url: the server's address, such as ``http://127.0.0.1:8081``.
    :param patience: how long to try again, and how often.
    :param headers: returns what each request carries besides.
    :param tls: what an ``https://`` server is trusted by.
    """

    def __init__(
        self,
        base_url: str,
        patience: Patience,
        headers: Callable[[], Mapping[str, str]] = dict,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.state = ConnectionState.CONNECTING
        self.opened: Slot[None] = Slot()
        self._base_url = base_url
        self._patience = patience
        self._headers = headers
        self._tls = tls
        # The certificates of the world take memory and time that plain HTTP has no use for.
        self._http = httpx2.AsyncClient(
            base_url=base_url,
            verify=tls or False,
            # Each wait holds a connection; the server bounds how many there are.
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20),
        )
        self._outgoing = Outgoing(patience.buffered_messages, self._post)

    @property
    def dropped(self) -> int:
        """How many messages nobody waits for the server has not got."""
        return self._outgoing.dropped

    async def run(self) -> None:
        """Post what nobody waits for."""
        # Between two requests there is nothing that could be lost.
        self.state = ConnectionState.CONNECTED
        self.opened.put(None)
        try:
            await self._outgoing.run()
        finally:
            self.state = ConnectionState.CLOSED

    async def aclose(self) -> None:
        """Let out what nobody waits for."""
        await self._outgoing.flush()

    async def disconnect(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        json: Any = None,
        also: int | None = None,
        **query: Any,
    ) -> tuple[int, Any]:
        """Send a request; return the status and the parsed body.

        :param also: a status that is an answer here although it is an error elsewhere.
        :raises Refused: the server refused it.
        :raises Unreachable: nobody answered, or nobody who speaks this protocol.
        """
        if self._http.is_closed:
            raise ConnectionLost("the connection to ailoop has been closed")
        params = {key: value for key, value in query.items() if value is not None}
        headers = {**self._headers(), **(_JSON if content is not None else {})}
        patience = _ANSWER_SECONDS + query.get("wait", 0)
        try:
            answer = await self._http.request(
                method,
                path,
                params=params,
                content=content,
                json=json,
                headers=headers,
                timeout=patience,
            )
            body = load_json(answer.content)
        except (httpx2.HTTPError, ssl.SSLError) as error:
            # httpx2 on asyncio lets the latter through where TLS fails while it reads.
            if fault := self._tls and tls_fault(self._base_url, error):
                raise Unreachable(f"cannot reach ailoop at {self._base_url}: {fault}") from None
            why = str(error) or type(error).__name__
            raise Unreachable(
                f"cannot reach ailoop at {self._base_url} ({why}); "
                "start it with `ailoopd`, or set AILOOP_SERVER to its address"
            ) from None
        except Refusal:
            raise Unreachable(
                f"what answers at {self._base_url} is not ailoop (HTTP {answer.status_code})"
            ) from None
        if answer.is_error and answer.status_code != also:
            said = body if isinstance(body, dict) else {}
            raise refusal_of(said, answer.headers.get("retry-after"))
        return answer.status_code, body

    async def insist(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        """Send a request that may be repeated, until it is answered.

        What a stopping server refuses is for its successor. What only reads is repeated also
        where the server says that it cannot at present.
        """
        retries = Retries(self._patience)
        while True:
            try:
                return await self.call(method, path, **more)
            except AiloopError as error:
                stopping = isinstance(error, Refused) and error.code == "shutting_down"
                lost = isinstance(error, Unreachable) or stopping
                if self._http.is_closed:
                    raise
                if not lost and not (method == "GET" and may_pass(error)):
                    raise
                seconds = retries.failed(anyio.current_time(), error)
            await anyio.sleep(seconds)

    async def send(self, message: Message) -> None:
        """Post a message; return when it has been accepted."""
        await self.send_all([message])

    async def send_later(self, message: Message) -> None:
        """Have a message posted without waiting for it; drop it where there is no room."""
        self._outgoing.put(message)
        await anyio.lowlevel.checkpoint()

    async def send_all(self, messages: Sequence[Message]) -> None:
        """Post messages in one request; return when all have been accepted."""
        await self._outgoing.flush()  # what was said before comes before
        await self._post(messages)

    async def _post(self, messages: Sequence[Message]) -> None:
        encoded = [encode(message) for message in messages]
        content = encoded[0] if len(encoded) == 1 else b"[" + b",".join(encoded) + b"]"
        await self.insist("POST", "/api/v1/messages", content=content)

    async def wait(self, prompt_id: UUID, *, taken: bool = False) -> ResponseMessage:
        """Return the response to a prompt once it exists, asking in slices."""
        path = f"/api/v1/messages/{prompt_id}/response"
        while True:
            began = anyio.current_time()
            try:
                status, body = await self.insist("GET", path, wait=_SLICE_SECONDS)
            except NotFound as error:
                if taken:
                    raise PromptLost(error.details) from None
                raise
            if status == 200:
                return read_answer(prompt_id, body)
            taken = True  # the server had it just now
            if anyio.current_time() - began < POLL_SECONDS:
                # The server had no room to wait for us.
                await anyio.sleep(POLL_SECONDS)

    async def respond(self, prompt_id: UUID, decision: Mapping[str, Any]) -> ResponseMessage:
        """Settle a prompt for a person; return the recorded response."""
        path = f"/api/v1/messages/{prompt_id}/response"
        _, body = await self.insist("POST", path, json=dict(decision))
        return read_answer(prompt_id, body)

    async def withdraw(self, prompt_id: UUID) -> ResponseMessage:
        """Settle a prompt as cancelled; return the recorded response."""
        _, body = await self.insist("DELETE", f"/api/v1/messages/{prompt_id}")
        return read_answer(prompt_id, body)

    async def show(self, prompt_ids: Sequence[UUID], word: Mapping[str, Any]) -> None:
        """Tell how prompts stand with a surface."""
        for prompt_id in prompt_ids:
            with suppress(NotFound):
                path = f"/api/v1/messages/{prompt_id}/delivery"
                await self.insist("POST", path, json=dict(word))

    def deliveries(self) -> AbstractAsyncContextManager[DeliveryFeed]:
        """Refuse: over HTTP nothing comes by itself."""
        raise AiloopError("hearing of deliveries needs the WebSocket transport")

    @asynccontextmanager
    async def subscribe(
        self, channels: Sequence[str] | None, after: Mapping[str, int], replay: int | None
    ) -> AsyncIterator[MessageFeed]:
        """Follow channels by asking for news now and then."""
        feed = PollingFeed(self._get, channels, dict(after), replay)
        await feed.begin()
        yield feed

    async def _get(self, path: str, **query: Any) -> Any:
        return (await self.insist("GET", path, **query))[1]
