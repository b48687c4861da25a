"""A text in a window that is moved over it, and whether its end has been in the window."""

from __future__ import annotations

from collections.abc import Hashable

import urwid

from ailoop.cli.terminal.width import steady
from ailoop.cli.terminal.wording import Markup

__all__ = ["Reading", "fit"]


def fit(canvas: urwid.Canvas, rows: int, top: int = 0) -> urwid.CompositeCanvas:
    """Cut a canvas to a window, or fill it up to one.

    :param top: the first row that is shown.
    """
    fitted = urwid.CompositeCanvas(canvas)
    over = fitted.rows() - top - rows
    fitted.pad_trim_top_bottom(-top, -over)
    return fitted


class Reading:
    """A text, shown as far as the window goes."""

    def __init__(self) -> None:
        self._text = urwid.Text("")
        self._said: tuple[Hashable, Markup] = ("", [])
        self._top = 0
        self._rows = 1
        self.at_end = False
        """Whether the last line is shown, as of the latest drawing."""

    def say(self, about: Hashable, markup: Markup, *, at_end: bool = False) -> None:
        """Show a text.

        :param about: what it is about; the window stays where it is while that is the same.
        :param at_end: whether the window begins at the end, and stays there.
        """
        if (about, markup) == self._said:
            return
        if about != self._said[0]:
            self._top = 2**31 if at_end else 0
        elif at_end and self.at_end:
            self._top = 2**31
        self._said = about, markup
        self._text.set_text([(style, steady(words)) for style, words in markup] or "")

    def rows(self, columns: int) -> int:
        """Return how many rows the whole text takes."""
        return self._text.rows((columns,))

    def canvas(self, columns: int, rows: int) -> urwid.Canvas:
        """Draw the window, and note whether the end is in it."""
        whole = self._text.render((columns,))
        self._rows = rows
        last_top = max(whole.rows() - rows, 0)
        self._top = min(self._top, last_top)
        self.at_end = rows > 0 and self._top == last_top
        return fit(whole, rows, self._top)

    @property
    def has_more(self) -> bool:
        """Whether there is something below the window."""
        return not self.at_end

    def scroll(self, rows: int) -> None:
        """Move the window down, or up."""
        self._top = max(self._top + rows, 0)

    def page(self, step: int) -> None:
        """Move the window by its height, less a line that stays."""
        self.scroll(step * max(self._rows - 1, 1))

    def to_start(self) -> None:
        """Show the beginning."""
        self._top = 0

    def to_end(self) -> None:
        """Show the end."""
        self._top = 2**31
