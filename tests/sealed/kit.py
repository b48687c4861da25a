"""People with keys, and the conversations they have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ailoop.trust.keys import Key, make_key, write_key

__all__ = ["WORDS", "People"]

WORDS = "plaintext-kumquat"
"""What nobody but the recipients may ever see."""


class People:
    """Keys in files, by their owner's name."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.keys = {name: make_key(name) for name in names}
        self.files = {name: write_key(key, folder) for name, key in self.keys.items()}

    def private(self, name: str) -> str:
        return str(self.files[name][0])

    def public(self, name: str) -> str:
        return str(self.files[name][1])

    def public_key(self, name: str) -> Key:
        return Key.load(self.keys[name].dump())


def damaged(part: dict[str, Any], member: str) -> dict[str, Any]:
    """Return a sealed part with one letter of one member changed."""
    text = part[member]
    return {**part, member: ("B" if text[0] != "B" else "C") + text[1:]}
