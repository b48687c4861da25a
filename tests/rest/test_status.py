"""Health, statistics, and the echo that earlier clients call."""

from __future__ import annotations

import trio

from ailoop.version import __version__
from tests.serving import V1, Served, note, question, serving, talking, until


async def test_health(server: Served) -> None:
    """Health counts connections, open prompts and channels, under both of their spellings."""
    await server.post(question("a"), question("a"), note("b"))
    async with talking(server.socket_url("rest")):
        await until(lambda: len(server.daemon.gateway.presence) == 1)
        answer = await server.http.get("/api/v1/health")
    assert answer.status_code == 200
    body = answer.json()
    queues = body.pop("queues")
    assert body == {
        "status": "healthy",
        "version": __version__,
        "active_connections": 1,
        "queue_size": 2,
        "active_channels": 2,
        "activeConnections": 1,
        "queueSize": 2,
        "activeChannels": 2,
        "rates": {},
    }
    assert queues["prompts"] == {"used": 2, "limit": 100_000}
    assert queues["channels"]["used"] == 2
    assert queues["connections"]["used"] == 1


async def test_queues() -> None:
    """Every bound is there with what is used of it, as this server was told."""
    bounds = {"prompts": 5, "channels": 6, "connections": 7, "waiters": 8, "feeds": 9}
    settings = {f"max_{name}": limit for name, limit in bounds.items()}
    others = {
        "inbox_size": 10,
        "max_replies": 11,
        "max_reply_bytes": 12,
        "max_watched": 13,
        "max_channel_prompts": 14,
        "history_messages": 15,
        "history_bytes": 16_000,
        "feed_messages": 17,
        "feed_bytes": 18,
        "outbox_bytes": 19,
        "max_shown": 20,
        "rate_remembered": 21,
        "max_sockets": 21,
        "max_newcomers": 22,
        "max_address_connections": 23,
        "max_mcp_calls": 24,
    }
    async with serving(**settings, **others) as server:
        asked = await server.post(question())
        async with talking(server.socket_url("ws")) as talk, trio.open_nursery() as nursery:
            await talk.call_plain({"subscribe": ["a", "b"]})
            await talk.call_plain(question("b"))
            path = f"/api/v1/messages/{asked['id']}/response"
            nursery.start_soon(lambda: server.http.get(path, params={"wait": 60}))
            await until(lambda: server.broker.tables.waiters)
            queues = (await server.http.get("/api/v1/health")).json()["queues"]
            nursery.cancel_scope.cancel()
    assert {name: one["limit"] for name, one in queues.items()} == {
        **bounds,
        "fullest_inbox": 10,
        "fullest_replies": 11,
        "fullest_reply_bytes": 12,
        "fullest_watch": 13,
        "fullest_prompts": 14,
        "fullest_history": 15,
        "fullest_history_bytes": 16_000,
        "fullest_feed": 17,
        "fullest_feed_bytes": 18,
        "fullest_outbox_bytes": 19,
        "fullest_shown": 20,
        "fullest_rates": 21,
        "sessions": 0,
        "sockets": 21,
        "newcomers": 22,
        "strangers": 22,
        "fullest_address": 23,
        "mcp_calls": 24,
    }
    assert queues.pop("fullest_history_bytes")["used"] > 100
    # The waiting request, the WebSocket, and this one; whoever posted may still be kept.
    assert queues.pop("sockets")["used"] in (3, 4)
    assert {name: one["used"] for name, one in queues.items()} == {
        "prompts": 2,
        "channels": 2,
        "connections": 1,
        "waiters": 1,
        "feeds": 2,
        "fullest_prompts": 1,
        "fullest_inbox": 0,
        "fullest_history": 1,
        "fullest_feed": 0,
        "fullest_feed_bytes": 0,
        "mcp_calls": 0,
        "fullest_outbox_bytes": 0,
        "fullest_replies": 0,
        "fullest_reply_bytes": 0,
        "fullest_watch": 1,
        "fullest_shown": 0,
        "fullest_rates": 0,
        "sessions": 0,
        "newcomers": 0,
        "strangers": 0,
        "fullest_address": 0,
    }


async def test_stats(server: Served) -> None:
    """Who reads is a viewer, who asks is an agent; who has shown neither is neither."""
    url = server.socket_url("ws")
    async with (
        talking(url, V1, role="agent"),
        talking(url, V1, role="human"),
        talking(url, V1, role="observer"),
        talking(url) as reads,
        talking(url) as asks,
        talking(url),
    ):
        await reads.call_plain({"subscribe": "*"})
        await asks.call_plain(note())
        answer = await server.http.get("/api/stats")
        assert answer.json() == {
            "total_viewers": 3,
            "agent_connections": 2,
            "viewer_connections": 3,
            "active_channels": 1,
        }
    await until(lambda: not len(server.daemon.gateway.presence))
    assert (await server.http.get("/api/stats")).json()["total_viewers"] == 0


async def test_echo(server: Served) -> None:
    """The earlier test route says ok, whatever it is sent."""
    for body in (b"", b"{}", b"?"):
        answer = await server.http.post("/api/test", content=body)
        assert answer.content == b'{"test":"ok"}'
