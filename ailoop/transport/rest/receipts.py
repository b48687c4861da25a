"""The route of the key that verifies receipts."""

from __future__ import annotations

from quart import Blueprint, Response

from ailoop.model.errors import Refusal
from ailoop.transport.gateway import Gateway
from ailoop.transport.rest.replies import reply

__all__ = ["receipt_routes"]


def receipt_routes(gateway: Gateway) -> Blueprint:
    """Return the route of the public key; to pin it, it has to be read when all is well."""
    routes = Blueprint("receipts", __name__, url_prefix="/api/v1")

    @routes.get("/receipt-key")
    async def receipt_key() -> Response:
        if gateway.receipt_keys is None:
            raise Refusal("no_receipts")
        return reply(gateway.receipt_keys)

    return routes
