"""Texts as wide as every terminal takes them to be.

Terminals do not agree on emoji that consist of several characters: some draw a flag or a skin
tone in two cells, others each of its characters in two. What is drawn wider than it was
reckoned would run over the end of its row.
"""

from __future__ import annotations

import re

__all__ = ["steady"]

_MODIFIERS = re.compile("[\U0001f3fb-\U0001f3ff\ufe0e\ufe0f]")
_FLAG_LETTERS = {0x1F1E6 + number: chr(ord("A") + number) for number in range(26)}


def steady(text: str) -> str:
    """Return a text without skin tones and variants of emoji, and with the letters of flags."""
    if text.isascii():
        return text
    return _MODIFIERS.sub("", text).translate(_FLAG_LETTERS)
