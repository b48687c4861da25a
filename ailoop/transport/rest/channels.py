"""Routes about channels: which there are, what they hold, what waits on them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from heapq import nsmallest
from operator import attrgetter
from typing import Any

import orjson
from quart import Blueprint, Response, request

from ailoop.broker import Prompt
from ailoop.broker.channel import Channel
from ailoop.broker.history import History
from ailoop.model.codec import format_epoch
from ailoop.transport.delivery import delivery_members
from ailoop.transport.gateway import Gateway
from ailoop.transport.rest.caller import their_broker
from ailoop.transport.rest.replies import encoded, query_int, reply

__all__ = ["channel_routes"]

_DEFAULT_LIMIT = 100


def channel_routes(gateway: Gateway) -> Blueprint:
    """Return the routes under ``/api`` that read channels."""
    routes = Blueprint("channels", __name__, url_prefix="/api")
    limits = gateway.broker.limits

    @routes.get("/channels")
    @routes.get("/v1/channels")
    async def list_channels() -> Response:
        summaries = [
            _summary(channel) for _, channel in sorted(their_broker().channels.items())
        ]
        return reply({"channels": [{"name": one.pop("channel"), **one} for one in summaries]})

    @routes.get("/channels/<name>/messages")
    async def list_messages(name: str) -> Response:
        limit = query_int("limit", _DEFAULT_LIMIT, gateway.limits.page)
        after = query_int("after", 0, 2**63) if "after" in request.args else None
        channel = their_broker().channel(name)
        # A channel that is not live has nothing to show and nothing to miss yet.
        history = channel.history if channel else History(after or 0, limits)
        return encoded(_page(name, history, after, limit))

    @routes.get("/channels/<name>/stats")
    async def channel_stats(name: str) -> Response:
        channel = their_broker().channel(name)
        return reply(_summary(channel) if channel else _nothing(name))

    @routes.get("/v1/pending")
    async def list_pending() -> Response:
        wanted = request.args.get("channel")
        limit = query_int("limit", gateway.limits.page, gateway.limits.page)
        waiting = list(their_broker().pending(wanted))
        items = b",".join(_pending_items(waiting, limit))
        return encoded(b'{"items":[%b],"total_count":%d}' % (items, len(waiting)))

    return routes


def _nothing(name: str) -> dict[str, Any]:
    return {
        "channel": name,
        "message_count": 0,
        "oldest_message": None,
        "newest_message": None,
    }


def _summary(channel: Channel) -> dict[str, Any]:
    oldest, newest = channel.history.oldest, channel.history.newest
    return {
        "channel": channel.name,
        "message_count": len(channel.history),
        "oldest_message": format_epoch(oldest.at) if oldest else None,
        "newest_message": format_epoch(newest.at) if newest else None,
    }


def _page(name: str, history: History, after: int | None, limit: int) -> bytes:
    """Return the newest messages, or with a cursor what comes after it.

    ``next_after`` is the cursor for the next page. ``gap`` is there when messages between
    the cursor and the first one shown have left the history.
    """
    entries = history.latest(limit) if after is None else history.after(after, limit)
    told: dict[str, Any] = {
        "total_count": len(history),
        "next_after": entries[-1].seq if entries else max(after or 0, history.head),
    }
    if after is not None and not history.reaches(after or history.start):
        told["gap"] = {"after": after, "first": history.first_available}
    return b'{"channel":"%b","messages":[%b],%b' % (
        name.encode(),
        b",".join(entry.encoded for entry in entries),
        orjson.dumps(told)[1:],
    )


def _pending_items(prompts: Sequence[Prompt], limit: int) -> list[bytes]:
    """Return the items of as many as may be listed: of too many, the most urgent."""
    chosen: Sequence[Prompt] = prompts
    if len(prompts) > limit:
        chosen = nsmallest(limit, prompts, key=attrgetter("urgency"))
    listed = {prompt.entry.id for prompt in chosen}
    items = []
    now = time.time()
    positions: dict[str, int] = {}
    for prompt in prompts:
        channel = prompt.entry.channel
        positions[channel] = positions.get(channel, 0) + 1
        if prompt.entry.id in listed:
            items.append(_pending_item(prompt, positions[channel], now))
    return items


def _pending_item(prompt: Prompt, position: int, now: float) -> bytes:
    members = {
        "message_id": str(prompt.entry.id),
        "kind": prompt.content.type,
        "channel": prompt.entry.channel,
        "position": position,
        "label": prompt.content.label,
        "expires_at": format_epoch(prompt.deadline),
        "expires_in": round(max(prompt.deadline - now, 0), 3),
        "delivery": delivery_members(prompt),
    }
    return b'%b,"message":%b}' % (orjson.dumps(members)[:-1], prompt.entry.encoded)
