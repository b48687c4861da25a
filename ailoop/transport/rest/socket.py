"""The WebSocket at ``/ws`` on the REST port, for what reaches one port only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack

import structlog
import trio
from quart import Blueprint, Response, websocket

from ailoop.access.identity import Identity
from ailoop.model.errors import Refusal
from ailoop.transport.gateway import Gateway
from ailoop.transport.rest.caller import address_of, admit_socket
from ailoop.transport.rest.replies import refused
from ailoop.transport.ws.connection import make_session, serve_connection
from ailoop.transport.ws.v1 import SUBPROTOCOL

__all__ = ["socket_routes"]

log = structlog.get_logger()


class _QuartSocket:
    """Quart's WebSocket as a session sees it; Quart cancels the handler when the peer goes."""

    port = "rest"

    async def listen(self, receive: Callable[[str | bytes], Awaitable[None]]) -> int:
        while True:
            await receive(await websocket.receive())

    def express(self, *_: object) -> bool:
        return False  # Quart sends from a task only

    def unsent(self) -> int:
        return 0  # Hypercorn does not say

    def __init__(self, patience: float) -> None:
        self._patience = patience

    async def send(self, frames: Sequence[bytes]) -> None:
        for frame in frames:
            with trio.fail_after(self._patience):
                await websocket.send(frame.decode())
            # What the socket takes at once is no checkpoint.
            await trio.lowlevel.checkpoint()

    async def close(self, code: int, reason: str) -> None:
        await websocket.close(code, reason)


def socket_routes(gateway: Gateway) -> Blueprint:
    """Return the upgrade route."""
    routes = Blueprint("socket", __name__)

    @routes.websocket("/ws")
    async def ws() -> Response | None:
        host, origin = websocket.headers.get("Host"), websocket.headers.get("Origin")
        with ExitStack() as place:
            try:
                gateway.origins.check_host(host)
                gateway.origins.check_origin(origin, host)
                place.enter_context(gateway.presence.place())
                identity = await admit_socket(gateway)
                gateway.rates.connect(identity, address_of(websocket))
            except Refusal as refusal:
                gateway.counts.refuse(refusal.code)
                return refused(refusal)
            await _converse(identity)
        return None

    async def _converse(identity: Identity | None) -> None:
        offered = websocket.requested_subprotocols
        agreed = SUBPROTOCOL if SUBPROTOCOL in offered else None
        await websocket.accept(subprotocol=agreed)
        try:
            session = make_session(gateway, agreed, identity, address_of(websocket))
            quart = _QuartSocket(gateway.limits.send_seconds)
            async with trio.open_nursery() as nursery:
                await serve_connection(gateway, session, quart, nursery)
        except Exception:
            # Quart would close with 1000, as if all were well.
            log.exception("connection_failed")
            await websocket.close(1011, "internal")

    return routes
