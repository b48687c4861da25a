"""Everything over WebSockets, one after the other: the session with Trio's tasks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from math import inf
from typing import Any
from uuid import UUID

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection
from wsproto.utilities import LocalProtocolError

from ailoop.client.background import Background, Slot
from ailoop.client.errors import AiloopError, ConnectionLost
from ailoop.client.events import (
    Arrived,
    Event,
    Failed,
    Greeted,
    Replied,
    Settled,
    Unsettled,
)
from ailoop.client.feed import Feed
from ailoop.client.opening import hold
from ailoop.client.patience import (
    Connected,
    ConnectionEvent,
    ConnectionState,
    Lost,
    Patience,
    Reconnecting,
    Retries,
)
from ailoop.client.session import ClientSession
from ailoop.model.codec import load_message
from ailoop.model.message import Message, ResponseMessage

__all__ = ["WebSocketLink", "open_websocket_link"]

_CLOSE_SECONDS = 1
"""How long leaving may take, what nobody waits for included."""


class WebSocketLink:
    """A link that connects again. Opened with :func:`open_websocket_link`.

    :param tell: called with what becomes of the connection.
    """

    def __init__(
        self,
        url: str,
        role: str | None,
        patience: Patience,
        tell: Callable[[ConnectionEvent], None],
    ) -> None:
        self.session = ClientSession(role, patience)
        self.state = ConnectionState.CONNECTING
        self.opened: Slot[None] = Slot()
        self._url = url
        self._patience = patience
        self._retries = Retries(patience)
        self._tell = tell
        self._socket: WebSocketConnection | None = None
        self._slots: dict[int, Slot[Any]] = {}
        self._settled: dict[UUID, list[Slot[ResponseMessage]]] = {}
        self._feeds: dict[int, Feed] = {}
        self._ended: AiloopError | None = None
        self._wanted = trio.Event()
        self._heard = trio.Event()
        self._closing = False

    @property
    def dropped(self) -> int:
        """How many messages nobody waits for the server has not got."""
        return self.session.requests.dropped

    # -- the connection ---------------------------------------------------------------

    async def run(self) -> None:
        """Connect, and connect again, until there is no hope or nobody wants to."""
        # Nobody is left to read what a last request would wait for.
        why: AiloopError = ConnectionLost("the connection to ailoop has been closed")
        try:
            while not self._closing:
                self.state = ConnectionState.CONNECTING
                lost = await hold(self._url, self._patience.connect_seconds, self._converse)
                self._socket = None
                self._dispatch(self.session.closed(getattr(lost, "close_code", None)))
                if not self._closing:
                    await self._pause(lost)
        except AiloopError as error:
            why = error
        finally:
            self._end(why)

    async def _pause(self, lost: AiloopError) -> None:
        """Wait as long as it takes to try again; raise if that is not to be."""
        self._tell(Lost(lost))
        # Who has never been connected is told at once; it may be the address that is wrong.
        self.opened.put(lost)
        seconds = self._retries.failed(trio.current_time(), lost)
        self.state = ConnectionState.WAITING
        self._tell(Reconnecting(seconds))
        await trio.sleep(seconds)

    async def _converse(self, socket: WebSocketConnection) -> AiloopError:
        self._socket = socket
        self.session.opened(trio.current_time())
        why: AiloopError = ConnectionLost("the server is silent; the connection is given up")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._write, socket, nursery.cancel_scope)
            why = await self._read(socket)
            nursery.cancel_scope.cancel()
        return why

    async def _read(self, socket: WebSocketConnection) -> AiloopError:
        """Take in frames until the connection ends; return why it did."""
        try:
            while True:
                frame = await socket.get_message()
                self._dispatch(self.session.receive(frame, trio.current_time()))
                if self.session.requests.deadline < inf:
                    self._wanted.set()  # what was refused together goes again, apart
                self._heard.set()
        except ConnectionClosed as closed:
            code = closed.reason.code if closed.reason else 1006
            words = closed.reason.reason if closed.reason else None
            return ConnectionLost(
                f"the connection to ailoop ended ({code} {words or ''})", code
            )
        except AiloopError as error:
            return error

    async def _write(self, socket: WebSocketConnection, giving_up: trio.CancelScope) -> None:
        """Send what is wanted, when it is wanted; give up where nobody answers."""
        while not self.session.is_dead(trio.current_time()):
            self._wanted = trio.Event()
            with trio.move_on_after(self._patience.heartbeat_seconds) as sending:
                try:
                    for frame in self.session.take(trio.current_time()):
                        await socket.send_message(frame)
                except (ConnectionClosed, LocalProtocolError):
                    return  # the reader learns why
            if sending.cancelled_caught:
                break
            with trio.move_on_at(self.session.deadline):
                await self._wanted.wait()
        giving_up.cancel()

    async def aclose(self) -> None:
        """Let out what nobody waits for, and close; whoever still waits is told."""
        while self._socket is not None and self.session.requests.unawaited:
            self._heard = trio.Event()
            await self._heard.wait()
        self._closing = True
        if self._socket is not None:
            await self._socket.aclose()

    def _end(self, why: AiloopError) -> None:
        """Tell everybody who waits that there will be nothing more."""
        self.state = ConnectionState.CLOSED
        self._ended = why
        requests = self.session.requests
        requests.dropped, requests.unawaited = requests.dropped + requests.unawaited, 0
        self.opened.put(why)
        for slot in self._slots.values():
            slot.put(why)
        for slots in self._settled.values():
            for waiting in slots:
                waiting.put(why)
        for feed in self._feeds.values():
            feed.end(why)

    def _dispatch(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case Greeted():
                    self._retries.succeeded()
                    self.state = ConnectionState.CONNECTED
                    self._tell(Connected())
                    self.opened.put(None)
                    self._wanted.set()
                case Replied(ref, frame):
                    self._put(ref, frame)
                case Failed(ref, error):
                    self._put(ref, error)
                case Settled(prompt_id, outcome) | Unsettled(prompt_id, outcome):
                    for slot in self._settled.pop(prompt_id, ()):
                        slot.put(outcome)
                case Arrived(ref, item):
                    if ref in self._feeds:
                        self._feeds[ref].put(item)

    def _put(self, ref: int, outcome: dict[str, Any] | AiloopError) -> None:
        if ref in self._slots:
            self._slots.pop(ref).put(outcome)
        elif ref in self._feeds and isinstance(outcome, AiloopError):
            self._feeds[ref].end(outcome)  # after a reconnect it could not go on

    # -- the verbs --------------------------------------------------------------------

    def _check(self) -> None:
        if self._ended is not None:
            raise self._ended

    async def _reply(self, ref: int) -> dict[str, Any]:
        """Wait for the reply to a request."""
        slot = self._slots[ref] = Slot()
        self._wanted.set()
        try:
            return dict(await slot.get())
        finally:
            self._slots.pop(ref, None)

    async def _request(self, op: str, **members: Any) -> ResponseMessage:
        """Ask for something about a prompt; return the recorded response."""
        self._check()
        ref = self.session.request(op, **members)
        try:
            reply = await self._reply(ref)
        finally:
            self.session.requests.forget(ref)
        return ResponseMessage.of(load_message(reply["message"]))

    async def send(self, message: Message) -> None:
        """Post a message; return when it has been accepted."""
        self._check()
        ref = self.session.requests.post(message)
        if ref is not None:
            try:
                await self._reply(ref)
            finally:
                self.session.requests.forget(ref)

    async def send_later(self, message: Message) -> None:
        """Have a message posted without waiting for it; drop it where there is no room."""
        self._check()
        self.session.requests.post(message, awaited=False)
        self._wanted.set()
        await trio.lowlevel.checkpoint()

    async def wait(self, prompt_id: UUID, *, taken: bool = False) -> ResponseMessage:
        """Return the response to a prompt once it exists."""
        self._check()
        slot: Slot[ResponseMessage] = Slot()
        waiting = self._settled.setdefault(prompt_id, [])
        waiting.append(slot)
        self.session.watch(prompt_id, taken=taken)
        self._wanted.set()
        try:
            return await slot.get()
        finally:
            waiting.remove(slot)
            if not waiting and self._settled.get(prompt_id) is waiting:
                del self._settled[prompt_id]
                self.session.unwatch(prompt_id)
                self._wanted.set()

    async def respond(self, prompt_id: UUID, decision: Mapping[str, Any]) -> ResponseMessage:
        """Settle a prompt for a person; return the recorded response."""
        return await self._request("respond", id=str(prompt_id), **decision)

    async def withdraw(self, prompt_id: UUID) -> ResponseMessage:
        """Settle a prompt as cancelled; return the recorded response."""
        return await self._request("withdraw", id=str(prompt_id))

    @asynccontextmanager
    async def subscribe(
        self, channels: Sequence[str] | None, after: Mapping[str, int], replay: int | None
    ) -> AsyncIterator[Feed]:
        """Follow channels (``None``: all), each after its cursor where there is one.

        :raises AiloopError: this link follows one of them already, and has no second cursor.
        """
        self._check()
        ref = self.session.follow(channels, after, replay)
        feed = self._feeds[ref] = Feed()
        try:
            cursors = (await self._reply(ref))["channels"]
            begun = {name: cursors[name] for name in channels or cursors if name in cursors}
            feed.cursors.update(begun | {**after})
            yield feed
        finally:
            del self._feeds[ref]
            self.session.unfollow(ref)
            self._wanted.set()


@asynccontextmanager
async def open_websocket_link(
    url: str,
    role: str | None,
    patience: Patience,
    tell: Callable[[ConnectionEvent], None] = lambda _: None,
) -> AsyncIterator[WebSocketLink]:
    """Open a link and keep it for as long as the block runs.

    :param url: such as ``ws://127.0.0.1:8081/ws``.
    :param role: ``agent``, ``human`` or ``observer``; without one, nothing is promised.
    :raises Unreachable: nobody answers there.
    """
    link = WebSocketLink(url, role, patience, tell)
    closing = trio.CancelScope(shield=True)

    async def run() -> None:
        try:
            await link.run()
        finally:
            closing.cancel()

    async with Background() as nursery:
        nursery.start_soon(run)
        await link.opened.get()
        try:
            yield link
        finally:
            closing.deadline = trio.current_time() + _CLOSE_SECONDS
            with closing:
                await link.aclose()
