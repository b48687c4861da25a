"""The one catalogue of what can be refused, and the exception that carries a refusal.

Every surface takes its status, close code and sentence from here, so that one mistake
reads the same over REST, over a WebSocket and on a command line. Codes are stable:
programs match on them. Sentences are for people and may be improved.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

__all__ = [
    "CATALOGUE",
    "CLOSE_SLOW_CONSUMER",
    "CLOSE_UNAUTHENTICATED",
    "ErrorSpec",
    "Refusal",
]

CLOSE_UNAUTHENTICATED = 4001
"""WebSocket close code of who has not said who it is, or may be here no longer."""

CLOSE_SLOW_CONSUMER = 4008
"""WebSocket close code (private range, RFC 6455 section 7.4.2) of a reader that fell behind."""


@frozen
class ErrorSpec:
    """One row of the catalogue."""

    status: int
    """HTTP status (RFC 9110)."""
    sentence: str
    """What a person reads when the place of the error knows nothing better."""
    retry_after: int | None = None
    """Seconds after which trying again makes sense; sent as ``Retry-After``."""


CATALOGUE: dict[str, ErrorSpec] = {
    # What was sent is not readable at all.
    "bad_json": ErrorSpec(400, "The body is not valid JSON in UTF-8"),
    "bad_channel": ErrorSpec(
        400,
        "A channel name has 1 to 64 letters, digits, '-' or '_', starts with a letter or a "
        "digit and is not one of: system, admin, internal, reserved, ailoop",
    ),
    "bad_request": ErrorSpec(400, "The request is not understood"),
    "tls_required": ErrorSpec(400, "This port speaks TLS; use https:// or wss://"),
    "unknown_op": ErrorSpec(400, "The frame's op is not known; it was ignored"),
    # It is readable and says something that cannot be.
    "invalid_message": ErrorSpec(422, "The message is not valid"),
    "unknown_content": ErrorSpec(422, "The content type is not known"),
    "not_a_choice": ErrorSpec(422, "The answer is not one of the choices"),
    "invalid_answer": ErrorSpec(422, "The answer does not fit the form"),
    "wrong_response": ErrorSpec(422, "That response does not fit this prompt"),
    "sealed_prompt": ErrorSpec(
        422,
        "This prompt is encrypted and cannot be read here: only a surface that has the key "
        "can answer or approve it; anybody may deny it",
    ),
    "head_too_large": ErrorSpec(
        431, "The head of the request is larger than this server reads"
    ),
    "too_slow": ErrorSpec(408, "The request took too long to arrive"),
    "encoded_body": ErrorSpec(415, "This server takes bodies without a Content-Encoding"),
    "too_large": ErrorSpec(413, "The message is larger than this server accepts"),
    # It is about something that is not there, or not any more.
    "not_found": ErrorSpec(404, "There is nothing at this address"),
    "no_receipts": ErrorSpec(404, "This server signs no receipts"),
    "message_not_found": ErrorSpec(404, "Message not found"),
    "original_not_found": ErrorSpec(404, "Original message not found"),
    "method_not_allowed": ErrorSpec(405, "This address does not take that method"),
    "not_a_prompt": ErrorSpec(409, "That message does not wait for a response"),
    "already_settled": ErrorSpec(409, "This prompt has already been settled"),
    "expired": ErrorSpec(409, "This prompt's time is over"),
    "id_conflict": ErrorSpec(409, "Another message already has this id"),
    # It is not allowed, or not now.
    "bad_origin": ErrorSpec(403, "Web pages of this origin may not use this server"),
    "bad_host": ErrorSpec(
        403, "This server listens on loopback and takes requests for loopback names only"
    ),
    "bad_csrf": ErrorSpec(
        403, "A page that has signed in repeats its X-Ailoop-Csrf token with each request"
    ),
    "unauthenticated": ErrorSpec(
        401, "This server wants to know who you are: send an API key or a token"
    ),
    "bad_credential": ErrorSpec(
        401, "This credential is not known here, has expired or has been revoked"
    ),
    "too_many_attempts": ErrorSpec(
        429, "Too many bad credentials came from this address; it has to wait", 60
    ),
    "not_granted": ErrorSpec(403, "This credential has no grant for that"),
    "own_prompt": ErrorSpec(403, "Nobody answers a prompt of their own"),
    "not_allowed": ErrorSpec(403, "This connection's role may not do that"),
    "too_many_channels": ErrorSpec(429, "This server's table of channels is full", 30),
    "too_many_prompts": ErrorSpec(429, "Too many prompts are waiting for people", 30),
    "too_many_feeds": ErrorSpec(429, "Too many subscriptions are open", 30),
    "too_many_waiters": ErrorSpec(429, "Too many callers are waiting for responses", 5),
    "too_many_sessions": ErrorSpec(429, "Too many pages have signed in", 60),
    "too_many_connections": ErrorSpec(429, "Too many connections are open", 5),
    "rate_limited": ErrorSpec(429, "Too much has come in too short a time", 1),
    "mcp_missing": ErrorSpec(
        501, "This server has no MCP: install the extra, with pip install 'ailoop[mcp]'"
    ),
    "internal": ErrorSpec(500, "Something went wrong inside the server; it has been logged"),
    "shutting_down": ErrorSpec(503, "The server is stopping", 5),
    "journal_unavailable": ErrorSpec(
        503, "The message could not be stored, so it was not accepted", 5
    ),
}


class Refusal(Exception):  # noqa: N818 -- a refusal is an answer to the caller, not a fault
    """Something was refused; nothing of it took effect.

    :param code: a key of :data:`CATALOGUE`.
    :param sentence: a more exact sentence than the catalogue's.
    :param details: further members of the error body, such as the field's path.
    """

    def __init__(self, code: str, sentence: str | None = None, **details: Any) -> None:
        self.code = code
        self.spec = CATALOGUE[code]
        self.sentence = sentence or self.spec.sentence
        self.details = details
        super().__init__(self.sentence)

    @property
    def retry_after(self) -> int | None:
        """Seconds after which trying again makes sense, if it does."""
        seconds: int | None = self.details.get("retry_after", self.spec.retry_after)
        return seconds

    def body(self) -> dict[str, Any]:
        """Return the error as every surface shows it: sentence, code, details."""
        return {"error": self.sentence, "code": self.code, **self.details}
