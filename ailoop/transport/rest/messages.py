"""Routes about one message: post it, read it, answer it, withdraw it."""

from __future__ import annotations

from uuid import UUID

import trio
from quart import Blueprint, Response, request

from ailoop.broker import Accepted, Prompt
from ailoop.model.errors import Refusal
from ailoop.model.message import PROMPT_TYPES, Message
from ailoop.transport.decision import load_decision
from ailoop.transport.gateway import Gateway
from ailoop.transport.rest.caller import still_here, their_broker
from ailoop.transport.rest.rates import count_messages
from ailoop.transport.rest.replies import (
    encoded,
    prompt_members,
    query_seconds,
    read_id,
)

__all__ = ["message_routes"]


def message_routes(gateway: Gateway) -> Blueprint:
    """Return the routes under ``/api/v1/messages``."""
    routes = Blueprint("messages", __name__, url_prefix="/api/v1/messages")

    @routes.post("")
    async def post_messages() -> Response:
        patience = query_seconds("wait", gateway.limits.wait_seconds)
        value = gateway.codec.load_json(await request.get_data())
        messages = gateway.codec.structure_all(value)
        if patience is not None and isinstance(value, list):
            raise Refusal(
                "bad_request", "wait goes with one message, not an array", path="wait"
            )
        count_messages(gateway, messages)
        outcomes = await their_broker().publish(messages)
        accepted = _all_accepted(messages, outcomes)
        if patience is not None and isinstance(messages[0].content, PROMPT_TYPES):
            return await _wait_response(their_broker().prompt(messages[0].id), patience)
        status = 201 if any(one.created for one in accepted) else 200
        bodies = [one.entry.encoded for one in accepted]
        if isinstance(value, list):
            return encoded(b"[" + b",".join(bodies) + b"]", status)
        return encoded(bodies[0], status)

    async def _wait_response(prompt: Prompt, patience: float) -> Response:
        if prompt.response is None:
            with trio.move_on_after(patience):
                try:
                    await their_broker().wait(prompt.entry.id)
                except Refusal as refusal:
                    # The prompt is open all the same: only this wait has no room.
                    if refusal.code != "too_many_waiters":
                        raise
            still_here()
        if prompt.response is None:
            return encoded(prompt_members(prompt), 202)
        return encoded(prompt.response.encoded)

    @routes.get("/<message_id>")
    async def get_message(message_id: str) -> Response:
        entry = their_broker().message(read_id(message_id))
        prompt = gateway.broker.tables.prompts.get(entry.id)
        return encoded(prompt_members(prompt) if prompt else entry.encoded)

    @routes.get("/<message_id>/response")
    async def get_response(message_id: str) -> Response:
        patience = query_seconds("wait", gateway.limits.wait_seconds) or 0
        prompt = their_broker().prompt(read_id(message_id))
        return await _wait_response(prompt, patience)

    @routes.post("/<message_id>/response")
    async def post_response(message_id: str) -> Response:
        decision = load_decision(
            gateway.codec.load_json(await request.get_data()), gateway.codec.limits
        )
        accepted = await their_broker().respond(
            _original_id(message_id),
            decision.response,
            reason=decision.reason,
            responder=decision.responder,
            surface=decision.surface,
            sealed=decision.sealed,
        )
        return encoded(accepted.entry.encoded)

    @routes.delete("/<message_id>")
    async def withdraw(message_id: str) -> Response:
        return encoded((await their_broker().withdraw(_original_id(message_id))).entry.encoded)

    return routes


def _all_accepted(
    messages: list[Message], outcomes: list[Accepted | Refusal]
) -> list[Accepted]:
    """Return the acceptances, or raise the first refusal; it names what was accepted."""
    accepted = [one for one in outcomes if isinstance(one, Accepted)]
    for index, outcome in enumerate(outcomes):
        if isinstance(outcome, Refusal):
            if len(messages) == 1:
                raise outcome
            raise Refusal(
                outcome.code,
                f"Message {index}: {outcome.sentence}",
                **outcome.details,
                index=index,
                accepted=[str(one.entry.id) for one in accepted],
            )
    return accepted


def _original_id(text: str) -> UUID:
    try:
        return read_id(text)
    except Refusal as refusal:
        raise Refusal("original_not_found", **refusal.details) from None
