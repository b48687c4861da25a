"""What goes to the TypeScript client and comes from it, in the words of either side.

What goes over is put into JavaScript's words (``leave_open`` → ``leaveOpen``), what comes back
is put into Python's classes as it is: an error has exactly what the other side's had.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from attrs import asdict

import ailoop
from ailoop import Approval, Connected, Lost, Patience, Reconnecting, Ticket
from ailoop.model.codec import dump_content, dump_message, load_delivery, load_message
from ailoop.model.message import CONTENT_TYPES, Message, ResponseMessage
from ailoop.trust.receipt import Receipt
from tests.client.bridge import Bridge, Reply
from tests.client.theirs import (
    Redeeming,
    form_answer_of,
    kept_number,
    opened_of,
    receipt_of,
    sealed_of,
)

__all__ = ["camel", "error_of", "event_of", "options_of", "outgoing", "value_of"]


def camel(name: str) -> str:
    """Return a name of ours as JavaScript writes it."""
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def snake(name: str) -> str:
    """Return a name of JavaScript's as Python writes it."""
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)


def outgoing(value: Any) -> Any:
    """Return a value as JSON; what is not plain says what it is."""
    if (number := kept_number(value)) is not None:
        return {"$kept": number}
    match value:
        case Ticket():
            return {"$ticket": str(value)}
        case Message():
            return dump_message(value)
        case UUID():
            return str(value)
        case Patience():
            return {camel(name): one for name, one in asdict(value).items()}
        case _ if isinstance(value, tuple(CONTENT_TYPES.values())):
            return {"type": value.type} | dump_content(value)
        case list() | tuple():
            return [outgoing(one) for one in value]
        case _ if callable(value):
            return {"$call": True}
    return value


def options_of(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return keyword arguments as an object of options."""
    told = {name: value for name, value in arguments.items() if value is not None}
    return {camel(name): outgoing(value) for name, value in told.items()}


def message_of(value: Any) -> Message:
    """Return a message, of its more special class if it is a response."""
    message = load_message(value)
    assert dump_message(message) == value, "a message is not as the wire has it"
    return ResponseMessage.of(message) if message.content.type == "response" else message


def approval_of(told: Reply, bridge: Bridge) -> Approval:
    """Return a decision, which is redeemed over there; at once, as with a Python client."""

    def redeem(action: str, context: Any) -> Receipt:
        more = {"target": told["number"], "args": [action, context]}
        return value_of(bridge.get("redeem", **more), bridge)  # type: ignore[no-any-return]

    approval = Approval(
        result_of(told["response"], bridge),
        told.get("latencySeconds"),
        receipt=result_of(told.get("receipt"), bridge),
        doubt=told.get("doubt"),
        asked=told.get("context"),
        proof=Redeeming(redeem),
    )
    for name in ("approved", "edited", "context", "reason", "responder"):
        assert getattr(approval, name) == told.get(name), name
    return approval


_KINDS = {"CanonicalError": ValueError}
"""What is no error of the client's own."""


def error_of(told: Reply, bridge: Bridge) -> Exception:
    """Return an error of Python's class of the same name, with what the other one has."""
    kind = _KINDS.get(told["name"]) or getattr(ailoop, told["name"], None)
    if kind is None:
        return RuntimeError(f"{told['name']}: {told['message']}\n{told.get('stack', '')}")
    error: Exception = kind.__new__(kind)
    error.args = (told["message"],)
    for name, value in told.get("members", {}).items():
        plain = UUID(value) if name == "promptId" else result_of(value, bridge)
        setattr(error, snake(name), plain)
    return error


def result_of(value: Any, bridge: Bridge) -> Any:
    """Return what a verb has returned."""
    match value:
        case {"$": "ticket", "text": text}:
            return Ticket.load(text)
        case {"$": "decision"}:
            return approval_of(value, bridge)
        case {"$": "sealed"}:
            return sealed_of(message_of(value["value"]), value)
        case {"$": "opened"}:
            response = message_of(value["value"])
            assert isinstance(response, ResponseMessage)
            return opened_of(response, value)
        case {"keyId": _}:
            return receipt_of({snake(name): one for name, one in value.items()})
        case {"$": "form", "response": told}:
            return form_answer_of(result_of(told, bridge), value.get("filled"))
        case {"$": "delivery", "value": told}:
            return load_delivery(UUID(told["prompt_id"]), told)
        case {"$": "message", "value": message}:
            return message_of(message)
        case {"message": dict(), "message_id": _}:
            return value | {"message": result_of(value["message"], bridge)}
        case list():
            return [result_of(one, bridge) for one in value]
    return value


def value_of(reply: Reply, bridge: Bridge) -> Any:
    """Return what a reply holds, or raise it."""
    if "error" in reply:
        raise error_of(reply["error"], bridge)
    return result_of(reply.get("value"), bridge)


def event_of(told: Reply, bridge: Bridge) -> Any:
    """Return what became of a connection."""
    match told:
        case {"type": "connected"}:
            return Connected()
        case {"type": "lost", "why": why}:
            return Lost(error_of(why, bridge))
        case {"type": "reconnecting", "seconds": seconds}:
            return Reconnecting(seconds)
    raise AssertionError(f"an unknown event: {told}")
