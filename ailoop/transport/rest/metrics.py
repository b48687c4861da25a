"""The route that monitoring reads."""

from __future__ import annotations

from prometheus_client import generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from quart import Blueprint, Response, request

from ailoop.transport.gateway import Gateway
from ailoop.transport.metrics import make_registry
from ailoop.transport.rest.caller import check_overview

__all__ = ["metrics_routes"]

_PLAIN = "text/plain; version=0.0.4; charset=utf-8"


def metrics_routes(gateway: Gateway) -> Blueprint:
    """Return ``/metrics``, in OpenMetrics for who asks for it, else in Prometheus' own text."""
    routes = Blueprint("metrics", __name__)
    registry = make_registry(gateway)

    @routes.get("/metrics")
    async def metrics() -> Response:
        check_overview()
        # The library's own choice echoes whatever version the header asks for.
        if "application/openmetrics-text" in request.headers.get("Accept", ""):
            # It has no annotations.
            text = openmetrics.generate_latest(registry)  # type: ignore[no-untyped-call]
            kind = openmetrics.CONTENT_TYPE_LATEST
        else:
            text, kind = generate_latest(registry), _PLAIN
        return Response(text, content_type=kind)

    return routes
