"""The route of the Model Context Protocol, whose SDK is loaded when somebody calls."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import trio
from quart import Blueprint, request

from ailoop.model.errors import Refusal
from ailoop.model.names import check_channel
from ailoop.transport.gateway import Gateway
from ailoop.transport.rest.caller import address_of, caller, their_broker
from ailoop.transport.rest.relay import Relay

if TYPE_CHECKING:
    from ailoop.transport.mcp.http import Door, Visitor

__all__ = ["mcp_routes"]

_DEFAULT_CHANNEL = "public"
_ACCEPTS = "application/json, text/event-stream"


def mcp_routes(gateway: Gateway) -> Blueprint:
    """Return the route ``/mcp``; it takes POST alone, as nothing is told unasked."""
    routes = Blueprint("mcp", __name__)
    opening = _Opening(gateway)

    @routes.post("/mcp")
    async def call() -> Relay:
        if not all(map(request.accept_mimetypes.quality, _ACCEPTS.split(", "))):
            raise Refusal("bad_request", f"Send the header Accept: {_ACCEPTS}", path="Accept")
        if request.mimetype != "application/json":
            raise Refusal(
                "bad_request", "The Content-Type is application/json", path="Content-Type"
            )
        channel = check_channel(request.args.get("channel", _DEFAULT_CHANNEL))
        body: Any = await request.get_data()
        value = gateway.codec.load_json(body)
        if not _is_request(value):
            raise Refusal("bad_request", "The body is one JSON-RPC 2.0 request or notification")
        door = await opening.door()
        visitor = _visitor(gateway, channel)
        relay = Relay(partial(door.answer, value, visitor), body)
        relay.headers.update(door.greeting(value, visitor))
        return relay

    return routes


def _is_request(value: Any) -> bool:
    """Whether a body is what JSON-RPC calls a request object; the SDK checks what it is about.

    We send clients no requests, so they have no responses to post.
    """
    return (
        isinstance(value, dict)
        and value.get("jsonrpc") == "2.0"
        and isinstance(value.get("method"), str)
        and type(value.get("id", 0)) in (str, int)
        and isinstance(value.get("params", {}), dict)
    )


class _Opening:
    """Opens the door when the first visitor comes: to load it takes a second."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._lock = trio.Lock()
        self._door: Door | None = None

    async def door(self) -> Door:
        """Return the door.

        :raises Refusal: ``mcp_missing``: the extra is not installed.
        """
        async with self._lock:
            if self._door is None:
                # Elsewhere, so that the others who talk to this daemon do not wait for it.
                load = partial(import_module, "ailoop.transport.mcp.http")
                try:
                    module: Any = await trio.to_thread.run_sync(load)
                except ImportError:
                    raise Refusal("mcp_missing") from None
                self._door = module.Door(self._gateway)
            return self._door


def _visitor(gateway: Gateway, channel: str) -> Visitor:
    from ailoop.transport.mcp.http import Visitor
    from ailoop.transport.mcp.through_broker import BrokerDesk

    page = request.host_url
    desk = BrokerDesk(gateway, their_broker(), caller(), address_of(request), page)
    return Visitor(desk, channel, request.headers.get("Mcp-Session-Id"))
