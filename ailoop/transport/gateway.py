"""What every transport is given: the broker, the reader of messages, the bounds, the guards."""

from __future__ import annotations

from typing import Any

from attrs import Factory, define, field, frozen

from ailoop.access.authenticator import Authenticator
from ailoop.broker import Broker
from ailoop.model.codec import Codec
from ailoop.transport.counts import TransportCounts
from ailoop.transport.head import HeadLimits
from ailoop.transport.lobby import Lobby, LobbyLimits
from ailoop.transport.mcp.calls import Calls
from ailoop.transport.origin import OriginPolicy
from ailoop.transport.presence import Presence
from ailoop.transport.rates import Rates

__all__ = ["Gateway", "TransportLimits"]


@frozen(kw_only=True)
class TransportLimits:
    """Bounds of one connection or request.

    :param body_bytes: an HTTP body or WebSocket frame; larger is refused (413, close 1009).
    :param connections: WebSocket connections; the next is refused (``too_many_connections``).
    :param replies: frames that wait for one connection's reader besides its feeds; beyond
        it, what the connection sends is not read until it has taken some.
    :param reply_bytes: the same in bytes.
    :param outbox_bytes: what is handed to one connection's socket at a time; more waits in its
        replies and feeds.
    :param watched: prompts one connection waits for (``too_many_prompts``).
    :param shown: prompts one connection tells of or hears of (``too_many_prompts``).
    :param page: items of one page of a list.
    :param wait_seconds: the longest one HTTP request may wait for an answer.
    :param send_seconds: how long a frame may wait for a reader; then the connection is
        closed with 4008.
    :param heartbeat_seconds: how often an idle connection is asked whether it is there.
    :param upload_seconds: how long an HTTP body may take to arrive (``too_slow``).
    :param idle_seconds: how long an HTTP connection is kept between two requests.
    :param mcp_calls: calls of MCP tools in progress (``too_many_waiters``).
    :param mcp_ticket_seconds: how long one may wait whose client hears of no progress.
    :param mcp_progress_seconds: how long one may wait whose client does.
    :param mcp_tick_seconds: between two words of progress.
    :param head: bounds of the head of a request, or of a WebSocket's handshake.
    :param lobby: how many connections of any kind there may be.
    """

    body_bytes: int = 1024 * 1024
    connections: int = 10_000
    replies: int = 1000
    reply_bytes: int = 4 * 1024 * 1024
    outbox_bytes: int = 256 * 1024
    watched: int = 10_000
    shown: int = 10_000
    page: int = 1000
    wait_seconds: float = 3600.0
    send_seconds: float = 30.0
    heartbeat_seconds: float = 30.0
    upload_seconds: float = 30.0
    idle_seconds: float = 75.0  # longer than clients keep one, so none closes as it is used
    mcp_calls: int = 1000
    mcp_ticket_seconds: float = 50.0
    mcp_progress_seconds: float = 3600.0
    mcp_tick_seconds: float = 10.0
    head: HeadLimits = field(factory=HeadLimits)
    lobby: LobbyLimits = field(factory=LobbyLimits)


@define
class Gateway:
    """The one object that transports share."""

    broker: Broker
    codec: Codec
    limits: TransportLimits = field(factory=TransportLimits)
    origins: OriginPolicy = field(factory=OriginPolicy)
    presence: Presence = field(factory=Presence)
    counts: TransportCounts = field(factory=TransportCounts)
    lobby: Lobby = field(factory=Lobby)
    rates: Rates = field(factory=Rates)
    mcp_calls: Calls = field(
        default=Factory(lambda self: Calls(self.limits.mcp_calls), takes_self=True)
    )
    authenticator: Authenticator | None = None
    """Knows who belongs here; without it, whoever can connect may do everything."""
    receipt_keys: dict[str, Any] | None = None
    """What verifies receipts, as a JSON Web Key Set, if this server signs any."""
