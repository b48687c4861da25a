"""Two questions that whoever runs the daemon asks all the time, and anybody may ask.

They are apart because what follows is: a process that is not live is killed and started again,
one that is not ready is only sent nothing new. So a journal that cannot store, or a stop under
way, must not look dead: what waits here would be lost with the process.
"""

from __future__ import annotations

from quart import Blueprint, Response

from ailoop.transport.gateway import Gateway
from ailoop.transport.rest.replies import reply

__all__ = ["probe_routes", "standing_of"]


def probe_routes(gateway: Gateway) -> Blueprint:
    """Return the routes that tell nothing of anybody's."""
    routes = Blueprint("probes", __name__, url_prefix="/api/v1")

    @routes.get("/live")
    async def live() -> Response:
        # That it is answered at all is the answer: the loop turns.
        return reply({"status": "live"})

    @routes.get("/ready")
    async def ready() -> Response:
        status = standing_of(gateway)
        if status == "healthy":
            return reply({"status": "ready"})
        return reply({"status": status}, 503)

    return routes


def standing_of(gateway: Gateway) -> str:
    """Return whether something new can be taken: ``healthy``, or ``stopping``, ``failing``."""
    broker = gateway.broker
    return "stopping" if broker.stopping else "failing" if broker.failing else "healthy"
