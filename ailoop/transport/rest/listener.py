"""The listener on the REST port: Hypercorn's connections, each behind a fence.

Hypercorn's own ``serve`` has no fence: a connection that closes in one task while another
sends, which a bad frame at the right moment brings about, would end the whole server.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
import trio
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol import ProtocolWrapper
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import AppWrapper, ConnectionState
from hypercorn.utils import wrap_app
from quart_trio import QuartTrio

from ailoop.model.errors import Refusal
from ailoop.transport.gateway import Gateway
from ailoop.transport.lobby import Visit
from ailoop.transport.outbox import Outbox
from ailoop.transport.rest.http1 import Http1
from ailoop.transport.tls import CurrentContext, TlsOutbox, open_outbox

__all__ = ["serve_http"]

log = structlog.get_logger()

_READ_BYTES = 64 * 1024
_LINGER_SECONDS = 1.0
_CLOSED_ALREADY = (
    trio.BrokenResourceError,
    trio.BusyResourceError,  # another task is about to
    trio.ClosedResourceError,
    AttributeError,  # what speaks TLS has no half to close
)
_LINGER_BYTES = 16 * 1024 * 1024


class _Server(TCPServer):
    """Hypercorn's side of one connection: its writes at once, and without two slips.

    Hypercorn takes a lock and several turns of the scheduler for each write, of which a
    response has three, and a close that meets a write is an error nobody catches.
    """

    def __init__(
        self,
        app: AppWrapper,
        config: Config,
        context: WorkerContext,
        stream: trio.SocketStream,
        outbox: Outbox,
        gateway: Gateway,
        visit: Visit,
    ) -> None:
        self._gateway = gateway
        self._visit = visit
        # Hypercorn's annotation forgets that a stream may do without TLS, or with ours.
        read_from: Any = outbox if isinstance(outbox, TlsOutbox) else stream
        super().__init__(app, config, context, ConnectionState({}), read_from)
        self._outbox = outbox
        self._head_due = math.inf
        self._has_served = False
        self._lingers = False
        self._left_over = 0

    @property  # type: ignore[override]
    def protocol(self) -> Http1:
        """What speaks HTTP here."""
        return self._protocol

    @protocol.setter
    def protocol(self, wrapper: ProtocolWrapper) -> None:
        self._protocol = Http1(wrapper, self._gateway)

    async def protocol_send(self, event: Event) -> None:
        """Send data; whatever else it is told is Hypercorn's business."""
        if isinstance(event, Updated):
            if event.idle:
                self._visit.rest()
            else:
                self._visit.engage()
        if isinstance(event, Closed) and self.protocol.is_sent_more:
            await self._linger()
            return
        if not isinstance(event, RawData):
            await super().protocol_send(event)
            return
        self._outbox.offer(event.data)
        try:
            with trio.CancelScope(shield=True):  # half a response would be worse
                await self._outbox.flush()
        except trio.BrokenResourceError:
            await self.protocol.handle(Closed())

    async def _linger(self) -> None:
        """End a connection whose peer still sends, so that it can read its answer first.

        Closed with bytes that nobody has read, a socket throws away what the peer has not
        read either (RFC 9112, section 9.6).
        """
        if self._lingers:
            return  # two tasks may find out
        self._lingers = True
        with suppress(*_CLOSED_ALREADY):
            await self.stream.send_eof()
        await self.protocol.handle(Closed())
        tasks = self._task_group._nursery  # noqa: SLF001
        if tasks is not None:
            tasks.cancel_scope.deadline = trio.current_time() + _LINGER_SECONDS

    async def _read_data(self) -> None:
        """Read until there is nothing to read from any more, then end the whole connection.

        Hypercorn would keep it until it has been idle for long enough, or a ping is due.
        """
        while await self._read_some():
            pass
        await self.protocol.handle(Closed())
        tasks = self._task_group._nursery  # noqa: SLF001 -- it has no other way to end them
        if tasks is not None:
            tasks.cancel_scope.cancel()

    async def _read_some(self) -> bool:
        """Read once; return whether there may be more.

        A head has its time from the connection's first moment, or from its own first byte;
        :class:`Connection` sees to bodies, which it answers.
        """
        protocol = self.protocol
        if self._lingers:
            left_over = await self._receive()
            self._left_over += len(left_over)
            return left_over != b"" and self._left_over < _LINGER_BYTES
        if not (protocol.awaits_head and (protocol.has_begun or not self._has_served)):
            self._head_due = math.inf
        elif self._head_due == math.inf:
            self._head_due = trio.current_time() + self._gateway.limits.head.seconds
        self._has_served = self._has_served or not protocol.awaits_head
        data = None
        with trio.CancelScope(deadline=self._head_due):
            data = await self._receive()
        if data is None:
            if protocol.has_begun:
                await protocol.refuse("too_slow")
            return False
        await protocol.handle(RawData(data))
        return data != b""

    async def _receive(self) -> bytes:
        try:
            return bytes(await self.stream.receive_some(_READ_BYTES))
        except (trio.ClosedResourceError, trio.BrokenResourceError):
            return b""


async def serve_http(
    gateway: Gateway,
    app: QuartTrio,
    config: Config,
    listeners: Sequence[trio.SocketListener],
    connections: trio.Nursery,
    tls: CurrentContext | None = None,
    *,
    task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Accept connections until cancelled; then let each end after its answer.

    :param connections: the caller's nursery for what has been accepted, so that to stop
        accepting is not yet to hang up.
    :param tls: what a connection is accepted with, if that is not to be plain TCP.
    """
    context = WorkerContext(None)
    asgi = wrap_app(app, config.wsgi_max_body_size, "asgi")
    try:
        await trio.serve_listeners(
            partial(_serve_stream, gateway, asgi, config, context, tls),
            list(listeners),
            handler_nursery=connections,
            task_status=task_status,
        )
    finally:
        # It holds no checkpoint; those that are idle end now.
        await context.terminated.set()  # noqa: ASYNC102


async def _serve_stream(
    gateway: Gateway,
    app: AppWrapper,
    config: Config,
    context: WorkerContext,
    tls: CurrentContext | None,
    stream: trio.SocketStream,
) -> None:
    """Serve one connection; whatever goes wrong with it stays with it."""
    try:
        with gateway.lobby.admit(stream) as visit:
            outbox = await open_outbox(stream, tls, math.inf)
            if outbox is not None:
                await _Server(app, config, context, stream, outbox, gateway, visit)
    except* Refusal:
        gateway.counts.refuse("too_many_connections")
    except* (UnicodeDecodeError, trio.BrokenResourceError):
        # HTTP/2 lets in bytes that are no text; the peer's fault, not ours.
        log.debug("connection_lost")
    except* Exception:
        log.exception("connection_failed")
    finally:
        with trio.move_on_after(1, shield=True):
            await trio.aclose_forcefully(stream)
