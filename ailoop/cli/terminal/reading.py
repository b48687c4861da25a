"""A text in a window that is moved over it, and whether its end has been in the window."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import urwid

from ailoop.cli.terminal.width import steady
from ailoop.cli.terminal.wording import Markup

__all__ = ["Reading", "fit"]

_END = 2**31
"""Below every text's last row; drawing finds where that is."""


def fit(canvas: urwid.Canvas, rows: int, top: int = 0) -> urwid.CompositeCanvas:
    """Cut a canvas to a window, or fill it up to one.

    :param top: the first row that is shown.
    """
    fitted = urwid.CompositeCanvas(canvas)
    over = fitted.rows() - top - rows
    fitted.pad_trim_top_bottom(-top, -over)
    return fitted


class _Paragraph:
    """A part of a text, laid out once for each width: that takes a millisecond a kilobyte."""

    def __init__(self, markup: Markup) -> None:
        # Kept, so that its identity is not another one's.
        self.markup = markup
        self._text = urwid.Text([(style, steady(words)) for style, words in markup] or "")
        self._laid = 0, 0

    def rows(self, columns: int) -> int:
        """Return how many rows it takes."""
        if self._laid[0] != columns:
            self._laid = columns, self._text.rows((columns,))
        return self._laid[1]

    def canvas(self, columns: int) -> urwid.Canvas:
        """Draw it."""
        return self._text.render((columns,))


class Reading:
    """A text of paragraphs, shown as far as the window goes."""

    def __init__(self) -> None:
        self._about: Hashable = ""
        self._paragraphs: dict[int, _Paragraph] = {}
        self._top = 0
        self._rows = 1
        self.at_end = False
        """Whether the last line is shown, as of the latest drawing."""

    def say(self, about: Hashable, text: Sequence[Markup], *, at_end: bool = False) -> None:
        """Show a text.

        :param about: what it is about; the window stays where it is while that is the same.
        :param text: the paragraphs; one that is the same object as before is not laid out anew.
        :param at_end: whether the window begins at the end, and stays there.
        """
        before = self._paragraphs
        if about == self._about and list(before) == [id(one) for one in text]:
            return
        if about != self._about:
            self._top = _END if at_end else 0
        elif at_end and self.at_end:
            self._top = _END
        self._about = about
        self._paragraphs = {id(one): before.get(id(one)) or _Paragraph(one) for one in text}

    def rows(self, columns: int) -> int:
        """Return how many rows the whole text takes."""
        return sum(one.rows(columns) for one in self._paragraphs.values())

    def canvas(self, columns: int, rows: int) -> urwid.Canvas:
        """Draw the window, and note whether the end is in it."""
        self._rows = rows
        last_top = max(self.rows(columns) - rows, 0)
        self._top = min(self._top, last_top)
        self.at_end = rows > 0 and self._top == last_top
        shown: list[urwid.Canvas] = []
        above, first = 0, 0
        for one in self._paragraphs.values():
            below = above + one.rows(columns)
            if below > self._top and above < self._top + rows:
                first = first if shown else above
                shown.append(one.canvas(columns))
            above = below
        parts = [
            (canvas, None, False) for canvas in shown or [urwid.Text("").render((columns,))]
        ]
        return fit(urwid.CanvasCombine(parts), rows, self._top - first)

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
        self._top = _END
