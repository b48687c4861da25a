"""What an agent keeps of a prompt that it has encrypted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from ailoop.model.envelope import sealed_part
from ailoop.model.message import Authorization, Message, PromptContent, Response

if TYPE_CHECKING:
    from ailoop.client.approval import Approval
    from ailoop.trust.hidden import Hidden

__all__ = ["Kept"]


@frozen
class Kept:
    """What opens the answer to an encrypted prompt, and tells what the prompt said.

    :param secret: whoever has it can read the answer, and forge one.
    :param content_hash: of what was encrypted, by
        :func:`~ailoop.trust.canonical.content_hash`; ``None`` if it has no canonical form.
    :param prompt_hash: of what the server has in its place, by
        :func:`~ailoop.trust.hidden.sealed_hash`; ``None`` if that is none of ours.
    :param bare_hash: of what was encrypted without its context, where that may be edited.
    """

    secret: bytes = field(repr=False)
    # A hash of few words gives them away to who can guess: it is not for a log.
    content_hash: str | None = field(default=None, repr=False)
    prompt_hash: str | None = None
    bare_hash: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, content: PromptContent, part: Mapping[str, Any], secret: bytes) -> Kept:
        """Return what to keep of a prompt.

        :param part: what hides it.
        """
        from ailoop.trust.canonical import CanonicalError, content_hash

        try:
            asked = content_hash(content)
        except CanonicalError:  # no receipt can be about it
            asked = None
        bare = None
        if isinstance(content, Authorization) and content.editable:
            bare = content_hash(evolve(content, context=None))
        return cls(secret, asked, _hash(content.type, part), bare)

    def posted_as(self, posted: Message) -> Kept:
        """Return the same of a prompt that was sealed before, and posted as that.

        :param posted: what the server has. That it says what was asked here nobody can tell
            from it; an answer that opens proves it, by the nonce that is nowhere else.
        """
        part = sealed_part(posted.metadata) or {}
        return evolve(self, prompt_hash=_hash(posted.content.type, part))

    def hidden(self, part: Mapping[str, Any], decision: Approval) -> Hidden:
        """Return what the receipt of an answer has to be about.

        :param part: what hides the answer.
        :param decision: what it says.
        """
        from ailoop.trust.hidden import Edited, Hidden

        return Hidden(
            content_hash=self.content_hash,
            prompt_hash=self.prompt_hash,
            answer_hash=_hash(Response.type, part),
            edited=Edited(self.bare_hash, decision.context) if decision.edited else None,
        )


def _hash(kind: str, part: Mapping[str, Any]) -> str | None:
    from ailoop.trust.canonical import CanonicalError
    from ailoop.trust.hidden import sealed_hash

    try:
        return sealed_hash(kind, part)
    except CanonicalError:  # it is none of ours, and no daemon signs it
        return None
