"""What a stage shows, and how views put rows together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from math import inf
from typing import Any, ClassVar

import trio
import urwid

from ailoop.cli.terminal.reading import fit
from ailoop.cli.terminal.width import steady
from ailoop.cli.terminal.wording import Markup

__all__ = ["Part", "View", "bar", "line", "stack"]

Part = tuple[urwid.Canvas, bool]
"""Some rows, and whether the cursor is in them."""


def line(markup: Markup, columns: int) -> urwid.Canvas:
    """Draw one row, cut with a mark where it is too long."""
    words = [(style, steady(text)) for style, text in markup]
    return urwid.Text(words or "", wrap="ellipsis").render((columns,))


def bar(markup: Markup, columns: int, style: str = "bar") -> urwid.Canvas:
    """Draw one row that is filled from side to side."""
    text = urwid.Text([steady(words) for _, words in markup] or "", wrap="ellipsis")
    return urwid.AttrMap(text, style).render((columns,))


def stack(parts: Sequence[Part], rows: int) -> urwid.CompositeCanvas:
    """Put parts below each other; what the rows have no room for is cut off."""
    whole = urwid.CanvasCombine([(canvas, None, focus) for canvas, focus in parts])
    return fit(whole, rows)


class View(urwid.Widget, ABC):
    """A whole screen; keys and clicks arrive as at any box widget of urwid."""

    _sizing = frozenset([urwid.BOX])
    _selectable = True
    no_cache: ClassVar[list[str]] = ["render"]

    changed: Callable[[], None] = staticmethod(lambda: None)
    """Has it drawn anew; the stage puts its own here."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What stands in the title of the terminal's window."""

    def render(self, size: Any, focus: bool = False) -> urwid.Canvas:
        """Draw it, for urwid."""
        del focus
        columns, rows = size
        return self.draw(columns, rows, trio.current_time())

    @abstractmethod
    def draw(self, columns: int, rows: int, now: float) -> urwid.Canvas:
        """Draw it."""

    def painted(self, now: float) -> None:
        """Note that what was rendered last is on the screen."""

    def patience(self, now: float) -> float:
        """Return after how many seconds it looks different by itself."""
        del now
        return inf

    def rings(self, now: float) -> bool:
        """Whether to ring the bell now."""
        del now
        return False

    def log(self, text: str) -> None:
        """Take what would have been written beside the screen; it is written afterwards."""
