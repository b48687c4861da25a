"""How large a message may be, and how long a prompt may wait."""

from __future__ import annotations

from typing import Any

import orjson
from attrs import evolve, frozen

from ailoop.model.errors import Refusal
from ailoop.model.message import (
    PROMPT_TYPES,
    Authorization,
    Message,
    Navigate,
    Notification,
    Question,
    Response,
)

__all__ = ["MessageLimits", "apply_limits", "check_depth", "is_deeper"]


@frozen(kw_only=True)
class MessageLimits:
    """Bounds of one message, or of one request that carries several.

    Sizes are of the UTF-8 text, in bytes.
    """

    message_bytes: int = 64 * 1024
    text_bytes: int = 16 * 1024
    choices: int = 50
    metadata_depth: int = 16
    json_depth: int = 64  # of anything that is read, before it is known what it is
    batch_messages: int = 1000
    timeout_seconds: int = 24 * 60 * 60


def apply_limits(message: Message, limits: MessageLimits) -> Message:
    """Return the message as this server takes it: bounded, and with the timeout it applies.

    :raises Refusal: ``invalid_message`` with the path of the field that is too large.
    """
    content = message.content
    match content:
        case Question():
            _check_text("text", content.text, limits)
            if content.choices is not None:
                _check_choices(content.choices, limits)
        case Authorization():
            _check_text("action", content.action, limits)
            check_depth("$.content.context", content.context, limits)
            if content.editable:
                # An approval may bring all of it back, as a text.
                _check_text("context", orjson.dumps(content.context).decode(), limits)
        case Navigate():
            _check_text("url", content.url, limits)
            check_depth("$.content.context", content.context, limits)
        case Notification():
            _check_text("text", content.text, limits)
        case Response():
            if content.answer is not None:
                _check_text("answer", content.answer, limits)
    check_depth("$.metadata", message.metadata, limits)
    if isinstance(content, PROMPT_TYPES):
        applied = min(content.timeout_seconds or limits.timeout_seconds, limits.timeout_seconds)
        if applied != content.timeout_seconds:
            return evolve(message, content=evolve(content, timeout_seconds=applied))
    return message


def _check_text(name: str, text: str, limits: MessageLimits) -> None:
    size = len(text.encode())
    if size > limits.text_bytes:
        path = f"$.content.{name}"
        raise Refusal(
            "invalid_message",
            f"{path} has {size} bytes, the limit is {limits.text_bytes}",
            path=path,
        )


def _check_choices(choices: tuple[str, ...], limits: MessageLimits) -> None:
    if len(choices) > limits.choices:
        raise Refusal(
            "invalid_message",
            f"$.content.choices has {len(choices)} texts, the limit is {limits.choices}",
            path="$.content.choices",
        )
    for index, choice in enumerate(choices):
        _check_text(f"choices[{index}]", choice, limits)


def check_depth(path: str, value: Any, limits: MessageLimits) -> None:
    """Refuse JSON of more levels than there may be, naming the field at ``path``."""
    if value is not None and is_deeper(value, limits.metadata_depth):
        raise Refusal(
            "invalid_message",
            f"{path} is nested more than {limits.metadata_depth} levels deep",
            path=path,
        )


def is_deeper(value: Any, depth: int) -> bool:
    """Whether arrays and objects are nested more than so many levels deep."""
    level = [value]
    for _ in range(depth):
        level = [child for node in level for child in _nested(node)]
        if not level:
            return False
    return True


def _nested(node: Any) -> list[Any]:
    children = node.values() if isinstance(node, dict) else node
    if not isinstance(node, dict | list):
        return []
    return [child for child in children if isinstance(child, dict | list)]
