"""The Quart application: routes, guards, and one shape for every error."""

from __future__ import annotations

import structlog
from quart import Response, request
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException

from ailoop.model.errors import Refusal
from ailoop.transport.gateway import Gateway
from ailoop.transport.rest.caller import admit_request
from ailoop.transport.rest.channels import channel_routes
from ailoop.transport.rest.connection import Connection
from ailoop.transport.rest.delivery import delivery_routes
from ailoop.transport.rest.mcp import mcp_routes
from ailoop.transport.rest.messages import message_routes
from ailoop.transport.rest.metrics import metrics_routes
from ailoop.transport.rest.openapi import openapi_routes
from ailoop.transport.rest.page import page_routes
from ailoop.transport.rest.probes import probe_routes
from ailoop.transport.rest.rates import count_request, tell_rates
from ailoop.transport.rest.receipts import receipt_routes
from ailoop.transport.rest.replies import refused, reply
from ailoop.transport.rest.session import session_routes
from ailoop.transport.rest.socket import socket_routes
from ailoop.transport.rest.status import status_routes

__all__ = ["create_app"]

log = structlog.get_logger()

_READING = ("GET", "HEAD", "OPTIONS")
_CODES = {404: "not_found", 405: "method_not_allowed", 408: "too_slow", 413: "too_large"}


def create_app(gateway: Gateway) -> QuartTrio:
    """Return the application that serves everything on the REST port."""
    app = QuartTrio("ailoop", static_folder=None)
    app.asgi_http_class = Connection
    app.config["MAX_CONTENT_LENGTH"] = gateway.limits.body_bytes
    app.config["BODY_TIMEOUT"] = gateway.limits.upload_seconds
    # A long poll is silent for as long as the person thinks.
    app.config["RESPONSE_TIMEOUT"] = None
    app.url_map.strict_slashes = False
    # Otherwise an address with one slash too many is answered by a redirect, as HTML.
    app.url_map.merge_slashes = False

    @app.before_request
    async def guard() -> None:
        host, origin = request.headers.get("Host"), request.headers.get("Origin")
        gateway.origins.check_host(host)
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Refusal("encoded_body")
        if request.method not in _READING:
            gateway.origins.check_origin(origin, host)
            if gateway.broker.stopping:
                raise Refusal("shutting_down")
        try:
            await admit_request(gateway)
        except Refusal:
            count_request(gateway)  # of its address: nobody has said who it is
            raise
        count_request(gateway)

    @app.after_request
    async def share(response: Response) -> Response:
        """Let the pages on the list read what we answer (Fetch standard, CORS protocol)."""
        tell_rates(response)
        origin = request.headers.get("Origin")
        if gateway.origins.is_listed(origin):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE"
            response.headers["Access-Control-Allow-Headers"] = (
                "Authorization, Content-Type, X-Api-Key, "
                "Mcp-Method, Mcp-Name, Mcp-Protocol-Version, Mcp-Session-Id"
            )
            response.headers["Access-Control-Expose-Headers"] = "Mcp-Session-Id"
            response.headers["Vary"] = "Origin"
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    @app.errorhandler(Refusal)
    async def on_refusal(refusal: Refusal) -> Response:
        gateway.counts.refuse(refusal.code)
        return refused(refusal)

    @app.errorhandler(HTTPException)
    async def on_http_error(error: HTTPException) -> Response:
        status = error.code or 500
        code = _CODES.get(status, "bad_request")
        gateway.counts.refuse(code)
        response = reply(Refusal(code).body(), status)
        for name, value in error.get_headers():
            if name.lower() == "allow":
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    async def on_fault(fault: Exception) -> Response:
        route = str(request.url_rule)
        log.error("request_failed", method=request.method, route=route, exc_info=fault)
        gateway.counts.refuse("internal")
        return refused(Refusal("internal"))

    for routes in (
        message_routes,
        delivery_routes,
        channel_routes,
        receipt_routes,
        status_routes,
        probe_routes,
        metrics_routes,
        openapi_routes,
        page_routes,
        session_routes,
        socket_routes,
        mcp_routes,
    ):
        app.register_blueprint(routes(gateway))
    return app
