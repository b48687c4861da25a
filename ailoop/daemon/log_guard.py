"""What may not reach a log: credentials, and texts that would act on it or forge its lines.

Nothing here is meant to log a credential. But a traceback repeats what an exception says, and
an exception of a library may say what it was given.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from io import StringIO
from typing import Any, TextIO

from structlog.dev import plain_traceback
from structlog.typing import EventDict, ExcInfo, WrappedLogger

__all__ = ["guard_entry", "indented_traceback", "redact"]

_REDACTED = "[redacted]"
_LONGEST = 8 * 1024
_DEEPEST = 20

_CREDENTIAL = (
    r"(?:proxy[-_])?authorization|(?:set[-_])?cookie|[\w-]{0,30}(?:password|passwd|secret|api[-_]?key"
    r"|(?:access|refresh|id|bearer|auth|session)[-_]?token|private[-_]?key)|token"
)
_SECRET_KEY = re.compile(_CREDENTIAL, re.IGNORECASE)
_SECRETS = (
    # `Authorization: Bearer abc`, `(b"authorization", b"Bearer abc")`, `?token=abc&`
    re.compile(
        rf"(\b(?:{_CREDENTIAL})\b[\"']?\s*[:=,]\s*(?:b?[\"'])?)"
        r"((?:(?:bearer|basic|digest|dpop)\s+)?[^\s\"'&,;]+)",
        re.IGNORECASE,
    ),
    re.compile(r"(\b(?:bearer|basic|dpop)\s+)([\w.~+/=-]{6,})", re.IGNORECASE),
    re.compile(
        r"(://)([^\s/@\"':]{1,200}:[^\s/@\"']{1,200})(?=@)"
    ),  # a URL's user and password
    # JWT and JWE (RFC 7519), looked for near the beginning of a word
    re.compile(r"(?<![\w-])([\w-]{0,60}?)(eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*){1,3})"),
)
"""Bounded repeats, or none that begins amid another: who writes the text must not choose how
long reading it takes."""
_KEY_LIKE = re.compile(r"(?<![\w-])[A-Za-z0-9_-]{32,}")
_UNSAFE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_PLAIN = re.compile(r"[\x20-\x7e]*")


def redact(text: str) -> str:
    """Return a text without what looks like a credential."""
    for pattern in _SECRETS:
        text = pattern.sub(rf"\1{_REDACTED}", text)
    return _KEY_LIKE.sub(lambda found: _REDACTED if _is_random(found[0]) else found[0], text)


def _is_random(word: str) -> bool:
    """Whether a long word has letters of both cases and digits, as keys and no names do."""
    kinds = [str.islower, str.isupper, str.isdigit]
    return all(sum(map(kind, word)) >= 3 for kind in kinds)


def guard_entry(_: WrappedLogger, __: str, entry: EventDict) -> EventDict:
    """Redact an entry's texts and keep each on its line; a processor of structlog's."""
    return {_line(name): _guard(name, value) for name, value in entry.items()}


def _guard(name: str, value: Any, depth: int = 0) -> Any:
    if name in ("exc_info", "stack_info") or isinstance(value, bool | int | float | None):
        return value
    if _SECRET_KEY.fullmatch(name):
        return _REDACTED
    if isinstance(value, dict) and depth < _DEEPEST:
        return {_line(str(key)): _guard(str(key), one, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple) and depth < _DEEPEST:
        return [_guard("", one, depth + 1) for one in value]
    return _line(redact(str(value)[:_LONGEST]))


def _line(text: str, escape: Callable[[str], str] = lambda char: ascii(char)[1:-1]) -> str:
    """Return a text on one line, with what a terminal or a reader could act on written out."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(
        escape(char) if unicodedata.category(char) in _UNSAFE else char for char in text
    )


def indented_traceback(stream: TextIO, exc_info: ExcInfo) -> None:
    """Write a traceback of which no line can be taken for one of the log."""
    written = StringIO()
    plain_traceback(written, exc_info)
    lines = redact(written.getvalue()).split("\n")
    stream.writelines(f"    {_line(line)}\n" for line in lines)
