"""Everything over one WebSocket, with the session's rules and Trio's tasks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Generic, TypeVar
from uuid import UUID

import trio
from trio_websocket import (
    ConnectionClosed,
    ConnectionRejected,
    HandshakeError,
    WebSocketConnection,
)
from wsproto.utilities import LocalProtocolError

from ailoop.client.errors import AiloopError, ConnectionLost, MissedMessages, Unreachable
from ailoop.client.feed import Feed
from ailoop.client.opening import Stream, connect, shake_hands, why_rejected
from ailoop.client.session import (
    Arrived,
    ClientSession,
    Event,
    Failed,
    Replied,
    Settled,
)
from ailoop.model.codec import dump_message, load_message
from ailoop.model.message import Message, ResponseMessage
from ailoop.version import __version__

__all__ = ["WebSocketLink", "open_websocket_link"]

T = TypeVar("T")

_CONNECT_SECONDS = 10
_CLOSE_SECONDS = 1


class _Slot(Generic[T]):
    """Where one awaited outcome arrives."""

    def __init__(self) -> None:
        self._arrived = trio.Event()
        self._outcome: T | Exception

    def put(self, outcome: T | Exception) -> None:
        self._outcome = outcome
        self._arrived.set()

    async def get(self) -> T:
        await self._arrived.wait()
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


class WebSocketLink:
    """A link over one WebSocket. Opened with :func:`open_websocket_link`."""

    def __init__(self, socket: WebSocketConnection) -> None:
        self.session = ClientSession()
        self._socket = socket
        self._replies: dict[int, _Slot[Any]] = {}
        self._settled: dict[UUID, list[_Slot[ResponseMessage]]] = {}
        self._feeds: list[Feed] = []
        self._lost: ConnectionLost | None = None

    async def run(self) -> None:
        """Read frames until the connection ends, then tell everybody who waits."""
        try:
            while True:
                event = self.session.receive(await self._socket.get_message())
                if event is not None:
                    self._dispatch(event)
        except ConnectionClosed as closed:
            code = closed.reason.code if closed.reason else 1006
            why = closed.reason.reason if closed.reason else None
            self.end(ConnectionLost(f"the connection to ailoop ended ({code} {why or ''})"))
        except AiloopError as error:
            self.end(ConnectionLost(str(error)))
        except trio.Cancelled:
            # Nobody is left to read what a last request would wait for.
            self.end(ConnectionLost("the connection to ailoop has been closed"))
            raise

    async def aclose(self) -> None:
        """Close the socket; whoever still waits for something is told."""
        await self._socket.aclose()

    def end(self, lost: ConnectionLost) -> None:
        """Tell everybody who waits that the connection is gone."""
        self._lost = lost
        for slot in self._replies.values():
            slot.put(lost)
        for slots in self._settled.values():
            for slot in slots:
                slot.put(lost)
        for feed in self._feeds:
            feed.put(lost)

    def _dispatch(self, event: Event) -> None:
        match event:
            case Replied(ref, frame):
                self._put_reply(ref, frame)
            case Settled(prompt_id, response):
                self._put_settled(prompt_id, response)
            case Failed(ref, prompt_id, error):
                if ref is not None and ref in self._replies:
                    self._put_reply(ref, error)
                elif prompt_id is not None:
                    self._put_settled(prompt_id, error)
            case Arrived():
                self._feed(event.message.channel, event)
            case MissedMessages():
                self._feed(event.channel, event)

    def _put_reply(self, ref: int, value: Any) -> None:
        slot = self._replies.pop(ref, None)
        if slot is not None:
            slot.put(value)

    def _put_settled(self, prompt_id: UUID, value: Any) -> None:
        for slot in self._settled.pop(prompt_id, ()):
            slot.put(value)

    def _feed(self, channel: str, item: Arrived | MissedMessages) -> None:
        for feed in self._feeds:
            if feed.wants(channel):
                feed.put(item)

    async def _send(self, frame: str) -> None:
        if self._lost is not None:
            raise self._lost
        try:
            await self._socket.send_message(frame)
        except ConnectionClosed:
            raise ConnectionLost("the connection to ailoop ended") from None

    async def request(self, op: str, **members: Any) -> dict[str, Any]:
        """Send a request and return the reply's frame."""
        ref, frame = self.session.request(op, **members)
        slot: _Slot[dict[str, Any]] = _Slot()
        self._replies[ref] = slot
        try:
            await self._send(frame)
            return await slot.get()
        finally:
            self._replies.pop(ref, None)

    async def send(self, message: Message) -> None:
        """Post a message; return when it has been accepted."""
        await self.request("send", message=dump_message(message))

    async def wait(self, prompt_id: UUID) -> ResponseMessage:
        """Return the response to a prompt once it exists."""
        ref, frame = self.session.watch(prompt_id)
        slot: _Slot[ResponseMessage] = _Slot()
        waiting = self._settled.setdefault(prompt_id, [])
        waiting.append(slot)
        # A watch that is granted is answered by the response alone; a refusal has its ref.
        self._replies[ref] = slot
        try:
            await self._send(frame)
            return await slot.get()
        finally:
            self._replies.pop(ref, None)
            if slot in waiting:
                waiting.remove(slot)
            if not waiting and self._settled.get(prompt_id) is waiting:
                del self._settled[prompt_id]

    async def respond(self, prompt_id: UUID, decision: Mapping[str, Any]) -> ResponseMessage:
        """Settle a prompt for a person; return the recorded response."""
        reply = await self.request("respond", id=str(prompt_id), **decision)
        return ResponseMessage.of(load_message(reply["message"]))

    async def withdraw(self, prompt_id: UUID) -> ResponseMessage:
        """Settle a prompt as cancelled; return the recorded response."""
        reply = await self.request("withdraw", id=str(prompt_id))
        return ResponseMessage.of(load_message(reply["message"]))

    @asynccontextmanager
    async def subscribe(
        self, channels: Sequence[str] | None, after: Mapping[str, int], replay: int | None
    ) -> AsyncIterator[AsyncIterator[Message]]:
        """Follow channels (``None``: all), each after its cursor where there is one.

        :raises AiloopError: this link follows one of them already, and has no second cursor.
        """
        if any(channels is None or other.overlaps(channels) for other in self._feeds):
            raise AiloopError("this client follows one of these channels already; open another")
        feed = Feed(channels)
        # Listening comes before asking, so that the first message cannot be missed.
        self._feeds.append(feed)
        names = "*" if channels is None else list(channels)
        try:
            await self.request(
                "subscribe", channels=names, after=dict(after) or None, replay=replay
            )
            yield feed
        finally:
            self._feeds.remove(feed)
            with trio.move_on_after(1, shield=True):
                with suppress(AiloopError):  # the connection has ended, the feed with it
                    await self.request("unsubscribe", channels=names)


@asynccontextmanager
async def open_websocket_link(url: str, role: str | None) -> AsyncIterator[WebSocketLink]:
    """Open a link and keep it for as long as the block runs.

    :param url: such as ``ws://127.0.0.1:8081/ws``.
    :param role: ``agent``, ``human`` or ``observer``; without one, nothing is promised.
    :raises Unreachable: nobody answers there.
    """
    async with _Background() as nursery:
        opened: _Slot[WebSocketLink] = _Slot()
        closing = trio.CancelScope(shield=True)
        nursery.start_soon(_carry, url, opened, closing)
        link = await opened.get()
        try:
            if role is not None:
                await link.request("hello", role=role, client="ailoop", version=__version__)
            yield link
        finally:
            closing.deadline = trio.current_time() + _CLOSE_SECONDS
            with closing:
                await link.aclose()


async def _carry(url: str, opened: _Slot[WebSocketLink], closing: trio.CancelScope) -> None:
    """Own the socket and its tasks, and tell the opener what came of it."""
    stream: Stream | None = None
    try:
        async with trio.open_nursery() as nursery:
            try:
                with trio.fail_after(_CONNECT_SECONDS):
                    stream = await connect(url)
                    socket = await shake_hands(nursery, stream, url)
            except (OSError, HandshakeError, trio.TooSlowError) as error:
                why = str(error) or type(error).__name__
                opened.put(Unreachable(f"cannot open {url}: {why}"))
            else:
                link = WebSocketLink(socket)
                opened.put(link)
                await link.run()
            nursery.cancel_scope.cancel()
    except* ConnectionRejected as group:
        opened.put(why_rejected(url, group))
    except* LocalProtocolError:
        # trio-websocket fails on a ping that crosses our closing frame.
        link.end(ConnectionLost("the connection to ailoop ended"))
    finally:
        closing.cancel()
        if stream is not None:
            await trio.aclose_forcefully(stream)


class _Background:
    """A nursery for what runs behind an object.

    Unlike a plain nursery it does not wrap the error of the block in a group: the block is
    the caller's, who knows nothing of our tasks. A crash of a task still cancels the block.
    """

    def __init__(self) -> None:
        self._manager = trio.open_nursery()

    async def __aenter__(self) -> trio.Nursery:
        self._nursery = await self._manager.__aenter__()
        return self._nursery

    async def __aexit__(self, *_: object) -> None:
        self._nursery.cancel_scope.cancel()
        # The tasks have been cancelled, and none of them takes long to see it.
        await self._manager.__aexit__(None, None, None)  # noqa: ASYNC102
