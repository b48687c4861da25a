"""Drives a session with a socket, whichever kind it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog
import trio

from ailoop.access.identity import Identity
from ailoop.broker import Batch, Entry
from ailoop.model.errors import CLOSE_SLOW_CONSUMER, Refusal
from ailoop.transport.gateway import Gateway
from ailoop.transport.ws.plain import PlainSession
from ailoop.transport.ws.session import Session
from ailoop.transport.ws.v1 import SUBPROTOCOL, V1Session

__all__ = ["Socket", "SocketClosedError", "make_session", "serve_connection"]

log = structlog.get_logger()

_CLOSE_SECONDS = 2.0
"""How long a peer may take over the closing handshake."""


_CREDENTIAL_SECONDS = 10.0
"""How long a connection may take to say who it is, where anybody has to."""


class SocketClosedError(Exception):
    """The peer has gone."""


Render = Callable[[Entry], bytes]
"""Makes the text message that carries an entry."""


class Socket(Protocol):
    """What a session needs of a WebSocket."""

    port: str
    """Where it came in: ``ws`` or ``rest``."""

    async def listen(self, receive: Callable[[str | bytes], Awaitable[None]]) -> int:
        """Hand over one message after the other; return the code with which the peer left."""
        ...

    def express(self, batch: Batch, render: Render) -> bool:
        """Send a batch at once if nothing is in its way, and say whether that was so."""
        ...

    def unsent(self) -> int:
        """Return how many bytes wait for the peer to read."""
        ...

    async def send(self, frames: Sequence[bytes]) -> None:
        """Send text messages, and wait until these and all before them are out.

        :raises SocketClosedError: the peer has gone.
        :raises trio.TooSlowError: it has taken nothing for longer than it may.
        """
        ...

    async def close(self, code: int, reason: str) -> None:
        """Close with a code and a reason."""
        ...


def make_session(
    gateway: Gateway,
    subprotocol: str | None,
    identity: Identity | None = None,
    address: str = "",
) -> Session:
    """Return the session that speaks what was agreed on in the handshake."""
    kind = V1Session if subprotocol == SUBPROTOCOL else PlainSession
    return kind(gateway, identity, address)


async def serve_connection(
    gateway: Gateway, session: Session, socket: Socket, nursery: trio.Nursery
) -> None:
    """Carry frames both ways until one side closes.

    :param nursery: the connection's own, which this cancels at the end; one more for each
        would be a tenth of what an idle connection costs.
    """
    session.express, session.unsent = socket.express, socket.unsent
    with gateway.presence.admit(session, socket.port):
        try:
            nursery.start_soon(_read, session, socket, nursery.cancel_scope)
            if not session.recognised.is_set():
                nursery.start_soon(_expect_credential, session)
            await _write(session, socket)
            nursery.cancel_scope.cancel()
        finally:
            session.detach()


async def _expect_credential(session: Session) -> None:
    """Send away who does not say who it is."""
    gateway = session.gateway
    with (
        gateway.presence.stranger(session, gateway.lobby.limits.newcomers),
        trio.move_on_after(_CREDENTIAL_SECONDS) as waiting,
    ):
        await session.recognised.wait()
    if waiting.cancelled_caught:
        refusal = Refusal("unauthenticated")
        session.refuse(refusal)
        session.send_away(refusal)


async def _read(session: Session, socket: Socket, connection: trio.CancelScope) -> None:
    code = await socket.listen(session.receive)
    session.close_with = session.close_with or (code, "")
    connection.cancel()


async def _write(session: Session, socket: Socket) -> None:
    counts = session.gateway.counts
    try:
        try:
            while session.close_with is None or session.has_output:
                await session.wait_output()
                # Kept here, the last frames would stay until there are others.
                sent = await _send(socket, session.take())
                counts.frames_sent += sent
                # A reader that catches up on much, and reads as fast, has no other.
                await trio.lowlevel.checkpoint()
        except trio.TooSlowError:
            log.info("slow_consumer_closed", waited_seconds=session.gateway.limits.send_seconds)
            counts.drop_feeds("slow_reader", len(session.cursors()))
            session.close_with = (CLOSE_SLOW_CONSUMER, "does not read")
        with trio.move_on_after(_CLOSE_SECONDS):
            await socket.close(*session.close_with)
    except SocketClosedError:
        session.close_with = session.close_with or (1006, "")


async def _send(socket: Socket, frames: Sequence[bytes]) -> int:
    await socket.send(frames)
    return len(frames)
