"""What a person says to a prompt, as REST bodies and ``respond`` frames carry it."""

from __future__ import annotations

from typing import Any

import orjson
from attrs import frozen

from ailoop.model.converter import structure_as
from ailoop.model.envelope import SEALED, sealed_part
from ailoop.model.errors import Refusal
from ailoop.model.form import json_text
from ailoop.model.limits import MessageLimits, check_depth
from ailoop.model.message import Response, ResponseType

__all__ = ["Decision", "load_decision"]


@frozen(kw_only=True)
class Decision:
    """A response that has not found its prompt yet."""

    answer: str | None = None
    response_type: ResponseType = ResponseType.TEXT
    reason: str | None = None
    responder: str | None = None
    surface: str | None = None
    sealed: dict[str, Any] | None = None
    """What was said, for the agent alone: to a prompt that was asked sealed."""

    @property
    def response(self) -> Response:
        """The content that will be recorded."""
        return Response(answer=self.answer, response_type=self.response_type)


def load_decision(value: Any, limits: MessageLimits) -> Decision:
    """Make a decision of parsed JSON; members that it does not know are ignored.

    :raises Refusal: ``invalid_message`` with the path of the field.
    """
    if not isinstance(value, dict):
        raise Refusal("invalid_message", "$: must be an object", path="$")
    given = {k: v for k, v in value.items() if v is not None}
    if isinstance(given.get("answer"), dict):  # it stands for its text
        given["answer"] = json_text(given["answer"])
    decision = structure_as(Decision, given)
    for name in ("answer", "reason", "responder", "surface"):
        text = getattr(decision, name)
        if text is not None and len(text.encode()) > limits.text_bytes:
            raise Refusal(
                "invalid_message",
                f"$.{name} is longer than {limits.text_bytes} bytes",
                path=f"$.{name}",
            )
    if decision.sealed is not None:
        _check_sealed(decision.sealed, limits)
    return decision


def _check_sealed(part: dict[str, Any], limits: MessageLimits) -> None:
    size = len(orjson.dumps(part))
    if size > limits.message_bytes:
        raise Refusal(
            "invalid_message",
            f"$.sealed has {size} bytes, the limit is {limits.message_bytes}",
            path="$.sealed",
        )
    check_depth("$.sealed", part, limits)
    if sealed_part({SEALED: part}) is None:
        raise Refusal(
            "invalid_message", "$.sealed: must be a JWE in its JSON form", path="$.sealed"
        )
