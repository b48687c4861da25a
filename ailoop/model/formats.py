"""The formats of texts: an address, a URI, a date, a time.

They are checked by their looks alone, in time that grows with their length and no faster.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from urllib.parse import urlsplit

__all__ = ["FORMATS"]

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)",
    re.ASCII,
)


def _is_email(text: str) -> bool:
    name, at, host = text.rpartition("@")
    plain = not any(char <= " " or char == "\x7f" for char in text) and "@" not in name
    return bool(at and name and host) and plain and len(text) <= 254


def _is_uri(text: str) -> bool:
    if any(char <= " " or char == "\x7f" for char in text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and (parts.netloc or parts.path))


def _is_date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None and _is_read_by(date.fromisoformat, text)


def _is_time(text: str) -> bool:
    return _TIME.fullmatch(text) is not None and _is_read_by(datetime.fromisoformat, text)


def _is_read_by(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


FORMATS: dict[str, tuple[Callable[[str], bool], str]] = {
    "email": (_is_email, "must be an address, such as ann@example.org"),
    "uri": (_is_uri, "must be a URI, such as https://example.org/"),
    "date": (_is_date, "must be a date, such as 2026-01-31"),
    "date-time": (_is_time, "must be a time with its zone, such as 2026-01-31T12:00:00Z"),
}
"""The formats of texts: what checks them, and what is said to whoever has it wrong."""
