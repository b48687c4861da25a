"""What an agent's client does so that only its recipients read a prompt, and answer it.

The cryptography is loaded only where a client seals, or opens what was sealed.
"""

from __future__ import annotations

import hmac
import os
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from attrs import evolve

from ailoop.client.errors import AiloopError, BadKeyFile
from ailoop.client.kept import Kept
from ailoop.model.codec import dump_message
from ailoop.model.envelope import SEALED, conceal, sealed_part
from ailoop.model.message import (
    PROMPT_TYPES,
    Message,
    Response,
)

if TYPE_CHECKING:
    from ailoop.trust.keys import Key

__all__ = [
    "KeyFiles",
    "Sealing",
    "load_keys",
    "load_recipients",
    "paths_of",
    "place_of",
    "same_prompt",
]

KeyFiles = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

_REMEMBERED = 10_000
"""Prompts whose answers a client can open by their id alone; for others take the ticket."""


def paths_of(files: KeyFiles | None, variable: str) -> list[str]:
    """Return the files of keys that an argument names, or else an environment variable."""
    if files is None:
        return [one for one in os.environ.get(variable, "").split(os.pathsep) if one]
    if isinstance(files, str | os.PathLike):
        return [os.fspath(files)]
    return [os.fspath(one) for one in files]


def place_of(message: Message) -> str:
    """Return where a sealed content belongs, and opens; a response where its prompt is."""
    # Neither a kind nor a channel has a space, so that no two of these texts are the same.
    where = message.correlation_id or message.id
    return f"{message.content.type} {message.channel} {where}"


def load_recipients(paths: Sequence[str]) -> list[Key]:
    """Read the keys of those to seal for.

    :raises BadKeyFile: a file cannot be used.
    """
    from ailoop.trust.keys import KeyFileError, load_public_keys

    try:
        return load_public_keys(paths)
    except KeyFileError as error:
        raise BadKeyFile(str(error)) from None


def load_keys(paths: Sequence[str]) -> list[Key]:
    """Read the keys of those who open what is sealed for them.

    :raises BadKeyFile: a file cannot be used.
    """
    if not paths:
        return []
    from ailoop.trust.keys import KeyFileError, load_private_keys

    try:
        return load_private_keys(paths)
    except KeyFileError as error:
        raise BadKeyFile(str(error)) from None


class Sealing:
    """Seals what an agent says, and knows the answers of those who have read it.

    :param recipients: files of public keys.
    :param keys: the agent's own private keys, if it has any: the same prompt has
        then the same reply key in each process.
    :raises BadKeyFile: a file cannot be used.
    """

    def __init__(self, recipients: Sequence[str], keys: Sequence[Key]) -> None:
        self._recipients = load_recipients(recipients)
        self._own = keys[0].derive("replies") if keys else os.urandom(32)
        self._lasts = bool(keys)
        self._kept: OrderedDict[UUID, Kept] = OrderedDict()

    def check_key(self, key: str | None) -> None:
        """Refuse a prompt's key where a restart would make the answer unreadable.

        :raises AiloopError: the agent has no key of its own.
        """
        if key is not None and not self._lasts:
            raise AiloopError(
                "an encrypted prompt with a key= needs a key of the agent's own, in keys= or "
                "AILOOP_KEYS: after a restart no other could open the answer"
            )

    def seal(self, message: Message) -> tuple[Message, Kept | None]:
        """Return a message as the server may see it, and what is kept of it if it asks.

        A response stays as it is.
        """
        if isinstance(message.content, Response):
            return message, None
        from ailoop.trust.reply import ReplySecret
        from ailoop.trust.sealed import seal

        said = dump_message(message)
        place = place_of(message)
        inner: dict[str, Any] = {
            name: said[name] for name in ("content", "metadata") if name in said
        }
        priority = {k: v for k, v in (message.metadata or {}).items() if k == "priority"}
        outer: dict[str, Any] = {}
        secret = None
        if isinstance(message.content, PROMPT_TYPES):
            secret = ReplySecret.of(self._own, place, inner)
            inner |= {"reply_to": secret.key.dump(), "nonce": secret.nonce}
            outer["fingerprint"] = secret.fingerprint
        part = {**seal(inner, self._recipients, place), **outer}
        kept = None
        if secret is not None and isinstance(message.content, PROMPT_TYPES):
            kept = Kept.of(message.content, part, secret.secret)
        cover = conceal(message.content)
        sealed = evolve(message, content=cover, metadata={**priority, SEALED: part})
        return sealed, kept

    def remember(self, prompt_id: UUID, kept: Kept) -> None:
        """Know the answer to a prompt that the server has taken."""
        self._kept[prompt_id] = kept
        self._kept.move_to_end(prompt_id)
        if len(self._kept) > _REMEMBERED:
            self._kept.popitem(last=False)

    def kept_of(self, prompt_id: UUID | None) -> Kept | None:
        """Return what was kept of a prompt of this client."""
        return None if prompt_id is None else self._kept.get(prompt_id)


def same_prompt(sealed: Message, posted: Message) -> bool:
    """Whether two sealed prompts are the same one: each time it is sealed it looks different.

    :param sealed: ours.
    :param posted: what the server has under its id.
    """
    ours, theirs = sealed_part(sealed.metadata) or {}, sealed_part(posted.metadata) or {}
    mark, other = ours.get("fingerprint"), theirs.get("fingerprint")
    return (
        isinstance(mark, str)
        and isinstance(other, str)
        and hmac.compare_digest(mark.encode(), other.encode())
        # The fingerprint covers what was asked; how long it waits is the server's word.
        and sealed.content.type == posted.content.type
    )
