"""Where a person types: an answer, a choice, or the reason of a decision."""

from __future__ import annotations

import unicodedata

import urwid

from ailoop.cli.terminal.reading import fit
from ailoop.cli.terminal.width import steady
from ailoop.cli.text import clean

__all__ = ["AnswerLine"]

_JOINERS = "\u200c\u200d"
"""Persian and emoji are not written without them, and they change nothing else."""
_ROWS = 6


class _Edit(urwid.Edit):
    """Takes what is text; a paste may hold anything, and is shown before it is sent."""

    def valid_char(self, ch: str) -> bool:
        return len(ch) == 1 and (ch in _JOINERS or (ch != "\n" and steady(clean(ch)) == ch))


class AnswerLine:
    """A line, or a few, with what it is for in front.

    :param caption: what is asked for.
    :param text: what has been typed before.
    :param multiline: whether an answer may have several lines.
    """

    def __init__(self, caption: str, text: str = "", *, multiline: bool = False) -> None:
        self._multiline = multiline
        self._edit = _Edit([("title", caption)], text, multiline=multiline)
        self._columns = 1

    @property
    def text(self) -> str:
        """What has been typed."""
        # Half a character of a terminal that is not UTF-8 can be in no message.
        return str(self._edit.edit_text).encode(errors="replace").decode()

    def clear(self) -> None:
        """Begin anew."""
        self._edit.set_edit_text("")

    def key(self, key: str) -> None:
        """Take a key."""
        if key in ("meta enter", "shift enter") and self._multiline:
            self._edit.insert_text("\n")
        elif key not in ("enter", "tab"):
            self._edit.keypress((self._columns,), key)

    def paste(self, text: str) -> None:
        """Take what was pasted; it ends no answer and decides nothing, whatever is in it."""
        lines = [
            "".join(char for char in line if self._edit.valid_char(char))
            for line in unicodedata.normalize("NFC", text).splitlines()
        ]
        self._edit.insert_text(("\n" if self._multiline else " ").join(lines))

    def rows(self, columns: int) -> int:
        """Return how many rows it takes; a longer text moves through them."""
        return min(self._edit.rows((columns,)), _ROWS)

    def canvas(self, columns: int, rows: int) -> urwid.Canvas:
        """Draw it, with the cursor where the next character goes."""
        self._columns = columns
        _, line = self._edit.get_cursor_coords((columns,)) or (0, 0)
        whole = self._edit.render((columns,), focus=True)
        top = min(max(line - rows + 1, 0), max(whole.rows() - rows, 0))
        return fit(whole, rows, top)
