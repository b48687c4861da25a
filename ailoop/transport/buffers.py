"""How full every buffer is: what health shows as ``queues`` and metrics as ``ailoop_buffer_*``.

Of what each channel, subscription or connection has for itself, the fullest one is told: it is
the first to be refused something, and a list of them all would have no bound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ailoop.broker.channel import Channel
from ailoop.transport.gateway import Gateway

__all__ = ["Fill", "buffers"]


class Fill(NamedTuple):
    """How much is in a buffer, and how much it holds."""

    used: int
    limit: int


def buffers(gateway: Gateway) -> dict[str, Fill]:
    """Return every buffer by its name; ``docs/architecture.rst`` says what each holds."""
    broker, presence = gateway.broker, gateway.presence
    limits, doors, tables = broker.limits, gateway.limits, broker.tables
    lobby = gateway.lobby
    channels = list(broker.channels.values())

    def fullest(depth: Callable[[Channel], int]) -> int:
        return max(map(depth, channels), default=0)

    feeds = [channel.fullest_feed() for channel in channels]
    entries, sizes = [one[0] for one in feeds], [one[1] for one in feeds]
    return {
        "prompts": Fill(tables.open_prompts, limits.prompts),
        "sessions": _sessions(gateway),
        "channels": Fill(len(channels), limits.channels),
        "connections": Fill(len(presence), doors.connections),
        "sockets": Fill(lobby.sockets, lobby.limits.sockets),
        "newcomers": Fill(len(lobby.newcomers), lobby.limits.newcomers),
        "strangers": Fill(len(presence.strangers), lobby.limits.newcomers),
        "fullest_address": Fill(lobby.fullest_address, lobby.limits.address),
        "waiters": Fill(tables.waiters, limits.waiters),
        "mcp_calls": Fill(len(gateway.mcp_calls), doors.mcp_calls),
        "feeds": Fill(tables.feeds, limits.feeds),
        "fullest_prompts": Fill(fullest(lambda c: len(c.state.open)), limits.channel_prompts),
        "fullest_inbox": Fill(fullest(lambda c: c.inbox_depth), limits.inbox),
        "fullest_history": Fill(fullest(lambda c: len(c.history)), limits.history_messages),
        "fullest_history_bytes": Fill(fullest(lambda c: c.history.size), limits.history_bytes),
        "fullest_feed": Fill(max(entries, default=0), limits.feed_messages),
        "fullest_feed_bytes": Fill(max(sizes, default=0), limits.feed_bytes),
        "fullest_replies": Fill(presence.fullest(lambda g: g.unread), doors.replies),
        "fullest_reply_bytes": Fill(
            presence.fullest(lambda g: g.unread_bytes), doors.reply_bytes
        ),
        "fullest_outbox_bytes": Fill(
            presence.fullest(lambda g: g.unsent()), doors.outbox_bytes
        ),
        "fullest_watch": Fill(presence.fullest(lambda g: g.watching), doors.watched),
        "fullest_rates": Fill(gateway.rates.fullest, gateway.rates.limits.remembered),
        "fullest_shown": Fill(presence.fullest(lambda g: g.showing), doors.shown),
    }


def _sessions(gateway: Gateway) -> Fill:
    """Return how many pages are signed in; none can be where nobody has to."""
    if gateway.authenticator is None:
        return Fill(0, 0)
    sign_ins = gateway.authenticator.sign_ins
    return Fill(len(sign_ins), sign_ins.limit)
