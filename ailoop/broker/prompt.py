"""The life of a prompt: pending, then settled once."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import structlog
from attrs import define, field

from ailoop.broker.audience import Audience
from ailoop.broker.ports import Entry
from ailoop.model.codec import dump_message
from ailoop.model.envelope import check_answers_sealed, conceal_response, sealed_part
from ailoop.model.errors import Refusal
from ailoop.model.fitting import fit_answer, is_same_json
from ailoop.model.message import (
    Message,
    Priority,
    PromptContent,
    Response,
    ResponseType,
    SenderType,
)

__all__ = ["Prompt", "State", "close_response", "fit_response"]

log = structlog.get_logger()


class State(StrEnum):
    """Where a prompt stands."""

    PENDING = "pending"
    ANSWERED = "answered"
    APPROVED = "approved"
    DENIED = "denied"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"


_STATES = {
    ResponseType.TEXT: State.ANSWERED,
    ResponseType.AUTHORIZATION_APPROVED: State.APPROVED,
    ResponseType.AUTHORIZATION_DENIED: State.DENIED,
    ResponseType.TIMEOUT: State.TIMEOUT,
    ResponseType.CANCELLED: State.CANCELLED,
}

_ON_TIMEOUT = {
    "question": ResponseType.TIMEOUT,
    "authorization": ResponseType.AUTHORIZATION_DENIED,
    "navigate": ResponseType.CANCELLED,
}

_LATE = ("timeout", "expired while down")
"""Reasons of the server's own responses at, or after, a deadline."""

_LOUDNESS = {priority: place for place, priority in enumerate(Priority)}

_ACCEPTED = {
    "question": (ResponseType.TEXT, ResponseType.CANCELLED),
    "authorization": (
        ResponseType.AUTHORIZATION_APPROVED,
        ResponseType.AUTHORIZATION_DENIED,
        ResponseType.CANCELLED,
    ),
    "navigate": (
        ResponseType.TEXT,
        ResponseType.AUTHORIZATION_APPROVED,
        ResponseType.AUTHORIZATION_DENIED,
        ResponseType.CANCELLED,
    ),
}


@define(eq=False, slots=True)
class Prompt:
    """A message that waits for a person, and what became of it.

    :param message: the prompt as it was asked.
    :param deadline: seconds since the epoch; an answer taken at or after it is refused.
    """

    entry: Entry
    message: Message
    deadline: float
    urgency: tuple[int, float] = field(init=False)
    """Sorts the most urgent first: by priority, then by what ends soonest."""
    response: Entry | None = None
    response_message: Message | None = None
    audience: Audience | None = None
    """Who has been shown it; absent until somebody tells or asks."""
    _watchers: list[Callable[[Prompt], None]] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.urgency = (-_LOUDNESS[self.message.priority], self.deadline)

    @property
    def content(self) -> PromptContent:
        """What is asked."""
        # Only a message that asks is made a prompt of.
        return self.message.content  # type: ignore[return-value]

    @property
    def state(self) -> State:
        """Where the prompt stands, read from the response that settled it."""
        answer = self.response_message
        if answer is None:
            return State.PENDING
        if answer.sender_type is SenderType.SYSTEM and _reason(answer) in _LATE:
            return State.TIMEOUT
        # Only a response settles.
        return _STATES[answer.content.response_type]  # type: ignore[union-attr]

    def judge(self, response: Message, at: float) -> Entry | None:
        """Decide on a response: ``None`` if it settles the prompt, or the entry it repeats.

        :param at: when the response was taken, in seconds since the epoch.
        :raises Refusal: ``expired`` or ``already_settled``, with the recorded outcome.
        """
        if self.response_message is None:
            if at < self.deadline or response.sender_type is SenderType.SYSTEM:
                return None
            raise Refusal("expired", state=State.PENDING)
        if _same(self.response_message, response):
            return self.response
        code = "expired" if self.state is State.TIMEOUT else "already_settled"
        raise Refusal(
            code,
            state=self.state,
            response_id=str(self.response_message.id),
            response=dump_message(self.response_message),
        )

    def settle(self, entry: Entry, response: Message) -> None:
        """Record the response that settles this prompt."""
        self.response = entry
        self.response_message = response

    def watch(self, watcher: Callable[[Prompt], None]) -> None:
        """Have ``watcher`` called once, when the prompt settles or the broker stops."""
        self._watchers.append(watcher)

    def unwatch(self, watcher: Callable[[Prompt], None]) -> None:
        """Take back :meth:`watch`; harmless if it has been called."""
        if watcher in self._watchers:
            self._watchers.remove(watcher)

    def notify(self) -> None:
        """Call every watcher and forget it; nobody is before it any more."""
        if self.audience is not None:
            self.audience.close()
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            try:
                watcher(self)
            except Exception:
                # A watcher belongs to one connection; its fault must not reach the others.
                log.exception("watcher_failed", prompt=str(self.entry.id))


def _reason(message: Message) -> Any:
    return (message.metadata or {}).get("reason")


def _responder(message: Message) -> Any:
    return (message.metadata or {}).get("responder")


def _same(recorded: Message, response: Message) -> bool:
    """Whether this is the same decision by the same responder, said again."""
    return (
        _said_the_same(recorded, response)
        and recorded.sender_type is response.sender_type
        and _responder(recorded) == _responder(response)
        # Of two sealed answers nobody here knows whether they say the same.
        and sealed_part(recorded.metadata) == sealed_part(response.metadata)
    )


def _said_the_same(recorded: Message, response: Message) -> bool:
    if recorded.content == response.content:
        return True
    edits = [(one.metadata or {}).get("value") for one in (recorded, response)]
    # Only an approval's context has members in no order of their own.
    return (
        all(isinstance(one, dict) for one in edits)
        # Only responses settle a prompt, or try to.
        and recorded.content.response_type is response.content.response_type  # type: ignore[union-attr]
        and is_same_json(*edits)
    )


def fit_response(
    prompt: Message, response: Response, sealed: Any = None
) -> tuple[Response, dict[str, Any]]:
    """Fit what a person said to what was asked.

    :param sealed: what they said sealed, where the prompt was asked so.
    :returns: the response as it will be recorded, and metadata that belongs to it: see
        :func:`~ailoop.model.fitting.fit_answer`.
    :raises Refusal: ``wrong_response``, ``not_a_choice``, ``invalid_answer`` or
        ``sealed_prompt``.
    """
    content = prompt.content
    accepted = _ACCEPTED[content.type]
    if response.response_type not in accepted:
        raise Refusal(
            "wrong_response",
            f"A prompt of type {content.type} takes a response_type of "
            f"{', '.join(accepted)}, not {response.response_type}",
            path="$.content.response_type",
            kind=content.type,
        )
    if check_answers_sealed(prompt, response, sealed):
        # The words are for the agent; those that a surface sent in the clear are not kept.
        return conceal_response(response), {}
    # Only a prompt has a kind that accepts a response.
    return fit_answer(content, response)  # type: ignore[arg-type]


def close_response(prompt: Prompt, reason: str) -> Message:
    """Make the server's own response to a prompt nobody will answer; it never approves.

    :param reason: ``timeout``, ``expired while down`` or ``shutdown``.
    """
    response_type = ResponseType.CANCELLED
    if reason in _LATE:
        response_type = _ON_TIMEOUT[prompt.content.type]
    return Message(
        channel=prompt.message.channel,
        sender_type=SenderType.SYSTEM,
        content=Response(response_type=response_type),
        correlation_id=prompt.message.id,
        metadata={"reason": reason},
    )
