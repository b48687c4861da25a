"""What a tool returns: one word for what became of a prompt, and what to do next.

Models loop on prose that says nobody answered. So each outcome has its own word, and one
short sentence about what follows from it.
"""

from __future__ import annotations

from typing import Any

from ailoop.client.approval import Approval
from ailoop.model.message import (
    Authorization,
    Message,
    ResponseMessage,
    ResponseType,
    SenderType,
)
from ailoop.transport.mcp.desk import Standing

__all__ = ["OUTPUT_SCHEMA", "SENT_SCHEMA", "open_result", "settled_result"]

_STATUS = {
    "answered": "a person has answered; see answer, and value if there was a form",
    "approved": "a person has approved exactly what was asked, or what context says now",
    "denied": "a person has said no; see reason",
    "timeout": "it was shown, and nobody answered in time",
    "undelivered": "no screen has shown it to anybody",
    "pending": "it waits for a person; go on with check_answer",
    "cancelled": "it was taken back or dismissed; see reason",
}

OUTPUT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "status": {
            "type": "string",
            "enum": list(_STATUS),
            "description": "; ".join(f"{word}: {about}" for word, about in _STATUS.items()),
        },
        "prompt_id": {"type": "string", "description": "What check_answer takes."},
        "next": {"type": "string", "description": "What to do now."},
        "answer": {"type": "string", "description": "The person's words."},
        "value": {"type": "object", "description": "The form as it was filled in."},
        "context": {"description": "What was approved, if the person has edited it."},
        "reason": {"type": "string", "description": "Why, in the person's words."},
        "responder": {"type": "string", "description": "Who decided."},
        "open": {"type": "boolean", "description": "Whether it still waits for a person."},
        "expires_at": {"type": "string", "description": "Until when it waits."},
        "page": {"type": "string", "description": "Where the person can answer."},
    },
    "required": ["status", "prompt_id", "next"],
}

SENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["sent"]},
        "message_id": {"type": "string"},
        "next": {"type": "string", "description": "What to do now."},
    },
    "required": ["status", "message_id", "next"],
}

_NEXT = {
    "answered": "Go on with this answer.",
    "approved": "Do exactly what was approved, and nothing more.",
    "denied": "Do not do it and do not ask for it again; find another way, or stop.",
    "timeout": "Do not ask again now; go on without it, or stop and say what you need.",
    "cancelled": "Do not ask again; go on without it, or stop and say what you need.",
}

_ENDED = ("timeout", "expired while down")
"""Reasons of the server's own responses when a prompt's time is over."""

_DECIDED = {
    ResponseType.TEXT: "answered",
    ResponseType.AUTHORIZATION_APPROVED: "approved",
    ResponseType.AUTHORIZATION_DENIED: "denied",
    ResponseType.TIMEOUT: "timeout",
    ResponseType.CANCELLED: "cancelled",
}


def settled_result(
    prompt: Message, response: ResponseMessage, *, delivered: bool, page: str | None
) -> dict[str, Any]:
    """Return what has become of a prompt.

    :param delivered: whether any surface has shown it.
    """
    metadata = response.metadata or {}
    status = _DECIDED[response.content.response_type]
    if response.sender_type is SenderType.SYSTEM and metadata.get("reason") in _ENDED:
        status = "timeout"
    if status == "timeout" and not delivered:
        status = "undelivered"
    told: dict[str, Any] = {"status": status, "prompt_id": str(prompt.id)}
    if status == "undelivered":
        tell = f"Tell the user to open {page}. " if page else ""
        told["next"] = f"Its time is over and nobody saw it. {tell}Do not ask in a loop; stop."
        told["open"] = False
    else:
        told["next"] = _NEXT[status]
    told |= _said(prompt, response, status)
    for name in ("reason", "responder"):
        if isinstance(metadata.get(name), str) and status != "undelivered":
            told[name] = metadata[name]
    return told


def _said(prompt: Message, response: ResponseMessage, status: str) -> dict[str, Any]:
    """Return the person's words; of a refusal nothing that could be taken for an answer."""
    said: dict[str, Any] = {}
    if status == "answered":
        said["answer"] = response.content.answer or ""
        value = (response.metadata or {}).get("value")
        if isinstance(value, dict):
            said["value"] = value
    elif status == "approved" and isinstance(prompt.content, Authorization):
        approval = Approval.of(response, prompt.content)
        if approval.edited:
            said["context"] = approval.context
            said["next"] = "The person has edited it: do exactly what context says now."
    elif status == "approved":
        said["next"] = "The person has opened it; go on."
    return said


def open_result(prompt_id: str, standing: Standing | None, page: str | None) -> dict[str, Any]:
    """Return what can be said of a prompt that still waits when the call has to end.

    :param standing: how it stands; ``None`` if the daemon does not say at present.
    """
    told: dict[str, Any] = {"status": "pending", "prompt_id": prompt_id, "open": True}
    if standing is None:
        told["next"] = "The ailoop daemon does not answer now; call check_answer in a minute."
        return told
    told["expires_at"] = standing.expires_at
    if page:
        told["page"] = page
    if standing.delivered:
        told["next"] = (
            "A person has it. Call check_answer with this prompt_id; do not ask again."
        )
        return told
    told["status"] = "undelivered"
    tell = f"Tell the user to open {page}, then" if page else "Do something else, then"
    told["next"] = f"Nobody has been shown it yet. {tell} call check_answer; do not ask again."
    return told
