"""MCP over HTTP, of one daemon: each request by itself, with no session that is kept.

The SDK would keep a session for every client: a table with a bound, lost in a restart, after
which some clients do not come back. Without one a restart goes unnoticed, and progress works
as well, as it comes with the answer to its own request. All that earlier clients need a
session for is to cancel a call. So ``initialize`` gives them a name that only they know, by
which the calls in progress are found; nothing else is known of it, so any name is good.

Who ends the connection has cancelled the call where the protocol says so (2026-07-28); with
an earlier one it has merely gone, and its prompt stays open.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any
from uuid import uuid4

from attrs import frozen
from mcp.server.context import ServerRequestContext
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from ailoop.transport.gateway import Gateway
from ailoop.transport.mcp.call import Waits
from ailoop.transport.mcp.server import Caller, make_server
from ailoop.transport.mcp.through_broker import BrokerDesk

__all__ = ["Door", "Visitor"]

_SESSION = "mcp-session-id"
_VISITOR = "ailoop.visitor"
"""Where a request's visitor is in its ASGI scope."""


@frozen
class Visitor:
    """Who has made a request.

    :param desk: takes what they ask.
    :param channel: where they ask, unless they say so.
    :param session: the name they were given, if they tell one.
    """

    desk: BrokerDesk
    channel: str
    session: str | None

    @property
    def place(self) -> Hashable:
        """What their calls are kept by; of one without a name nobody can find them."""
        who = None if self.desk.identity is None else self.desk.identity.name
        return object() if self.session is None else (who, self.session)


class Door:
    """What answers at ``/mcp``."""

    def __init__(self, gateway: Gateway) -> None:
        self._calls = gateway.mcp_calls
        limits = gateway.limits
        waits = Waits(
            ticket=limits.mcp_ticket_seconds,
            progress=limits.mcp_progress_seconds,
            tick=limits.mcp_tick_seconds,
        )
        self._server = make_server(_whose, calls=self._calls, waits=waits)
        self._body_bytes = limits.body_bytes

    def greeting(self, value: Any, visitor: Visitor) -> dict[str, str]:
        """Return the headers of the answer to a body: the name of who has none yet."""
        begins = isinstance(value, dict) and value.get("method") == "initialize"
        return {_SESSION: uuid4().hex} if begins and visitor.session is None else {}

    async def answer(
        self, value: Any, visitor: Visitor, scope: dict[str, Any], receive: Any, send: Any
    ) -> None:
        """Answer a request, as an ASGI application does."""
        if isinstance(value, dict) and value.get("method") == "notifications/cancelled":
            params = value.get("params")
            named = params.get("requestId") if isinstance(params, dict) else None
            self._calls.cancel((visitor.place, str(named)))
        # One for each request: whatever it starts ends with the request.
        manager = StreamableHTTPSessionManager(
            self._server, stateless=True, max_request_body_size=self._body_bytes
        )
        async with manager.run():
            await manager.handle_request({**scope, _VISITOR: visitor}, receive, send)


def _whose(context: ServerRequestContext[Any, Any]) -> Caller:
    request: Any = context.request
    visitor: Visitor = request.scope[_VISITOR]
    return Caller(
        desk=visitor.desk,
        channel=visitor.channel,
        session=visitor.place,
        leaves_by_cancelling=context.protocol_version in MODERN_PROTOCOL_VERSIONS,
    )
