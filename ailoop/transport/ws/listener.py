"""The listener on the WebSocket port: any path, one fenced nursery a connection."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from struct import pack

import orjson
import structlog
import trio
from trio_websocket import (
    ConnectionClosed,
    HandshakeError,
    WebSocketConnection,
    WebSocketRequest,
    wrap_server_stream,
)
from wsproto.utilities import LocalProtocolError

from ailoop.broker import Batch
from ailoop.model.errors import Refusal
from ailoop.transport.credentials import recognise
from ailoop.transport.gateway import Gateway
from ailoop.transport.head import SECURITY_HEADERS, read_head, refusal_response
from ailoop.transport.lobby import Visit
from ailoop.transport.outbox import Outbox
from ailoop.transport.tls import CurrentContext, open_outbox
from ailoop.transport.ws.connection import (
    Render,
    SocketClosedError,
    make_session,
    serve_connection,
)
from ailoop.transport.ws.heart import Heart
from ailoop.transport.ws.session import Session
from ailoop.transport.ws.v1 import SUBPROTOCOL

__all__ = ["serve_stream", "serve_websockets", "text_frames"]

log = structlog.get_logger()

_RECEIVE_BYTES = 64 * 1024
_LAST_WORD_SECONDS = 1.0

_TURN_SECONDS = 0.00025
"""For how long one connection's messages are taken before other tasks have their turn."""

_PEER_FAULTS = (
    HandshakeError,
    ConnectionClosed,
    trio.BrokenResourceError,
    LocalProtocolError,  # a ping that crosses our closing frame
    UnicodeError,  # a Host that is no name
    trio.TooSlowError,  # a head that does not come
)


class _TrioSocket:
    """A trio-websocket connection as a session sees it."""

    port = "ws"

    def __init__(
        self, connection: WebSocketConnection, outbox: Outbox, on_leftover: Callable[[], None]
    ) -> None:
        self._connection = connection
        self._outbox = outbox
        self._on_leftover = on_leftover

    async def listen(self, receive: Callable[[str | bytes], Awaitable[None]]) -> int:
        """Take messages in the task that reads them.

        trio-websocket queues each for another task, and the two switches a message cost more
        than what we do with it. So we stand in the place of its queue: a name of its inner
        life, and the reason why its version is pinned.
        """
        queue = self._connection._send_channel  # noqa: SLF001
        handover = _Handover(self._connection, queue, receive)
        waiting = queue.statistics()
        self._connection._send_channel = handover  # type: ignore[assignment]  # noqa: SLF001
        try:
            for _ in range(waiting.current_buffer_used + waiting.tasks_waiting_send):
                await receive(await self._connection.get_message())
            handover.open()
            while True:
                await self._connection.get_message()  # there is none; this waits for the end
        except ConnectionClosed as gone:
            if handover.fault is not None:
                raise handover.fault from None
            return gone.reason.code if gone.reason else 1006

    def express(self, batch: Batch, render: Render) -> bool:
        if self._outbox.pending or self._outbox.broken or self._connection.closed is not None:
            return False
        self._outbox.offer(
            batch.form(render, lambda entries: text_frames(map(render, entries)))
        )
        if self._outbox.pending:
            self._on_leftover()
        return True

    def unsent(self) -> int:
        return self._outbox.pending

    async def send(self, frames: Sequence[bytes]) -> None:
        if self._connection.closed is not None:
            raise SocketClosedError
        if frames:
            self._outbox.offer(text_frames(frames))
        try:
            await self._outbox.flush()
        except trio.BrokenResourceError:
            raise SocketClosedError from None

    async def close(self, code: int, reason: str) -> None:
        await self._connection.aclose(code, reason)


class _Handover:
    """What trio-websocket takes for the sending end of its queue of messages."""

    def __init__(
        self,
        connection: WebSocketConnection,
        queue: trio.MemorySendChannel[str | bytes],
        receive: Callable[[str | bytes], Awaitable[None]],
    ) -> None:
        self._connection = connection
        self._queue = queue
        self._opened: trio.Event | None = trio.Event()
        self._receive = receive
        self._turn_ends = 0.0
        self.fault: Exception | None = None

    def open(self) -> None:
        """Begin: what has come before has been taken."""
        if self._opened is not None:
            self._opened.set()
            self._opened = None

    async def send(self, message: str | bytes) -> None:
        """Let the session take a message, and now and then the other tasks have a turn."""
        if self._opened is not None:
            await self._opened.wait()
        if self._connection.closed is not None:
            return  # what comes behind a close is nobody's any more
        try:
            await self._receive(message)
        except Exception as fault:
            # trio-websocket's task may be cancelled before it has come to raise this.
            self.fault = fault
            raise
        now = time.perf_counter()
        if now >= self._turn_ends:
            await trio.lowlevel.checkpoint()
            self._turn_ends = time.perf_counter() + _TURN_SECONDS

    async def aclose(self) -> None:
        """Close the queue, which tells :meth:`_TrioSocket.listen`."""
        await self._queue.aclose()


async def serve_websockets(
    gateway: Gateway,
    listeners: Sequence[trio.SocketListener],
    connections: trio.Nursery,
    tls: CurrentContext | None = None,
    *,
    task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Accept connections until cancelled.

    :param connections: the caller's nursery for what has been accepted, so that to stop
        accepting is not yet to hang up.
    :param tls: what a connection is accepted with, if that is not to be plain TCP.
    """
    heart = Heart(gateway.limits.heartbeat_seconds)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(heart.beat)
        await trio.serve_listeners(
            partial(serve_stream, gateway, heart, tls=tls),
            list(listeners),
            handler_nursery=connections,
            task_status=task_status,
        )


async def serve_stream(
    gateway: Gateway,
    heart: Heart,
    stream: trio.SocketStream,
    tls: CurrentContext | None = None,
) -> None:
    """Serve one connection; whatever goes wrong with it stays with it."""
    try:
        with gateway.lobby.admit(stream) as visit:
            outbox = await open_outbox(stream, tls, gateway.limits.send_seconds)
            if outbox is not None:
                outbox.unread(await _read_head(gateway, outbox))
                async with trio.open_nursery() as nursery:
                    await _shake_hands(gateway, heart, outbox, _address(stream), nursery, visit)
                    nursery.cancel_scope.cancel()
    except* _PEER_FAULTS:
        log.debug("connection_lost")
    except* Refusal as refusals:
        for refusal in refusals.exceptions:
            gateway.counts.refuse(getattr(refusal, "code", "bad_request"))
    except* Exception:
        log.exception("connection_failed")
    finally:
        # After a crash or a cancelled handshake the socket may still be open.
        with trio.move_on_after(1, shield=True):
            await trio.aclose_forcefully(stream)


async def _read_head(gateway: Gateway, stream: Outbox) -> bytes:
    """Read what a handshake begins with; a connection costs little until that is there."""
    try:
        return await read_head(stream, gateway.limits.head)
    except Refusal as one:
        refusal = one
    with trio.move_on_after(_LAST_WORD_SECONDS):
        await stream.send_all(refusal_response(refusal))
    raise refusal


async def _shake_hands(
    gateway: Gateway,
    heart: Heart,
    outbox: Outbox,
    address: str,
    nursery: trio.Nursery,
    visit: Visit,
) -> None:
    with trio.move_on_after(gateway.limits.head.seconds) as shaking:
        request = await wrap_server_stream(
            nursery,
            outbox,
            max_message_size=gateway.limits.body_bytes,
            receive_buffer_size=_RECEIVE_BYTES,
        )
        try:
            header = _check(gateway, request)
            with gateway.presence.place():
                offered = request.proposed_subprotocols
                identity = await recognise(gateway, address, header, offered)
                gateway.rates.connect(identity, address)
                agreed = SUBPROTOCOL if SUBPROTOCOL in offered else None
                connection = await request.accept(subprotocol=agreed)
                shaking.deadline = math.inf
                visit.engage()
                session = make_session(gateway, agreed, identity, address)
                await _converse(session, heart, connection, outbox, nursery)
        except Refusal as refusal:
            gateway.counts.refuse(refusal.code)
            await request.reject(
                refusal.spec.status,
                extra_headers=_headers(refusal),
                body=orjson.dumps(refusal.body()),
            )


def _headers(refusal: Refusal) -> list[tuple[bytes, bytes]]:
    headers = [(b"content-type", b"application/json")]
    headers += [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
    if refusal.retry_after is not None:
        headers.append((b"retry-after", b"%d" % refusal.retry_after))
    if refusal.spec.status == 401:  # RFC 9110, section 11.6.1
        headers.append((b"www-authenticate", b"Bearer"))
    return headers


def _check(gateway: Gateway, request: WebSocketRequest) -> Callable[[str], str | None]:
    """Refuse a foreign page; return what reads the headers.

    Of a cookie nothing is known here: a page uses the WebSocket of the port it came from.
    """
    headers = {name.lower(): value.decode("latin1") for name, value in request.headers}
    # wsproto takes Host out of the headers, and trio-websocket has no other name for it.
    host = request._event.host  # noqa: SLF001
    gateway.origins.check_host(host)
    gateway.origins.check_origin(headers.get(b"origin"), host)
    return lambda name: headers.get(name.encode())


def _address(stream: trio.SocketStream) -> str:
    """Return where a connection comes from."""
    try:
        return str(stream.socket.getpeername()[0])
    except (OSError, IndexError):
        return ""


async def _converse(
    session: Session,
    heart: Heart,
    connection: WebSocketConnection,
    outbox: Outbox,
    nursery: trio.Nursery,
) -> None:
    socket = _TrioSocket(connection, outbox, session.nudge)
    heart.add(connection)
    try:
        await serve_connection(session.gateway, session, socket, nursery)
    finally:
        heart.discard(connection)


def text_frames(payloads: Iterable[bytes]) -> bytes:
    """Frame text messages as a server does: whole, unmasked, without extensions.

    RFC 6455, section 5.2; no extension is ever negotiated on this port.
    """
    parts = []
    for payload in payloads:
        size = len(payload)
        if size < 126:
            parts.append(b"\x81%c" % size)
        elif size < 1 << 16:
            parts.append(pack("!BBH", 0x81, 126, size))
        else:
            parts.append(pack("!BBQ", 0x81, 127, size))
        parts.append(payload)
    return b"".join(parts)
