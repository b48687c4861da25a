"""Everything over HTTP alone: for what a proxy lets through, and for reading lists."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx2
import trio

from ailoop.client.errors import (
    AiloopError,
    Incompatible,
    MissedMessages,
    NotFound,
    PromptLost,
    Unreachable,
    refusal_of,
)
from ailoop.client.feed import MessageFeed
from ailoop.client.opening import read_seconds
from ailoop.client.patience import Patience, Retries, may_pass
from ailoop.model.codec import encode, load_json, load_message
from ailoop.model.errors import Refusal
from ailoop.model.message import Message, ResponseMessage

__all__ = ["RestLink"]

_SLICE_SECONDS = 25
"""One long poll; short enough for proxies, which often cut what is silent for 30 seconds."""

_ANSWER_SECONDS = 10
"""How long a server may take to answer, beyond what it was asked to wait."""

_POLL_SECONDS = 0.5
_JSON = {"Content-Type": "application/json"}


class RestLink:
    """A link over HTTP.

    :param base_url: the server's address, such as ``http://127.0.0.1:8081``.
    :param patience: how long to try again, and how often.
    """

    dropped = 0
    """Nothing is sent here without waiting for it."""

    def __init__(self, base_url: str, patience: Patience | None = None) -> None:
        self._base_url = base_url
        self._patience = patience or Patience()
        self._http = httpx2.AsyncClient(base_url=base_url)

    async def aclose(self) -> None:
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
        params = {key: value for key, value in query.items() if value is not None}
        headers = _JSON if content is not None else None
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
        except httpx2.HTTPError as error:
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
            refused = refusal_of(body if isinstance(body, dict) else {})
            refused.retry_after = read_seconds(answer.headers.get("retry-after"))
            raise refused
        return answer.status_code, body

    async def insist(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        """Send a request that may be repeated, until it is answered.

        What only reads is repeated also where the server says that it cannot at present.
        """
        retries = Retries(self._patience)
        while True:
            try:
                return await self.call(method, path, **more)
            except AiloopError as error:
                lost = isinstance(error, Unreachable) or (method == "GET" and may_pass(error))
                if not lost:
                    raise
                seconds = retries.failed(trio.current_time(), error)
            await trio.sleep(seconds)

    async def send(self, message: Message) -> None:
        """Post a message; return when it has been accepted."""
        await self.insist("POST", "/api/v1/messages", content=encode(message))

    async def send_later(self, message: Message) -> None:
        """Post a message; without a connection that stays there is no later."""
        await self.send(message)

    async def wait(self, prompt_id: UUID, *, taken: bool = False) -> ResponseMessage:
        """Return the response to a prompt once it exists, asking in slices."""
        path = f"/api/v1/messages/{prompt_id}/response"
        while True:
            began = trio.current_time()
            try:
                status, body = await self.insist("GET", path, wait=_SLICE_SECONDS)
            except NotFound as error:
                if taken:
                    raise PromptLost(error.details) from None
                raise
            if status == 200:
                return _response(body)
            taken = True  # the server had it just now
            if trio.current_time() - began < _POLL_SECONDS:
                # The server had no room to wait for us.
                await trio.sleep(_POLL_SECONDS)

    async def respond(self, prompt_id: UUID, decision: Mapping[str, Any]) -> ResponseMessage:
        """Settle a prompt for a person; return the recorded response."""
        path = f"/api/v1/messages/{prompt_id}/response"
        return _response((await self.insist("POST", path, json=dict(decision)))[1])

    async def withdraw(self, prompt_id: UUID) -> ResponseMessage:
        """Settle a prompt as cancelled; return the recorded response."""
        return _response((await self.insist("DELETE", f"/api/v1/messages/{prompt_id}"))[1])

    @asynccontextmanager
    async def subscribe(
        self, channels: Sequence[str] | None, after: Mapping[str, int], replay: int | None
    ) -> AsyncIterator[MessageFeed]:
        """Follow channels by asking for news now and then."""
        feed = _PollingFeed(self, channels, dict(after), replay)
        await feed.begin()
        yield feed


class _PollingFeed:
    """Asks each channel in turn for what came after its cursor."""

    def __init__(
        self,
        link: RestLink,
        channels: Sequence[str] | None,
        cursors: dict[str, int],
        replay: int | None,
    ) -> None:
        self._link = link
        self._channels = channels
        self.cursors = cursors
        self._replay = replay or 0
        self._others = self.cursors.pop("*", 0)
        self._ready: deque[tuple[Message | None, str, int]] = deque()
        """What each page held, and after its last message the cursor it gave."""

    async def begin(self) -> None:
        """Take up a cursor on every channel that has none."""
        for name in await self._names():
            if name not in self.cursors:
                page = await self._page(name, limit=max(self._replay, 1))
                if self._replay:
                    self._keep(name, page)
                else:
                    self.cursors[name] = page["next_after"]

    async def _names(self) -> Sequence[str]:
        if self._channels is not None:
            return self._channels
        _, body = await self._link.insist("GET", "/api/channels")
        return [one["name"] for one in body["channels"]]

    async def _page(self, name: str, **query: Any) -> Any:
        return (await self._link.insist("GET", f"/api/channels/{name}/messages", **query))[1]

    def _keep(self, name: str, page: Any) -> None:
        """Hold a page; the cursor goes on only when all of it has been read."""
        self._ready += [(load_message(one), name, -1) for one in page["messages"]]
        self._ready.append((None, name, page["next_after"]))

    def __aiter__(self) -> _PollingFeed:
        return self

    async def __anext__(self) -> Message:
        while True:
            while not self._ready:
                await trio.sleep(_POLL_SECONDS)
                for name in await self._names():
                    await self._read(name)
            message, name, cursor = self._ready.popleft()
            if self._ready and self._ready[0][0] is None:
                _, name, cursor = self._ready.popleft()
            if cursor >= 0:
                self.cursors[name] = cursor
            if message is not None:
                return message

    async def _read(self, name: str) -> None:
        # A channel that appeared since is read from its beginning.
        after = self.cursors.get(name, self._others)
        page = await self._page(name, after=after)
        gap = page.get("gap")
        if gap:
            self.cursors[name] = gap["first"] - 1
            raise MissedMessages(name, gap["after"], gap["first"])
        self._keep(name, page)


def _response(body: Any) -> ResponseMessage:
    try:
        return ResponseMessage.of(load_message(body))
    except (Refusal, TypeError) as error:
        raise Incompatible(f"the server's answer is not understood: {error}") from None
