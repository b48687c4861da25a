"""Everything over WebSockets: who waits for what, and the connection that is kept for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from anyio.lowlevel import checkpoint

from ailoop.client.answer import read_answer
from ailoop.client.connection import Connection
from ailoop.client.deliveries import DeliveryFeed
from ailoop.client.errors import AiloopError, ConnectionLost, NotFound
from ailoop.client.events import Arrived, Event, Failed, Replied, Settled, Shown, Unsettled
from ailoop.client.feed import Feed
from ailoop.client.patience import ConnectionEvent, ConnectionState, Patience
from ailoop.client.session import ClientSession
from ailoop.client.slot import Slot
from ailoop.client.socket import Hold
from ailoop.model.message import Message, ResponseMessage

__all__ = ["WebSocketLink"]


class WebSocketLink:
    """A link over a connection that is made again whenever it is lost.

    :param url: such as ``ws://127.0.0.1:8081/ws``.
    :param role: ``agent``, ``human`` or ``observer``; without one, nothing is promised.
    :param hold: opens a WebSocket.
    :param headers: returns what its handshake carries besides.
    :param tell: called with what becomes of the connection.
    """

    def __init__(
        self,
        url: str,
        role: str | None,
        patience: Patience,
        hold: Hold,
        headers: Callable[[], Mapping[str, str]],
        tell: Callable[[ConnectionEvent], None],
    ) -> None:
        self.session = ClientSession(role, patience)
        self._connection = Connection(
            url, self.session, patience, hold, headers, tell, self._deliver
        )
        self.opened = self._connection.opened
        self._slots: dict[int, Slot[dict[str, Any]]] = {}
        self._settled: dict[UUID, list[Slot[ResponseMessage]]] = {}
        self._feeds: dict[int, Feed] = {}
        self._deliveries: set[DeliveryFeed] = set()

    @property
    def state(self) -> ConnectionState:
        """How the connection stands."""
        return self._connection.state

    @property
    def dropped(self) -> int:
        """How many messages nobody waits for the server has not got."""
        return self.session.requests.dropped

    async def run(self) -> None:
        """Keep a connection; when there will be none, tell everybody who waits."""
        try:
            await self._connection.run()
        finally:
            self.session.requests.drop_unawaited()
            why = self._connection.ended
            if why is not None:
                self._end(why)

    async def aclose(self) -> None:
        """Let out what nobody waits for, and close; whoever still waits is told."""
        await self._connection.aclose()

    def _end(self, why: AiloopError) -> None:
        for slot in self._slots.values():
            slot.put(why)
        for slots in self._settled.values():
            for waiting in slots:
                waiting.put(why)
        for feed in self._feeds.values():
            feed.end(why)
        for deliveries in self._deliveries:
            deliveries.end(why)

    def _deliver(self, events: list[Event]) -> None:
        for event in events:
            match event:
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
                case Shown(delivery):
                    for deliveries in self._deliveries:
                        deliveries.put(delivery)

    def _put(self, ref: int, outcome: dict[str, Any] | AiloopError) -> None:
        if ref in self._slots:
            self._slots.pop(ref).put(outcome)
        elif ref in self._feeds and isinstance(outcome, AiloopError):
            self._feeds[ref].end(outcome)  # after a reconnect it could not go on

    # -- the verbs --------------------------------------------------------------------

    def _check(self) -> None:
        if self._connection.ended is not None:
            raise self._connection.ended

    async def _reply(self, ref: int) -> dict[str, Any]:
        """Wait for the reply to a request."""
        slot: Slot[dict[str, Any]] = Slot()
        self._slots[ref] = slot
        self._connection.want()
        try:
            return await slot.get()
        finally:
            self._slots.pop(ref, None)

    async def _request(self, op: str, prompt_id: UUID, **members: Any) -> ResponseMessage:
        """Ask for something about a prompt; return the recorded response."""
        self._check()
        ref = self.session.request(op, id=str(prompt_id), **members)
        try:
            reply = await self._reply(ref)
        finally:
            self.session.requests.forget(ref)
        return read_answer(prompt_id, reply["message"])

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
        self._connection.want()
        await checkpoint()

    async def wait(self, prompt_id: UUID, *, taken: bool = False) -> ResponseMessage:
        """Return the response to a prompt once it exists."""
        self._check()
        early = self.session.watch(prompt_id, taken=taken)
        if early is not None:
            await checkpoint()
            return early
        slot: Slot[ResponseMessage] = Slot()
        waiting = self._settled.setdefault(prompt_id, [])
        waiting.append(slot)
        self._connection.want()
        try:
            return await slot.get()
        finally:
            waiting.remove(slot)
            if not waiting and self._settled.get(prompt_id) is waiting:
                del self._settled[prompt_id]
                self.session.unwatch(prompt_id)
                self._connection.want()

    async def respond(self, prompt_id: UUID, decision: Mapping[str, Any]) -> ResponseMessage:
        """Settle a prompt for a person; return the recorded response."""
        return await self._request("respond", prompt_id, **decision)

    async def withdraw(self, prompt_id: UUID) -> ResponseMessage:
        """Settle a prompt as cancelled; return the recorded response."""
        return await self._request("withdraw", prompt_id)

    async def show(self, prompt_ids: Sequence[UUID], word: Mapping[str, Any]) -> None:
        """Tell how prompts stand with a surface."""
        self._check()
        ref = self.session.request("show", ids=[str(one) for one in prompt_ids], **word)
        try:
            await self._reply(ref)
        except NotFound:
            pass  # one of them has been forgotten, and the others are told
        finally:
            self.session.requests.forget(ref)

    @asynccontextmanager
    async def deliveries(self) -> AsyncIterator[DeliveryFeed]:
        """Hear how the prompts that were shown stand with others."""
        self._check()
        feed = DeliveryFeed()
        self._deliveries.add(feed)
        try:
            yield feed
        finally:
            self._deliveries.discard(feed)
            feed.end(ConnectionLost("this subscription has ended"))

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
            feed.end(ConnectionLost("this subscription has ended"))
            self.session.unfollow(ref)
            self._connection.want()
