"""Texts as people can read them: without what a terminal acts on, and not too long."""

from __future__ import annotations

import re

__all__ = ["clean", "cut", "last_shown"]

# ECMA-48: control sequences, then strings that a terminal takes whole (titles, links), then
# what has one character more. Each part begins at an escape and stops at the next.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"
    r"|\x1b[ -/]*[0-~]?"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def clean(text: str) -> str:
    """Return a text without terminal sequences; of controls, line ends and tabs stay."""
    text = _ESCAPES.sub("", text).replace("\r\n", "\n")
    return _CONTROLS.sub("", text).strip()


def last_shown(line: str) -> str:
    """Return what a terminal shows of a line that returns to its begin, as progress does."""
    return line.rstrip("\r\n").rpartition("\r")[2]


def cut(text: str, most: int) -> str:
    """Return a text of at most so many bytes; one that was longer says so at its end."""
    size = len(text.encode())
    if size <= most:
        return text
    mark = f" … (cut; {size} bytes in all)"
    room = max(0, most - len(mark.encode()))
    return text.encode()[:room].decode(errors="ignore") + mark
