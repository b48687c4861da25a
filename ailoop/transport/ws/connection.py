"""Drives a session with a socket, whichever kind it is."""

from __future__ import annotations

from typing import Protocol

import structlog
import trio

from ailoop.model.errors import CLOSE_SLOW_CONSUMER
from ailoop.transport.gateway import Gateway
from ailoop.transport.ws.plain import PlainSession
from ailoop.transport.ws.session import Session
from ailoop.transport.ws.v1 import SUBPROTOCOL, V1Session

__all__ = ["Socket", "SocketClosedError", "make_session", "serve_connection"]

log = structlog.get_logger()

_CLOSE_SECONDS = 2.0
"""How long a peer may take over the closing handshake."""


class SocketClosedError(Exception):
    """The peer has gone."""


class Socket(Protocol):
    """What a session needs of a WebSocket."""

    async def receive(self) -> str | bytes:
        """Return the next message, or raise :class:`SocketClosedError`."""
        ...

    async def send(self, frame: str) -> None:
        """Send a text message, or raise :class:`SocketClosedError`."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """Close with a code and a reason."""
        ...


def make_session(gateway: Gateway, subprotocol: str | None) -> Session:
    """Return the session that speaks what was agreed on in the handshake."""
    return V1Session(gateway) if subprotocol == SUBPROTOCOL else PlainSession(gateway)


async def serve_connection(gateway: Gateway, session: Session, socket: Socket) -> None:
    """Carry frames both ways until one side closes."""
    with gateway.presence.admit(session):
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_read, session, socket, nursery.cancel_scope)
                await _write(session, socket, gateway.limits.send_seconds)
                nursery.cancel_scope.cancel()
        finally:
            session.detach()


async def _read(session: Session, socket: Socket, connection: trio.CancelScope) -> None:
    try:
        while True:
            await session.receive(await socket.receive())
    except SocketClosedError:
        connection.cancel()


async def _write(session: Session, socket: Socket, send_seconds: float) -> None:
    try:
        while True:
            frames = session.take()
            for frame in frames:
                with trio.move_on_after(send_seconds) as patience:
                    await socket.send(frame.decode())
                if patience.cancelled_caught:
                    log.info("slow_consumer_closed", waited_seconds=send_seconds)
                    session.close_with = (CLOSE_SLOW_CONSUMER, "does not read")
                    frames = []
                    break
            if frames:
                continue
            if session.close_with is not None:
                with trio.move_on_after(_CLOSE_SECONDS):
                    await socket.close(*session.close_with)
                return
            await session.wait_output()
    except SocketClosedError:
        pass
