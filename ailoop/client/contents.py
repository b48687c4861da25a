"""What an agent posts, made of what its caller has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ailoop.client.form_answer import WantedForm
from ailoop.client.ticket import id_of_key
from ailoop.model.ids import new_id
from ailoop.model.message import Authorization, Content, Message, Question, SenderType

__all__ = ["make_authorization", "make_message", "make_question"]


def make_question(
    text: str, choices: Iterable[str] | None, timeout: int, wanted: WantedForm[Any] | None
) -> Question:
    """Make a question of what a caller has.

    :raises ValueError: it has both choices and a form.
    """
    listed = tuple(choices) if choices is not None else None
    if wanted is None:
        return Question(text=text, choices=listed, timeout_seconds=timeout)
    if listed is not None:
        raise ValueError("a question has choices or a schema, not both")
    return Question(text=text, schema=wanted.schema, timeout_seconds=timeout)


def make_authorization(
    action: str, context: Any, timeout: int, *, editable: bool
) -> Authorization:
    """Make a request for permission of what a caller has.

    :raises ValueError: it could not be edited.
    """
    if editable and not isinstance(context, dict):
        raise ValueError("an editable authorization has a dict as its context")
    return Authorization(
        action=action, context=context, timeout_seconds=timeout, editable=editable
    )


def make_message(
    channel: str,
    content: Content,
    metadata: Mapping[str, Any] | None,
    key: str | None = None,
) -> Message:
    """Make an agent's message; under a key it is the same one each time."""
    return Message(
        id=new_id() if key is None else id_of_key(channel, content, key),
        channel=channel,
        sender_type=SenderType.AGENT,
        content=content,
        metadata=dict(metadata) if metadata is not None else None,
    )
