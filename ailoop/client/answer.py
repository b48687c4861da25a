"""The answer to a prompt, as a server sends it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ailoop.client.errors import Incompatible
from ailoop.model.codec import load_message
from ailoop.model.errors import Refusal
from ailoop.model.message import ResponseMessage

__all__ = ["read_answer"]


def read_answer(prompt_id: UUID, body: Any) -> ResponseMessage:
    """Read the response to a prompt.

    :raises Incompatible: it is none, or is another prompt's: an approval must never be taken
        for that of something else, whatever a proxy has mixed up.
    """
    try:
        response = ResponseMessage.of(load_message(body))
    except (Refusal, TypeError) as error:
        raise Incompatible(f"the server's answer is not understood: {error}") from None
    if response.correlation_id != prompt_id:
        raise Incompatible(
            f"the server sent the answer to {response.correlation_id} "
            f"where that to {prompt_id} was expected"
        )
    return response
