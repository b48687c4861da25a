"""A real daemon on free ports inside the test's own Trio run, and how tests talk to it.

``serving()`` opens the daemon together with an HTTP client, ``talking()`` opens a WebSocket
to it. Nothing here waits for a fixed time: whoever expects a frame waits for that frame, and
fails if it does not come.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx2
import orjson
import pytest
import trio
from attrs import frozen
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream

from ailoop.broker import Broker
from ailoop.daemon import Daemon, Settings, open_daemon

__all__ = [
    "APPROVE",
    "DENY",
    "PORTS",
    "V1",
    "Served",
    "Talk",
    "authorization",
    "message",
    "navigate",
    "note",
    "question",
    "response",
    "server",
    "serving",
    "talking",
    "until",
]

V1 = "ailoop.v1"
PORTS = ("ws", "rest")
"""The two doors of a WebSocket: any path of the WebSocket port, ``/ws`` of the REST port."""

PATIENCE = 10
"""Seconds after which something that must happen counts as not happening."""

APPROVE = {"response_type": "authorization_approved"}
DENY = {"response_type": "authorization_denied"}


def message(content: dict[str, Any], channel: str = "a", **members: Any) -> dict[str, Any]:
    """Make a message as JSON."""
    return {"channel": channel, "content": content, **members}


def question(channel: str = "a", text: str = "Which?", **content: Any) -> dict[str, Any]:
    """Make a question as JSON; further arguments belong to its content."""
    return message({"type": "question", "text": text, **content}, channel)


def authorization(channel: str = "a", **content: Any) -> dict[str, Any]:
    """Make a request for authorization as JSON."""
    return message({"type": "authorization", "action": "Deploy", **content}, channel)


def navigate(channel: str = "a", **content: Any) -> dict[str, Any]:
    """Make a request to open a page as JSON."""
    return message({"type": "navigate", "url": "https://example.org/", **content}, channel)


def note(channel: str = "a", text: str = "hello", **content: Any) -> dict[str, Any]:
    """Make a notification as JSON."""
    return message({"type": "notification", "text": text, **content}, channel)


def response(
    prompt: dict[str, Any], answer: str | None = "yes", response_type: str = "text"
) -> dict[str, Any]:
    """Make the message that answers a prompt, as JSON."""
    content = {"type": "response", "answer": answer, "response_type": response_type}
    return message(content, prompt["channel"], sender_type="HUMAN", correlation_id=prompt["id"])


@frozen
class Served:
    """A running daemon and an HTTP client for it."""

    daemon: Daemon
    http: httpx2.AsyncClient

    @property
    def broker(self) -> Broker:
        """The daemon's live state, to look at what the wire does not show."""
        return self.daemon.gateway.broker

    def socket_url(self, port: str) -> str:
        """Return where to open a WebSocket on one of :data:`PORTS`."""
        if port == "ws":
            return f"{self.daemon.ws_url}/any/path"
        return f"ws{self.daemon.rest_url.removeprefix('http')}/ws"  # or wss, of https

    def address(self, port: str) -> tuple[str, int]:
        """Return host and port number of one of :data:`PORTS`, for a raw socket."""
        url = self.daemon.ws_url if port == "ws" else self.daemon.rest_url
        host, _, number = url.rpartition("//")[2].rpartition(":")
        return host, int(number)

    async def post(self, *messages: dict[str, Any]) -> Any:
        """Post one message, or several as an array, and return what was recorded."""
        body = messages[0] if len(messages) == 1 else list(messages)
        answer = await self.http.post("/api/v1/messages", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def respond(self, prompt: dict[str, Any], **decision: Any) -> httpx2.Response:
        """Answer a prompt for a person."""
        path = f"/api/v1/messages/{prompt['id']}/response"
        return await self.http.post(path, json=decision)

    async def state_of(self, prompt: dict[str, Any]) -> str:
        """Return what has become of a prompt."""
        answer = await self.http.get(f"/api/v1/messages/{prompt['id']}")
        return str(answer.json()["prompt"]["state"])


@asynccontextmanager
async def serving(
    *, trust: ssl.SSLContext | None = None, **settings: Any
) -> AsyncIterator[Served]:
    """Open a daemon on free ports; ``settings`` are those of the daemon.

    :param trust: what the HTTP client speaks TLS with.
    """
    chosen = Settings(**{"ws_port": 0, "rest_port": 0, **settings})
    async with (
        open_daemon(chosen) as daemon,
        httpx2.AsyncClient(
            base_url=daemon.rest_url, timeout=PATIENCE, verify=trust or False
        ) as http,
    ):
        yield Served(daemon, http)


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    """Run a daemon with the default settings; a folder's ``conftest.py`` imports it."""
    async with serving() as served:
        yield served


async def until(true: Callable[[], object]) -> None:
    """Let everything else run until something is so, or fail."""
    with trio.fail_after(PATIENCE):
        while not true():
            await trio.lowlevel.checkpoint()


class Talk:
    """One WebSocket, as a test talks over it: values out, values in, nothing left waiting."""

    def __init__(self, socket: WebSocketConnection) -> None:
        self.socket = socket

    async def send(self, *values: Any) -> None:
        """Send each value as a frame."""
        for value in values:
            await self.send_raw(orjson.dumps(value).decode())

    async def send_raw(self, frame: str | bytes) -> None:
        """Send a frame as it is."""
        with trio.fail_after(PATIENCE):
            await self.socket.send_message(frame)

    async def receive(self) -> Any:
        """Return the next frame's value."""
        with trio.fail_after(PATIENCE):
            return orjson.loads(await self.socket.get_message())

    async def receive_some(self, count: int) -> list[Any]:
        """Return the next frames' values."""
        return [await self.receive() for _ in range(count)]

    async def call(self, op: str, **members: Any) -> Any:
        """Send a request of ``ailoop.v1`` and return the next frame."""
        await self.send({"op": op, **members})
        return await self.receive()

    async def call_plain(self, value: Any) -> list[Any]:
        """Send a frame and return what comes before the answer to a frame sent after it.

        For what a connection is told at once, or not at all: what the log decides, and what
        a subscription brings, may come later.
        """
        await self.send(value)
        await self.send_raw("?")
        frames = []
        while (frame := await self.receive()).get("code") != "bad_json":
            frames.append(frame)
        return frames

    async def closed(self) -> int:
        """Read until the server closes, and return the close code."""
        with trio.fail_after(PATIENCE):
            try:
                while True:
                    await self.socket.get_message()
            except ConnectionClosed as end:
                return int(end.reason.code) if end.reason else 1006


@asynccontextmanager
async def talking(
    url: str,
    subprotocol: str | Sequence[str] | None = None,
    *,
    headers: Sequence[tuple[str, str]] = (),
    role: str | None = None,
    trust: ssl.SSLContext | None = None,
) -> AsyncIterator[Talk]:
    """Open a WebSocket and close it at the end.

    :param subprotocol: ``ailoop.v1``, or none for the earlier conversation; or several.
    :param role: if given, a ``hello`` comes first.
    :param trust: what to speak TLS with.
    """
    parts = urlsplit(url)
    offered = [subprotocol] if isinstance(subprotocol, str) else subprotocol
    host, port = parts.hostname or "", parts.port or 0
    stream: Any = await trio.open_tcp_stream(host, port)
    if trust:
        stream = trio.SSLStream(stream, trust, server_hostname=host, https_compatible=True)
    try:
        async with trio.open_nursery() as nursery:
            with trio.fail_after(PATIENCE):
                socket = await wrap_client_stream(
                    nursery,
                    stream,
                    parts.netloc,
                    urlunsplit(("", "", *parts[2:])) or "/",
                    subprotocols=list(offered) if offered else None,
                    extra_headers=list(headers),
                    message_queue_size=1,
                    max_message_size=2**24,
                )
                # Hypercorn begins with a ping, which trio-websocket cannot answer while it
                # closes; once ours has been answered, that one has been too.
                await socket.ping()
            talk = Talk(socket)
            if role is not None:
                assert (await talk.call("hello", role=role))["op"] == "hello"
            yield talk
            with trio.move_on_after(PATIENCE):
                await socket.aclose()
            nursery.cancel_scope.cancel()
    finally:
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(stream)
