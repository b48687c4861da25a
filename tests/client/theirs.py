"""What the TypeScript client has sealed, opened and verified, as objects of Python's classes.

What it alone knows of them stays at the other end of the bridge, under a number.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from attrs import fields, frozen

from ailoop import FormAnswer, SealedMessage
from ailoop.client.form_class import FormClass
from ailoop.client.opened import OpenedResponse
from ailoop.model.message import Message, ResponseMessage, ResponseType
from ailoop.trust.hidden import Hidden
from ailoop.trust.receipt import Receipt
from tests.client.bridge import Reply

__all__ = [
    "Redeeming",
    "form_answer_of",
    "form_class_of",
    "kept_number",
    "opened_of",
    "receipt_of",
    "sealed_of",
    "secrets_of",
]

_SEALING = ("AILOOP_SEAL_FOR", "AILOOP_KEYS")
_RECEIPTS = "AILOOP_RECEIPT_KEY"


@frozen(kw_only=True)
class _HiddenThere(Hidden):
    """What the other side knows of an answer that it has opened."""

    number: int


@frozen
class Redeeming:
    """Redeems a decision of the other side."""

    redeem: Callable[[str, Any], Receipt]


def receipt_of(told: Reply) -> Receipt:
    """Return what a receipt says.

    :param told: its members, by Python's names.
    """
    ids = {name: UUID(told[name]) for name in ("id", "prompt_id")}
    return Receipt(**told | ids | {"decision": ResponseType(told["decision"])})


def sealed_of(message: Message, told: Reply) -> SealedMessage:
    """Return a message that came sealed, which is answered by the one over there."""
    members = {one.name: getattr(message, one.name) for one in fields(Message) if one.init}
    kept = {"$kept": told["number"]}
    state = {"key_name": told["keyName"], "trouble": told["trouble"]}
    return SealedMessage(**members, **state, reply=kept)


def opened_of(response: ResponseMessage, told: Reply) -> OpenedResponse:
    """Return an answer that was opened."""
    nothing = {"content_hash": None, "prompt_hash": None, "answer_hash": None}
    return OpenedResponse.opened(response, _HiddenThere(**nothing, number=told["number"]))


def form_class_of(schema: Any) -> FormClass[Any] | None:
    """Return the form of a class; only Python has classes that are forms."""
    return FormClass.of(schema) if isinstance(schema, type) else None


def form_answer_of(response: ResponseMessage, value: Any) -> FormAnswer[Any]:
    """Return the response to a form, with what was filled in."""
    members = {one.name: getattr(response, one.name) for one in fields(Message) if one.init}
    return FormAnswer(**members, value=value)


def kept_number(value: Any) -> int | None:
    """Return under which number the other side has kept an object, if it has."""
    match value:
        case SealedMessage(reply={"$kept": int() as number}):
            return number
        case OpenedResponse(hidden=_HiddenThere(number=number)):
            return number
    return None


def secrets_of(options: dict[str, Any], *, files: bool) -> dict[str, Any]:
    """Take what is about keys out of the arguments of a client; return what stands for it.

    :param files: whether there are files over there; else it is given what is in them.
    """
    given = {name: options.pop(name, None) for name in ("seal_for", "keys", "receipt_key")}
    told: dict[str, Any] = {}
    if given["seal_for"] or given["keys"] or any(name in os.environ for name in _SEALING):
        sources = {"for": given["seal_for"], "keys": given["keys"]}
        told["seals"] = {k: _source(v, files) for k, v in sources.items() if v is not None}
    # A page has no environment either.
    key = given["receipt_key"] or (None if files else os.environ.get(_RECEIPTS))
    if key or _RECEIPTS in os.environ:
        told["proves"] = {"key": _source(key, files)} if key else {}
    return told


def _source(value: Any, files: bool) -> Any:
    if isinstance(value, list):
        return [_source(one, files) for one in value]
    if isinstance(value, dict):
        return value
    return os.fspath(value) if files else Path(value).read_text()
