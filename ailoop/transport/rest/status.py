"""Routes about the server itself."""

from __future__ import annotations

from quart import Blueprint, Response

from ailoop.transport.buffers import buffers
from ailoop.transport.gateway import Gateway
from ailoop.transport.rest.caller import check_overview, may_overview
from ailoop.transport.rest.probes import standing_of
from ailoop.transport.rest.replies import reply
from ailoop.version import __version__

__all__ = ["status_routes"]


def status_routes(gateway: Gateway) -> Blueprint:
    """Return health, statistics and the echo that earlier clients call."""
    routes = Blueprint("status", __name__, url_prefix="/api")
    broker = gateway.broker
    tables, presence = broker.tables, gateway.presence

    @routes.get("/v1/health")
    async def health() -> Response:
        status = standing_of(gateway)
        code = 200 if status == "healthy" else 503
        if not may_overview(gateway):
            return reply({"status": status, "version": __version__}, code)
        connections, channels = len(presence), len(broker.channels)
        queues = {name: fill._asdict() for name, fill in buffers(gateway).items()}
        queues["feeds"]["overflows"] = sum(tables.counts.overflows.values())
        body = {
            "status": status,
            "version": __version__,
            "active_connections": connections,
            "queue_size": tables.open_prompts,
            "active_channels": channels,
            # The same three under the names an earlier document gave them.
            "activeConnections": connections,
            "queueSize": tables.open_prompts,
            "activeChannels": channels,
            "queues": queues,
            "rates": gateway.rates.standing(),
        }
        if broker.failing:
            body["journal"] = broker.failing
        return reply(body, code)

    @routes.get("/stats")
    async def stats() -> Response:
        check_overview()
        viewers, agents = presence.count("viewer"), presence.count("agent")
        return reply(
            {
                "total_viewers": viewers,
                "agent_connections": agents,
                "viewer_connections": viewers,
                "active_channels": len(broker.channels),
            }
        )

    @routes.post("/test")
    async def echo() -> Response:
        return reply({"test": "ok"})

    return routes
