"""What a person's client does with sealed messages: opens them, and seals the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from attrs import evolve, field, fields, frozen

from ailoop.client.errors import SealedPrompt, refusal_of
from ailoop.client.feed import MessageFeed
from ailoop.client.sealing import load_keys, place_of
from ailoop.model.codec import dump_message, load_message
from ailoop.model.envelope import COVER_ANSWER, SEALED, SENDER, sealed_part
from ailoop.model.errors import Refusal
from ailoop.model.fitting import fit_answer
from ailoop.model.form import json_text
from ailoop.model.limits import MessageLimits, is_deeper
from ailoop.model.message import (
    PROMPT_TYPES,
    Message,
    Response,
    ResponseType,
)

__all__ = ["Keyring", "SealedMessage", "follow_opened", "seal_decision"]


@frozen(kw_only=True)
class SealedMessage(Message):
    """A message that came sealed, and what could be made of it.

    Without a key that opens it, its content is what everybody may see.

    :param key_name: whose key has opened it; ``None`` if none has.
    :param trouble: why it cannot be read; ``None`` if it can.
    """

    key_name: str | None = None
    trouble: str | None = None
    reply: Mapping[str, Any] | None = field(default=None, repr=False, eq=False)
    """Where the answer goes, and what proves that the prompt was read."""

    @property
    def is_open(self) -> bool:
        """Whether it can be read here."""
        return self.trouble is None


class Keyring:
    """The keys of a person, and what they open.

    :param paths: files of private keys.
    :raises BadKeyFile: a file cannot be used.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self.keys = load_keys(paths)

    def open(self, message: Message) -> Message:
        """Return a message as this person may read it; most are not sealed."""
        part = sealed_part(message.metadata)
        if part is None or isinstance(message.content, Response):
            return message
        if not self.keys:
            return _sealed(message, trouble="it is encrypted, and there is no key here")
        from ailoop.trust.sealed import CannotUnseal, NoKey, unseal

        try:
            inner, key = unseal(part, self.keys, place_of(message))
            return _opened(message, inner, key.name)
        except NoKey as error:
            return _sealed(message, trouble=f"it is encrypted: {error}")
        except (CannotUnseal, Refusal, LookupError, TypeError, AttributeError) as error:
            said = str(error) if isinstance(error, CannotUnseal) else "it is not understood"
            return _sealed(message, trouble=f"it is encrypted and cannot be opened: {said}")

    def open_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return an item of the list of what waits, with its message and label readable."""
        message = self.open(load_message(item["message"]))
        if isinstance(message, SealedMessage) and isinstance(message.content, PROMPT_TYPES):
            item = {**item, "label": message.content.label}
        return {**item, "message": message}


def _sealed(message: Message, **more: Any) -> SealedMessage:
    members = {one.name: getattr(message, one.name) for one in fields(Message) if one.init}
    return SealedMessage(**members | more)


def _opened(message: Message, inner: Mapping[str, Any], key_name: str) -> SealedMessage:
    """Return what was sealed, read as strictly as what comes in the clear."""
    if is_deeper(inner, MessageLimits().json_depth):
        raise TypeError("nested too deep to be shown")
    said = load_message({**dump_message(message), **_said(inner)})
    content = said.content
    if content.type != message.content.type:
        raise TypeError("another kind of content")
    reply = None
    if isinstance(content, PROMPT_TYPES) and isinstance(message.content, PROMPT_TYPES):
        # How long it waits is the server's word.
        content = evolve(content, timeout_seconds=message.content.timeout_seconds)
        reply = {"nonce": str(inner["nonce"]), "reply_to": inner["reply_to"]}
    metadata = _with_sender(said.metadata, message.metadata)
    return _sealed(message, content=content, metadata=metadata, key_name=key_name, reply=reply)


def _with_sender(
    said: dict[str, Any] | None, clear: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Return what was sealed with who sent it, which the server knows better than the sender.

    :param clear: what everybody may see.
    """
    return (
        said
        if clear is None or SENDER not in clear
        else {**(said or {}), SENDER: clear[SENDER]}
    )


def _said(inner: Mapping[str, Any]) -> dict[str, Any]:
    return {"content": inner["content"], "metadata": inner.get("metadata")}


def seal_decision(prompt: SealedMessage, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a decision on a prompt with all that is for the agent alone sealed.

    :param told: the members of the decision.
    :raises SealedPrompt: the prompt cannot be read here, and this is no denial.
    :raises Invalid: the answer is none to this question.
    """
    kind = told["response_type"]
    if not prompt.is_open or prompt.reply is None:
        if kind in (ResponseType.AUTHORIZATION_DENIED, ResponseType.CANCELLED):
            return dict(told)
        raise SealedPrompt(
            f"nothing was sent: this prompt cannot be read here; {prompt.trouble}"
        )
    from ailoop.trust.keys import Key
    from ailoop.trust.sealed import seal

    place = f"{Response.type} {prompt.channel} {prompt.id}"
    try:
        said = _fit(prompt, told)
        private = {k: v for k, v in told.items() if k in ("reason", "responder")}
        private |= said | {"response_type": kind, "nonce": prompt.reply["nonce"]}
        part = seal(private, [Key.load(prompt.reply["reply_to"])], place)
    except Refusal as refusal:
        raise refusal_of(refusal.body()) from None
    except ValueError:  # no key, or one with which nothing can be agreed on (RFC 7748, 6.1)
        raise SealedPrompt("nothing was sent: this prompt takes no answer") from None
    clear = {k: v for k, v in told.items() if k in ("response_type", "responder", "surface")}
    if "answer" in said:
        clear["answer"] = COVER_ANSWER
    return {**clear, SEALED: part}


def _fit(prompt: Message, told: Mapping[str, Any]) -> dict[str, Any]:
    """Do what the server does with answers that it can read."""
    answer = told.get("answer")
    response = Response(
        answer=json_text(answer) if isinstance(answer, dict) else answer,
        response_type=ResponseType(told["response_type"]),
    )
    # Only a prompt is open and has a reply.
    fitted, extra = fit_answer(prompt.content, response)  # type: ignore[arg-type]
    return {**({} if fitted.answer is None else {"answer": fitted.answer}), **extra}


@asynccontextmanager
async def follow_opened(
    opening: AbstractAsyncContextManager[MessageFeed], keyring: Keyring
) -> AsyncIterator[MessageFeed]:
    """Follow channels, with what was sealed opened where there is a key."""
    async with opening as feed:
        yield _OpenedFeed(feed, keyring)


class _OpenedFeed:
    """A feed whose sealed messages are opened as they are read."""

    def __init__(self, feed: MessageFeed, keyring: Keyring) -> None:
        self._feed = feed
        self._keyring = keyring

    @property
    def cursors(self) -> dict[str, int]:
        return self._feed.cursors

    @cursors.setter
    def cursors(self, value: dict[str, int]) -> None:
        self._feed.cursors = value

    def __aiter__(self) -> _OpenedFeed:
        return self

    async def __anext__(self) -> Message:
        return self._keyring.open(await self._feed.__anext__())
