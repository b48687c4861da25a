"""What a receipt is about where its signer could not read what was decided: the ciphertext.

The daemon sees of an encrypted prompt a sentence that is the same for all. So it signs the hash
of what hides the words, and nobody can put another ciphertext in its place. Whoever encrypted
knows both, and holds the words against what is about to be done by themselves. It is the same
with the answer. Only hashes are taken here: no cryptography is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, field, frozen

from ailoop.model.envelope import SEALED, sealed_part
from ailoop.model.message import Authorization, Message, PromptContent, Response
from ailoop.trust.canonical import answer_hash, canonical_hash, content_hash
from ailoop.trust.faults import Fault, ReceiptError

__all__ = ["Edited", "Hidden", "asked_hash", "said_hash", "sealed_hash"]


def sealed_hash(kind: str, part: Mapping[str, Any]) -> str:
    """Return the hash of what hides a prompt or an answer.

    :param kind: the content's ``type``.
    :param part: the ``metadata.sealed`` of its message.
    :raises CanonicalError: it has no canonical form, and is none of ours.
    """
    return canonical_hash({"type": kind, SEALED: dict(part)})


def asked_hash(prompt: Message, content: PromptContent) -> str:
    """Return the hash of what a prompt asks, as whoever has no key of it can tell.

    :param content: the prompt's.
    :raises CanonicalError: it has no canonical form.
    """
    part = sealed_part(prompt.metadata)
    return content_hash(content) if part is None else sealed_hash(content.type, part)


def said_hash(prompt: Message, response: Message, said: Response) -> str | None:
    """Return the hash of what was answered, in the same way; ``None`` if there are no words.

    :param said: the response's content.
    :raises CanonicalError: it has no canonical form.
    """
    # Only to an encrypted prompt is an encrypted answer taken for one.
    part = sealed_part(response.metadata) if sealed_part(prompt.metadata) else None
    return answer_hash(said.answer) if part is None else sealed_hash(said.type, part)


@frozen
class Edited:
    """What was approved in the place of what an encrypted authorization asked.

    :param bare_hash: of what it asked, without the context; ``None`` if nobody was to edit it.
    :param context: what a person has made of it.
    """

    bare_hash: str | None = field(repr=False)
    context: dict[str, Any] = field(repr=False)

    def is_said_by(self, content: PromptContent) -> bool:
        """Whether this is what is about to be done.

        :raises CanonicalError: one of the two has no canonical form.
        """
        if not isinstance(content, Authorization) or self.bare_hash is None:
            return False
        about = content_hash(evolve(content, context=self.context))
        bare = content_hash(evolve(content, context=None))
        return bare == self.bare_hash and content_hash(content) == about


@frozen(kw_only=True)
class Hidden:
    """What whoever encrypted a prompt knows of it, and of the answer that they opened.

    :param content_hash: of what was encrypted; ``None`` if that is not known any more, or had
        no canonical form.
    :param prompt_hash: of the ciphertext that the server has, by :func:`sealed_hash`.
    :param answer_hash: the same of the answer's. Where one of the two is ``None``, no receipt
        is about it.
    """

    # A hash of few words gives them away to who can guess: it is not for a log.
    content_hash: str | None = field(repr=False)
    prompt_hash: str | None
    answer_hash: str | None
    edited: Edited | None = None

    @property
    def is_known(self) -> bool:
        """Whether all of it is known: otherwise no receipt can be held against it."""
        return None not in (self.content_hash, self.prompt_hash, self.answer_hash)

    def check(self, content: PromptContent) -> None:
        """Hold what is about to be done against what was encrypted.

        :raises ReceiptError: it is something else.
        :raises CanonicalError: what is about to be done has no canonical form.
        """
        if self.edited is not None:
            same = self.edited.is_said_by(content)
        else:
            same = self.content_hash == content_hash(content)
        if not same:
            raise ReceiptError(
                Fault.OTHER_ACTION, "what was encrypted is not what is about to be done"
            )
