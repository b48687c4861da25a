"""Routes about a prompt's way to people: whether it was shown, who has seen it, who types."""

from __future__ import annotations

import trio
from quart import Blueprint, Response, request

from ailoop.broker import Prompt
from ailoop.model.delivery import Showing
from ailoop.model.errors import Refusal
from ailoop.transport.delivery import delivery_members, load_word
from ailoop.transport.gateway import Gateway
from ailoop.transport.rest.caller import still_here, their_broker
from ailoop.transport.rest.replies import query_seconds, read_id, reply

__all__ = ["delivery_routes"]


def delivery_routes(gateway: Gateway) -> Blueprint:
    """Return the routes at ``/api/v1/messages/{id}/delivery``."""
    routes = Blueprint("delivery", __name__, url_prefix="/api/v1/messages/<message_id>")

    @routes.get("/delivery")
    async def get_delivery(message_id: str) -> Response:
        patience = query_seconds("wait", gateway.limits.wait_seconds) or 0
        prompt = their_broker().prompt(read_id(message_id))
        with trio.move_on_after(patience):
            await their_broker().wait_shown(prompt)
        still_here()
        return _delivery(prompt)

    @routes.post("/delivery")
    async def post_delivery(message_id: str) -> Response:
        prompt = their_broker().prompt(read_id(message_id))
        word = load_word(gateway.codec.load_json(await request.get_data()))
        if word.state is Showing.TYPING:
            raise Refusal(
                "invalid_message",
                "$.state: typing is told over a WebSocket, whose end ends it",
                path="$.state",
            )
        their_broker().show(prompt, None, word.state, word.who)
        return _delivery(prompt)

    return routes


def _delivery(prompt: Prompt) -> Response:
    standing = {"message_id": str(prompt.entry.id), "state": prompt.state}
    return reply({**standing, **delivery_members(prompt)})
