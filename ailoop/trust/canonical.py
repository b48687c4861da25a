"""What a person was asked, written down in one way only, and its hash.

The one way is the JSON Canonicalization Scheme (RFC 8785): members sorted by their names as
UTF-16, numbers as ECMAScript prints them, no spaces. So whoever has the same JSON, in whatever
language and however it came over the wire, comes to the same hash.
"""

from __future__ import annotations

import math
from hashlib import sha256
from typing import Any

import orjson

from ailoop.model.codec import dump_content
from ailoop.model.message import Authorization, Navigate, PromptContent, Question

__all__ = [
    "CanonicalError",
    "action_hash",
    "answer_hash",
    "canonical_hash",
    "canonical_json",
    "content_hash",
]

_LARGEST = 2**53 - 1
"""Beyond it, what JavaScript reads is not what was written (RFC 7493, section 2.2)."""

_PLAIN_FROM, _PLAIN_TO = -6, 21
"""ECMAScript writes a number without an exponent if its point is in this range."""


class CanonicalError(ValueError):
    """A value has no canonical form.

    :param path: where in the value, such as ``.amount`` or ``[3]``; empty for the whole.
    """

    def __init__(self, path: str, sentence: str) -> None:
        self.path = path
        self.sentence = sentence
        super().__init__(f"{path or 'the value'} {sentence}")


def action_hash(kind: str, action: str, context: Any = None) -> str:
    """Return the hash of something that is to be done.

    :param kind: ``authorization`` or ``navigate``.
    :param action: what would be done; of ``navigate`` the URL.
    :param context: any JSON, or what becomes JSON on the wire.
    :raises CanonicalError: it has no canonical form.
    """
    if kind == Navigate.type:
        return content_hash(Navigate(url=action, context=context))
    if kind == Authorization.type:
        return content_hash(Authorization(action=action, context=context))
    raise ValueError(f"an action is of the kind authorization or navigate, not {kind!r}")


def content_hash(content: PromptContent) -> str:
    """Return the hash of what a prompt asks.

    It goes by what travels, so a tuple and a list, or an absent context and ``None``, are the
    same. How long the person has is no part of it.

    :raises CanonicalError: it has no canonical form.
    """
    try:
        members = dump_content(content)
    except TypeError as error:  # orjson's, of what JSON has no room for
        raise CanonicalError("", f"cannot be written as JSON: {error}") from None
    if isinstance(content, Question):
        asked = {"text": members["text"], "choices": members.get("choices")}
        # Questions without a form have the hash that they had before there were forms.
        asked |= {name: members[name] for name in ("schema",) if name in members}
    else:
        name = "url" if isinstance(content, Navigate) else "action"
        asked = {name: members[name], "context": members.get("context")}
    return canonical_hash({"type": content.type, **asked})


def answer_hash(answer: str | None) -> str | None:
    """Return the hash of a person's words, if there are any."""
    return None if answer is None else canonical_hash(answer)


def canonical_hash(value: Any) -> str:
    """Return the hash of a JSON value.

    :raises CanonicalError: it has no canonical form.
    """
    return f"sha-256:{sha256(canonical_json(value)).hexdigest()}"


def canonical_json(value: Any) -> bytes:
    """Write a JSON value as RFC 8785 says.

    :raises CanonicalError: a number is not finite, or is whole and so large that not every
        reader of JSON can tell it from its neighbours; a text has half a character; a value is
        none of JSON.
    """
    return _write(value, "").encode()


def _write(value: Any, path: str) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _write_text(value, path)
        case int():
            if abs(value) > _LARGEST:
                raise CanonicalError(
                    path,
                    "is a whole number beyond 2^53 - 1, which not every reader of JSON "
                    "can tell from its neighbours; write it as text",
                )
            return str(int(value))
        case float():
            return _write_number(value, path)
        case list() | tuple():
            items = (_write(item, f"{path}[{index}]") for index, item in enumerate(value))
            return f"[{','.join(items)}]"
        case dict():
            return _write_object(value, path)
    raise CanonicalError(path, f"is of the type {type(value).__name__}, which JSON has not")


def _write_object(value: dict[Any, Any], path: str) -> str:
    for name in value:
        if not isinstance(name, str):
            raise CanonicalError(path, f"has the name {name!r}, which is no text")
    written = {name: _write_text(name, path) for name in value}
    members = (
        f"{written[name]}:{_write(value[name], f'{path}.{name:.100}')}"
        for name in sorted(value, key=lambda name: name.encode("utf-16-be"))
    )
    return f"{{{','.join(members)}}}"


def _write_text(text: str, path: str) -> str:
    try:
        # It escapes what ECMAScript escapes, and nothing else.
        return orjson.dumps(text).decode()
    except TypeError:
        raise CanonicalError(path, "has half a character (a lone surrogate)") from None


def _write_number(number: float, path: str) -> str:
    """Write a number by Number::toString of ECMAScript, on whose digits Python agrees."""
    if not math.isfinite(number):
        raise CanonicalError(path, f"is {number}, which JSON has not")
    if number == 0:
        return "0"  # and so is -0
    mantissa, _, exponent = f"{abs(number)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    # Where the point stands, counted from before the first digit.
    point = int(exponent or 0) + len(whole) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    sign = "-" if number < 0 else ""
    if len(digits) <= point <= _PLAIN_TO:
        return sign + digits.ljust(point, "0")
    if 0 < point <= _PLAIN_TO:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if _PLAIN_FROM < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"
