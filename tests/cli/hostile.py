"""Texts that want to act on the terminal of whoever reads them."""

from __future__ import annotations

import re
import unicodedata

HOSTILE = (
    "seen\x1b]0;owned\x07 \x1b[2J\x1b[31m \x1b]8;;http://evil\x1b\\ \x1bP1$r\x1b\\"
    " \x9b31m \x9d0;owned\x9c \x08\x08 \r \x7f \u202e \u2066 \u200b \x1bc end"
)
"""OSC, CSI, DCS and their C1 forms, backspace, carriage return, direction overrides."""

_OURS = re.compile(
    r"\x1b\[(\d+;\d+)?H"  # a place on the screen
    r"|\x1b\[K"  # the rest of the row
    r"|\x1b\[0;39(;[147])*;49m"  # a style without colours
    r"|\x1b\[\?\d+(h|l|\$p)"  # modes: set, left, asked for
    r"|\x1b\[2[23];0t|\x1b\]2;(\(\d+\) )?ailoop\x07"  # the title: kept, given back, set
    r"|\x1b\)0|\x0f|\r|\n"  # the usual characters; ends of lines
)
"""What our screens send without colours, and none of what :data:`HOSTILE` holds."""


def unsafe(raw: bytes) -> list[str]:
    """Return what was sent to a terminal and is neither text nor ours."""
    text = _OURS.sub("\n", raw.decode())
    return [
        char
        for char in text
        if char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    ]
