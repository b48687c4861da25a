"""What of a sealed message stays readable: its envelope, which the server goes by.

A sealed message keeps its kind, how long it waits and how loudly it calls; in the place of
its words stands one sentence, the same for all. What was said is in ``metadata.sealed``,
which only its recipients can open. Nothing here knows how: no cryptography is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from ailoop.model.errors import Refusal
from ailoop.model.message import (
    Authorization,
    Content,
    Message,
    Navigate,
    Notification,
    Question,
    Response,
    ResponseType,
)

__all__ = [
    "COVER",
    "COVER_ANSWER",
    "COVER_URL",
    "SEALED",
    "SENDER",
    "check_answers_sealed",
    "conceal",
    "conceal_response",
    "sealed_part",
]

SEALED = "sealed"
"""The member of ``metadata`` that holds what was sealed."""

SENDER = "sender"
"""The member of ``metadata`` that tells who sent a message, by the server's own knowledge."""

COVER = "Encrypted: open it in an inbox that has the key"
COVER_URL = "https://encrypted.invalid/"
"""A page that cannot exist (RFC 6761, section 6.4) stands where the page to open was."""
COVER_ANSWER = "encrypted"

_NEEDS_READING = (ResponseType.TEXT, ResponseType.AUTHORIZATION_APPROVED)
"""What nobody may say to a prompt that they have not read."""


def sealed_part(metadata: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what is sealed in a message, ``None`` where nothing is.

    :param metadata: the message's.
    """
    part = metadata.get(SEALED) if metadata else None
    # Agents that know nothing of this may have a member of that name.
    return part if isinstance(part, dict) and "ciphertext" in part else None


def conceal(content: Content) -> Content:
    """Return what everybody may see of a content: no word of what was said."""
    match content:
        case Question():
            return Question(text=COVER, timeout_seconds=content.timeout_seconds)
        case Authorization():
            return Authorization(action=COVER, timeout_seconds=content.timeout_seconds)
        case Navigate():
            return Navigate(url=COVER_URL, timeout_seconds=content.timeout_seconds)
        case Notification():
            return Notification(text=COVER, priority=content.priority)
        case Response():
            return conceal_response(content)


def conceal_response(response: Response) -> Response:
    """Return what everybody may see of a response: whether it answers, approves or denies."""
    return evolve(response, answer=None if response.answer is None else COVER_ANSWER)


def check_answers_sealed(prompt: Message, response: Response, part: Any) -> bool:
    """Whether a response comes sealed, to a prompt that was asked so.

    :param part: what is sealed in the response.
    :raises Refusal: ``sealed_prompt``: who answers or approves cannot have read it.
    """
    if sealed_part(prompt.metadata) is None:
        return False
    if sealed_part({SEALED: part}) is not None:
        return True
    if response.response_type in _NEEDS_READING:
        raise Refusal("sealed_prompt", path="$.sealed")
    return False
