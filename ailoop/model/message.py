"""The message and its five contents.

A message is one immutable record on a channel. Three kinds of content wait for a person
and are called prompts; a response settles one of them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from attrs import field, fields, frozen

from ailoop.model.ids import new_id

__all__ = [
    "CONTENT_TYPES",
    "PROMPT_TYPES",
    "Authorization",
    "Content",
    "Message",
    "Navigate",
    "Notification",
    "Priority",
    "PromptContent",
    "Question",
    "Response",
    "ResponseMessage",
    "ResponseType",
    "SenderType",
]


class SenderType(StrEnum):
    """Who speaks."""

    AGENT = "AGENT"
    HUMAN = "HUMAN"
    SYSTEM = "SYSTEM"


class Priority(StrEnum):
    """How loudly a message calls, from the quietest on."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class ResponseType(StrEnum):
    """How a prompt ended, as the wire says it."""

    TEXT = "text"
    AUTHORIZATION_APPROVED = "authorization_approved"
    AUTHORIZATION_DENIED = "authorization_denied"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"


@frozen(kw_only=True)
class Question:
    """An agent asks for words, for one of several choices, or for a form to be filled in.

    :param schema: of the form, as :class:`~ailoop.model.form.Form` reads it.
    """

    type: ClassVar[str] = "question"
    text: str
    timeout_seconds: int = 60
    choices: tuple[str, ...] | None = None
    schema: dict[str, Any] | None = None

    @property
    def label(self) -> str:
        """What a list of prompts shows in one line."""
        return self.text


@frozen(kw_only=True)
class Authorization:
    """An agent asks for permission; only an explicit approval gives it.

    :param editable: whether an approval may bring another context, which is an object then.
    """

    type: ClassVar[str] = "authorization"
    action: str
    context: Any = None
    timeout_seconds: int = 300
    editable: bool = False

    @property
    def label(self) -> str:
        """What a list of prompts shows in one line."""
        return self.action


@frozen(kw_only=True)
class Navigate:
    """An agent asks a person to open a page."""

    type: ClassVar[str] = "navigate"
    url: str
    context: Any = None
    timeout_seconds: int = 300

    @property
    def label(self) -> str:
        """What a list of prompts shows in one line."""
        return self.url


@frozen(kw_only=True)
class Notification:
    """An agent tells people something and does not wait."""

    type: ClassVar[str] = "notification"
    text: str
    priority: Priority = Priority.NORMAL


@frozen(kw_only=True)
class Response:
    """What settles a prompt."""

    type: ClassVar[str] = "response"
    answer: str | None = None
    response_type: ResponseType = ResponseType.TEXT


PromptContent = Question | Authorization | Navigate
Content = PromptContent | Notification | Response

PROMPT_TYPES = (Question, Authorization, Navigate)
CONTENT_TYPES: dict[str, type[Content]] = {
    cls.type: cls for cls in (Question, Authorization, Notification, Response, Navigate)
}


def _now() -> datetime:
    return datetime.now(UTC)


@frozen(kw_only=True)
class Message:
    """One record on a channel.

    :param id: made by the server when the sender gives none; time-ordered.
    :param correlation_id: on a response, the id of the prompt it settles.
    :param metadata: any JSON object; the server adds its own keys to responses
        (``reason``, ``responder``, ``index`` counted from 0, ``value``).
    """

    id: UUID = field(factory=new_id)
    channel: str
    sender_type: SenderType = SenderType.AGENT
    content: Content
    timestamp: datetime = field(factory=_now)
    correlation_id: UUID | None = None
    metadata: dict[str, Any] | None = None
    encoded: bytes | None = field(default=None, init=False, eq=False, repr=False)
    """The message as JSON, kept here by :func:`~ailoop.model.codec.encode`."""

    @property
    def priority(self) -> Priority:
        """How loudly it calls: a notification has it in its content, others in ``metadata``.

        Whatever is no priority is the normal one.
        """
        if isinstance(self.content, Notification):
            return self.content.priority
        try:
            return Priority((self.metadata or {}).get("priority", Priority.NORMAL))
        except ValueError:
            return Priority.NORMAL


@frozen(kw_only=True)
class ResponseMessage(Message):
    """A message that settles a prompt; type checkers know what its content is."""

    content: Response

    @classmethod
    def of(cls, message: Message) -> ResponseMessage:
        """Return a message as what it is.

        :raises TypeError: it is no response.
        """
        if not isinstance(message.content, Response):
            raise TypeError(f"a response was expected, not a {message.content.type}")
        return cls(
            **{one.name: getattr(message, one.name) for one in fields(Message) if one.init}
        )
