r"""Patterns: ``*`` stands for any text, also for none; everything else for itself.

There are no other signs, and no regular expressions: a pattern reads the same to everybody, and
matching takes time in proportion to the text, whatever the pattern. ``\*`` is an asterisk, and
``\\`` a backslash.
"""

from __future__ import annotations

from functools import cached_property
from unicodedata import normalize

from attrs import define, field

__all__ = ["Glob"]


@define(frozen=True, slots=False)
class Glob:
    """A pattern.

    :param text: as it is written.
    """

    text: str
    pieces: tuple[str, ...] = field(init=False, eq=False, repr=False)
    """The texts between the asterisks; a pattern without one has one piece."""

    @pieces.default
    def _read(self) -> tuple[str, ...]:
        pieces, rest = [""], iter(self.text)
        for char in rest:
            if char == "*":
                pieces.append("")
            elif char == "\\":
                after = next(rest, "")
                # Any other character has no need of one: a path of Windows stays as it is.
                pieces[-1] += after if after in ("*", "\\") and after else char + after
            else:
                pieces[-1] += char
        return tuple(pieces)

    @cached_property
    def _folded(self) -> tuple[str, ...]:
        return tuple(_folded(piece) for piece in self.pieces)

    @property
    def begins(self) -> str:
        """What everything that matches begins with."""
        return self.pieces[0]

    @property
    def is_open(self) -> bool:
        """Whether it has an asterisk."""
        return len(self.pieces) > 1

    def matches(self, text: str, *, fold: bool = False) -> bool:
        """Whether the pattern stands for the whole of a text.

        :param fold: make no difference between capital and small letters, nor between the
            ways to write a letter with its accent.
        """
        if fold:
            return _match(self._folded, _folded(text))
        return _match(self.pieces, text)

    def matches_command(self, text: str, *, fold: bool = False) -> bool:
        """Whether it stands for a command; ``git status *`` also does for ``git status``."""
        if self.matches(text, fold=fold):
            return True
        bare = self.is_open and not self.pieces[-1] and self.pieces[-2].endswith(" ")
        return bare and self.matches(f"{text} ", fold=fold)


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    return normalize("NFD", normalize("NFD", text).casefold())


def _match(pieces: tuple[str, ...], text: str) -> bool:
    first, *rest = pieces
    if not rest:
        return text == first
    if not text.startswith(first):
        return False
    *middle, last = rest
    position = len(first)
    # Where a piece fits, its first place leaves the most room for those that come after it.
    for piece in middle:
        found = text.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    return len(text) - len(last) >= position and text.endswith(last)
