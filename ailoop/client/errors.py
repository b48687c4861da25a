"""What a client raises; each class says whose fault it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from ailoop.client.approval import Approval
    from ailoop.model.message import Message, ResponseMessage

__all__ = [
    "AiloopError",
    "AlreadySettled",
    "BadKeyFile",
    "Busy",
    "Conflict",
    "ConnectionLost",
    "Expired",
    "Incompatible",
    "Invalid",
    "MissedMessages",
    "NotAllowed",
    "NotAuthorized",
    "NotFound",
    "PromptLost",
    "ReceiptInvalid",
    "Refused",
    "SealedPrompt",
    "Unauthenticated",
    "Unavailable",
    "Undelivered",
    "UnfitAnswer",
    "Unreachable",
    "UnreadAnswer",
    "refusal_of",
]

# ruff: noqa: N818 -- these are outcomes that programs name in `except`, as httpx's are


class AiloopError(Exception):
    """The root of everything this client raises."""

    retry_after: float | None = None
    """Seconds after which the server suggests to try again, if it said so."""


class Unreachable(AiloopError):
    """The server cannot be reached."""


class ConnectionLost(Unreachable):
    """The connection ended while something was expected of it; a prompt may still be open.

    :param close_code: the WebSocket close code, if the server closed.
    """

    def __init__(self, sentence: str, close_code: int | None = None) -> None:
        self.close_code = close_code
        super().__init__(sentence)


class Incompatible(AiloopError):
    """The server speaks another version of the protocol."""


class MissedMessages(AiloopError):
    """Messages of a channel are gone before this reader saw them; reading may go on.

    :param channel: the channel.
    :param after: the seq last seen.
    :param first: the seq from which on nothing is missing.
    """

    def __init__(self, channel: str, after: int, first: int) -> None:
        self.channel = channel
        self.after = after
        self.first = first
        super().__init__(f"messages of {channel} between {after} and {first} were missed")


class Refused(AiloopError):
    """The server refused a request; nothing of it took effect.

    :param body: the error body: its sentence, its stable code and details.
    """

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.code = str(body.get("code", "internal"))
        self.details = dict(body)
        super().__init__(str(body.get("error", "the server refused the request")))


class Invalid(Refused):
    """The request was not understood, or says something that cannot be."""


class NotFound(Refused):
    """There is no such message, or not any more."""


class PromptLost(NotFound):
    """The server had taken a prompt and no longer knows it, nor what became of it."""


class Undelivered(AiloopError):
    """No surface has shown a prompt in the time it was given; it is still open.

    :param prompt_id: the prompt's id.
    :param within: how many seconds that was.
    """

    def __init__(self, prompt_id: UUID, within: float) -> None:
        self.prompt_id = prompt_id
        super().__init__(f"nobody was shown the prompt {prompt_id} within {within:g} s")


class NotAuthorized(AiloopError):
    """What needed permission did not get it, and was not done.

    :param approval: the decision: who, why and when.
    """

    def __init__(self, action: str, approval: Approval) -> None:
        self.approval = approval
        why = approval.doubt or approval.reason or "denied"
        super().__init__(f"not authorized: {action} ({why})")


class ReceiptInvalid(NotAuthorized):
    """An approval came without a receipt that is to be believed, so it is none.

    :param response: what came.
    :param fault: what is wrong, such as ``expired``: a value of
        :class:`~ailoop.trust.faults.Fault`.
    """

    def __init__(
        self, action: str, response: ResponseMessage, fault: str, sentence: str
    ) -> None:
        from ailoop.client.approval import Approval

        self.fault = fault
        doubt = f"its receipt is not to be believed: {sentence}"
        super().__init__(action, Approval(response, doubt=doubt))


class NotAllowed(Refused):
    """The server does not let this client do that; :class:`Unauthenticated` says more."""


class Unauthenticated(NotAllowed):
    """The server wants to know who this is, or does not know this credential (any more)."""


class BadKeyFile(AiloopError):
    """A file of keys cannot be used; the sentence names it."""


class SealedPrompt(AiloopError):
    """A prompt is encrypted, and this client has no key for it; only a denial may go out."""


class UnreadAnswer(AiloopError):
    """An answer to an encrypted prompt came from somebody who had not read it.

    Nothing has been approved. The prompt has settled all the same, with this answer.

    :param response: what the server holds for the answer.
    """

    def __init__(self, response: Message, why: str) -> None:
        self.response = response
        said = getattr(response.content, "response_type", response.content.type)
        super().__init__(
            f"not accepted: the answer {said} to the encrypted prompt "
            f"{response.correlation_id} came from somebody who had not read it ({why})"
        )


class UnfitAnswer(AiloopError):
    """An answer does not fit the form that was asked, or the class that stands for it.

    A server lets no such answer through; it may be one that it could not read, or an edited
    context that is none, or a class may want more than its schema says. The prompt has settled.

    :param response: what came.
    """

    def __init__(self, response: Message, why: str) -> None:
        self.response = response
        super().__init__(f"the answer to {response.correlation_id} does not fit: {why}")


class Conflict(Refused):
    """The request contradicts what is recorded."""


class AlreadySettled(Conflict):
    """Another answer came first."""


class Expired(Conflict):
    """The prompt's time was over."""


class Busy(Refused):
    """A table is full, or too much came at once; trying again later makes sense."""


class Unavailable(Refused):
    """The server is stopping, or could not store the message."""


_BY_CODE: dict[str, type[Refused]] = {
    "bad_json": Invalid,
    "bad_channel": Invalid,
    "bad_request": Invalid,
    "tls_required": Invalid,
    "unknown_op": Invalid,
    "invalid_message": Invalid,
    "unknown_content": Invalid,
    "not_a_choice": Invalid,
    "invalid_answer": Invalid,
    "wrong_response": Invalid,
    "sealed_prompt": Invalid,
    "too_large": Invalid,
    "unauthenticated": Unauthenticated,
    "bad_credential": Unauthenticated,
    "not_allowed": NotAllowed,
    "not_granted": NotAllowed,
    "own_prompt": NotAllowed,
    "bad_origin": NotAllowed,
    "bad_host": NotAllowed,
    "bad_csrf": NotAllowed,
    "not_found": NotFound,
    "no_receipts": NotFound,
    "message_not_found": NotFound,
    "original_not_found": NotFound,
    "not_a_prompt": Conflict,
    "id_conflict": Conflict,
    "already_settled": AlreadySettled,
    "expired": Expired,
    "too_many_channels": Busy,
    "too_many_prompts": Busy,
    "too_many_feeds": Busy,
    "too_many_waiters": Busy,
    "too_many_connections": Busy,
    "too_many_sessions": Busy,
    "too_many_attempts": Busy,
    "rate_limited": Busy,
    "shutting_down": Unavailable,
    "journal_unavailable": Unavailable,
}


def refusal_of(body: Mapping[str, Any], retry_after: str | None = None) -> Refused:
    """Return the error that an error body or frame stands for.

    :param retry_after: what the header of that name says, if there is one; its other form,
        a date, we never send. A frame has no headers, so that its body may say it.
    """
    error = _BY_CODE.get(str(body.get("code")), Refused)(body)
    told = body.get("retry_after") if retry_after is None else retry_after
    if str(told).isdecimal():
        error.retry_after = float(str(told))
    return error
