"""Everything over HTTP alone: for what a proxy lets through, and for reading lists."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx2
import trio

from ailoop.client.errors import Incompatible, MissedMessages, Unreachable, refusal_of
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
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
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
            raise refusal_of(body if isinstance(body, dict) else {})
        return answer.status_code, body

    async def send(self, message: Message) -> None:
        """Post a message; return when it has been accepted."""
        await self.call("POST", "/api/v1/messages", content=encode(message))

    async def wait(self, prompt_id: UUID) -> ResponseMessage:
        """Return the response to a prompt once it exists, asking in slices."""
        path = f"/api/v1/messages/{prompt_id}/response"
        while True:
            began = trio.current_time()
            status, body = await self.call("GET", path, wait=_SLICE_SECONDS)
            if status == 200:
                return _response(body)
            if trio.current_time() - began < _POLL_SECONDS:
                # The server had no room to wait for us.
                await trio.sleep(_POLL_SECONDS)

    async def respond(self, prompt_id: UUID, decision: Mapping[str, Any]) -> ResponseMessage:
        """Settle a prompt for a person; return the recorded response."""
        path = f"/api/v1/messages/{prompt_id}/response"
        return _response((await self.call("POST", path, json=dict(decision)))[1])

    async def withdraw(self, prompt_id: UUID) -> ResponseMessage:
        """Settle a prompt as cancelled; return the recorded response."""
        return _response((await self.call("DELETE", f"/api/v1/messages/{prompt_id}"))[1])

    @asynccontextmanager
    async def subscribe(
        self, channels: Sequence[str] | None, after: Mapping[str, int], replay: int | None
    ) -> AsyncIterator[AsyncIterator[Message]]:
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
        self._cursors = cursors
        self._replay = replay or 0
        self._ready: list[Message] = []

    async def begin(self) -> None:
        """Take up a cursor on every channel that has none."""
        for name in await self._names():
            if name not in self._cursors:
                page = await self._page(name, limit=max(self._replay, 1))
                self._cursors[name] = page["next_after"]
                if self._replay:
                    self._ready += map(load_message, page["messages"])

    async def _names(self) -> Sequence[str]:
        if self._channels is not None:
            return self._channels
        _, body = await self._link.call("GET", "/api/channels")
        return [one["name"] for one in body["channels"]]

    async def _page(self, name: str, **query: Any) -> Any:
        return (await self._link.call("GET", f"/api/channels/{name}/messages", **query))[1]

    def __aiter__(self) -> _PollingFeed:
        return self

    async def __anext__(self) -> Message:
        while not self._ready:
            await trio.sleep(_POLL_SECONDS)
            for name in await self._names():
                await self._read(name)
        return self._ready.pop(0)

    async def _read(self, name: str) -> None:
        # A channel that appeared since is read from its beginning.
        after = self._cursors.get(name, 0)
        page = await self._page(name, after=after)
        gap = page.get("gap")
        if gap:
            self._cursors[name] = gap["first"] - 1
            raise MissedMessages(name, gap["after"], gap["first"])
        self._cursors[name] = page["next_after"]
        self._ready += map(load_message, page["messages"])


def _response(body: Any) -> ResponseMessage:
    try:
        return ResponseMessage.of(load_message(body))
    except (Refusal, TypeError) as error:
        raise Incompatible(f"the server's answer is not understood: {error}") from None
