"""A connection that is made again whenever it is lost: the session with tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf

import anyio

from ailoop.client.errors import AiloopError, ConnectionLost
from ailoop.client.events import Event, Greeted
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
from ailoop.client.slot import Slot
from ailoop.client.socket import Hold, Socket, SocketClosedError, lost

__all__ = ["Connection"]


class Connection:
    """WebSockets, one after the other, under one session.

    :param url: such as ``ws://127.0.0.1:8081/ws``.
    :param hold: opens one.
    :param headers: returns what its handshake carries besides.
    :param tell: called with what becomes of it.
    :param deliver: called with what the session has to say.
    """

    def __init__(
        self,
        url: str,
        session: ClientSession,
        patience: Patience,
        hold: Hold,
        headers: Callable[[], Mapping[str, str]],
        tell: Callable[[ConnectionEvent], None],
        deliver: Callable[[list[Event]], None],
    ) -> None:
        self.state = ConnectionState.CONNECTING
        self.opened: Slot[None] = Slot()
        """What became of the first attempt."""
        self.ended: AiloopError | None = None
        """Why there will be no other."""
        self._url = url
        self._session = session
        self._patience = patience
        self._retries = Retries(patience)
        self._hold = hold
        self._headers = headers
        self._tell = tell
        self._deliver = deliver
        self._socket: Socket | None = None
        self._wanted = anyio.Event()
        self._heard = anyio.Event()
        self._closing = False

    def want(self) -> None:
        """Have sent what the session wants sent."""
        self._wanted.set()

    async def run(self) -> None:
        """Connect, and connect again, until there is no hope or nobody wants to."""
        # Nobody is left to read what a last request would wait for.
        why: AiloopError = ConnectionLost("the connection to ailoop has been closed")
        try:
            while not self._closing:
                self.state = ConnectionState.CONNECTING
                patience = self._patience.connect_seconds
                end = await self._hold(self._url, self._headers(), patience, self._converse)
                self._socket = None
                self._deliver(self._session.closed(getattr(end, "close_code", None)))
                if not self._closing:
                    await self._pause(end)
        except AiloopError as error:
            why = error
        finally:
            self.state = ConnectionState.CLOSED
            self.ended = why
            self.opened.put(why)

    async def aclose(self) -> None:
        """Let out what nobody waits for, and close."""
        while self._socket is not None and self._session.requests.unawaited:
            self._heard = anyio.Event()
            await self._heard.wait()
        self._closing = True
        if self._socket is not None:
            await self._socket.aclose()

    async def _pause(self, why: AiloopError) -> None:
        """Wait as long as it takes to try again; raise if that is not to be."""
        self._tell(Lost(why))
        # Who has never been connected is told at once; it may be the address that is wrong.
        self.opened.put(why)
        seconds = self._retries.failed(anyio.current_time(), why)
        self.state = ConnectionState.WAITING
        self._tell(Reconnecting(seconds))
        await anyio.sleep(seconds)

    async def _converse(self, socket: Socket) -> AiloopError:
        self._socket = socket
        self._session.opened(anyio.current_time())
        why: AiloopError = ConnectionLost("the server is silent; the connection is given up")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._write, socket, tasks.cancel_scope)
            why = await self._read(socket)
            tasks.cancel_scope.cancel()
        return why

    async def _read(self, socket: Socket) -> AiloopError:
        """Take in frames until the connection ends; return why it did."""
        try:
            while True:
                frame = await socket.receive()
                events = self._session.receive(frame, anyio.current_time())
                if any(isinstance(event, Greeted) for event in events):
                    self._greeted()
                self._deliver(events)
                if self._session.requests.deadline < inf:
                    self._wanted.set()  # what was refused together goes again, apart
                self._heard.set()
        except SocketClosedError as closed:
            return lost(closed)
        except AiloopError as error:
            return error

    def _greeted(self) -> None:
        self._retries.succeeded()
        self.state = ConnectionState.CONNECTED
        self._tell(Connected())
        self.opened.put(None)
        self._wanted.set()

    async def _write(self, socket: Socket, connection: anyio.CancelScope) -> None:
        """Send what is wanted, when it is wanted; give up where nobody answers."""
        while not self._session.is_dead(anyio.current_time()):
            self._wanted = anyio.Event()
            with anyio.move_on_after(self._patience.heartbeat_seconds) as sending:
                try:
                    for frame in self._session.take(anyio.current_time()):
                        await socket.send(frame)
                except SocketClosedError:
                    return  # the reader learns why
            if sending.cancelled_caught:
                break
            with anyio.CancelScope(deadline=self._session.deadline):
                await self._wanted.wait()
        connection.cancel()
