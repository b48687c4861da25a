"""The answer to an encrypted prompt, opened for the agent that asked."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, fields, frozen

from ailoop.client.approval import Approval
from ailoop.client.errors import UnreadAnswer
from ailoop.client.kept import Kept
from ailoop.client.sealing import place_of
from ailoop.model.envelope import SEALED, sealed_part
from ailoop.model.fitting import FITTED
from ailoop.model.limits import MessageLimits, is_deeper
from ailoop.model.message import Message, Response, ResponseMessage, ResponseType

if TYPE_CHECKING:
    from ailoop.trust.hidden import Hidden

__all__ = ["OpenedResponse", "open_answer"]

_HARMLESS = (
    ResponseType.AUTHORIZATION_DENIED,
    ResponseType.CANCELLED,
    ResponseType.TIMEOUT,
)
"""What anybody may say to a prompt that they cannot read."""


@frozen(kw_only=True)
class OpenedResponse(ResponseMessage):
    """An answer as it was given, by somebody who has read the encrypted prompt.

    :param hidden: what its receipt has to be about.
    """

    hidden: Hidden = field(repr=False, eq=False)

    @classmethod
    def opened(cls, response: ResponseMessage, hidden: Hidden) -> OpenedResponse:
        """Return a response as one that has been opened."""
        members = {one.name: getattr(response, one.name) for one in fields(Message) if one.init}
        return cls(**members, hidden=hidden)


def open_answer(response: ResponseMessage, kept: Kept | None) -> ResponseMessage:
    """Return an answer to a sealed prompt as it was given, if it comes from a reader of it.

    A denial, or that nobody answered, may come from anybody; of such only the reason is told.

    :param kept: of the prompt; ``None`` if it is not known here.
    :raises UnreadAnswer: whoever answered had not read the prompt, or is not believed.
    """
    part = sealed_part(response.metadata)
    if part is None and response.content.response_type in _HARMLESS:
        return _without_answer(response)
    if part is None:
        raise UnreadAnswer(response, "it is not sealed")
    if kept is None:
        raise UnreadAnswer(
            response, "that is, nobody can tell here: wait with the prompt's ticket"
        )
    from ailoop.trust.sealed import CannotUnseal, NoKey

    try:
        said = _unseal_answer(response, part, kept.secret)
    except (NoKey, CannotUnseal) as error:
        raise UnreadAnswer(response, str(error)) from None
    told = {name: said[name] for name in _TOLD if said.get(name) is not None}
    clear = {k: v for k, v in (response.metadata or {}).items() if k not in (SEALED, *_TOLD)}
    opened = evolve(
        response,
        content=Response(answer=said["answer"], response_type=response.content.response_type),
        metadata={**clear, **told} or None,
    )
    decision = Approval(opened)
    if decision.edited and kept.bare_hash is None:
        raise UnreadAnswer(response, "its context was edited, which nobody had offered")
    if kept.bare_hash and decision and said["answer"] is not None and not decision.edited:
        raise UnreadAnswer(response, "its edited context is not understood")
    return OpenedResponse.opened(opened, kept.hidden(part, decision))


def _without_answer(response: ResponseMessage) -> ResponseMessage:
    """Return a refusal in the clear without what a program could take for an answer."""
    metadata = response.metadata or {}
    return evolve(
        response,
        content=evolve(response.content, answer=None),
        metadata={k: v for k, v in metadata.items() if k not in _ANSWERS} or None,
    )


def _unseal_answer(
    response: ResponseMessage, part: dict[str, Any], secret: bytes
) -> dict[str, Any]:
    """Return what was sealed in an answer, if it was by a reader of the prompt.

    :raises CannotUnseal: it was not, or says something else than the answer's envelope.
    """
    from ailoop.trust.reply import ReplySecret
    from ailoop.trust.sealed import CannotUnseal, unseal

    known = ReplySecret(secret)
    said, _ = unseal(part, [known.key], place_of(response))
    if not isinstance(said, dict) or not isinstance(said.get("answer"), str | None):
        raise CannotUnseal("it is not understood")
    if is_deeper(said, MessageLimits().json_depth):
        raise CannotUnseal("it is nested too deep")
    if not hmac.compare_digest(str(said.get("nonce")).encode(), known.nonce.encode()):
        raise CannotUnseal("it lacks what only a reader of the prompt knows")
    if said.get("response_type") != response.content.response_type:
        raise CannotUnseal("it says something else in the clear")
    return {"answer": None, **said}


_ANSWERS = FITTED
"""What of the metadata is an answer."""

_TOLD = ("reason", "responder", *_ANSWERS)
"""What comes from the sealed answer alone, for what stands in the clear nobody vouches."""
