"""The styles of the screen; each can be told from plain text without colours too."""

from __future__ import annotations

__all__ = ["PALETTE"]

PALETTE: list[tuple[str, str, str, str]] = [
    ("bar", "standout", "", "standout"),
    ("trouble", "light red,standout", "", "bold,standout"),
    ("title", "bold", "", "bold"),
    ("selected", "light cyan,bold", "", "bold"),
    ("words", "bold", "", "bold"),
    ("channel", "light blue", "", ""),
    ("urgent", "light red,bold", "", "standout"),
    ("high", "yellow", "", "bold"),
    ("dim", "dark gray", "", ""),
    ("settled", "dark green", "", "underline"),
    ("notice", "yellow,bold", "", "bold"),
]
