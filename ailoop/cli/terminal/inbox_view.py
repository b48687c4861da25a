"""The inbox on the screen: what waits above, one prompt in full below, other pages instead."""

from __future__ import annotations

from math import inf
from typing import Any

import trio
import urwid

from ailoop.cli.terminal.answering import Answering
from ailoop.cli.terminal.bell import Bell
from ailoop.cli.terminal.board import Board
from ailoop.cli.terminal.detail import Detail
from ailoop.cli.terminal.entry import Entry
from ailoop.cli.terminal.keys import Commands, Keys
from ailoop.cli.terminal.link import Link
from ailoop.cli.terminal.news import News
from ailoop.cli.terminal.pages import Page, empty
from ailoop.cli.terminal.view import Part, View, bar, line, stack
from ailoop.cli.terminal.wording import Markup, row
from ailoop.cli.text import one_line

__all__ = ["InboxView"]

_FOOTER = "up/down select   h history   c channels   l log   ? help   q quit"
_NOTHING = "Nothing is waiting."
_LEAST_ROWS = 9
"""With fewer, the prompt that is selected has them all."""
_ATTENTION_SECONDS = 60.0
"""For so long after a key somebody is taken to be at the terminal."""


class InboxView(View):
    """The whole screen of an inbox.

    :param me: the person's name.
    """

    def __init__(self, board: Board, news: News, link: Link, me: str) -> None:
        self.board = board
        self.news = news
        self.bell = Bell()
        self.detail = Detail(me)
        self.page: Page | None = None
        """What is shown instead of the prompts."""
        self.commands: Commands
        self.answering = Answering(lambda entry, decision: self.commands.send(entry, decision))
        self._link = link
        self._me = me
        self._first = 0
        """The place in the list of the first row that is shown."""
        self._rows = 0
        self._shown: list[Entry] = []
        """The prompts whose rows are shown."""
        self._drawn: Entry | None = None
        self._touched = trio.current_time()
        self._keys = Keys(self)

    # -- what the stage asks ----------------------------------------------------------

    @property
    def title(self) -> str:
        """What stands in the title of the terminal's window."""
        count = self.board.waiting
        return f"({count}) ailoop" if count else "ailoop"

    def painted(self, now: float) -> None:
        """Note which prompt the person has before them."""
        entry = self._drawn
        for one in self._shown:
            one.listed = True
        detail = self.detail
        self.answering.shown(entry, now, whole=detail.at_end, cramped=detail.cramped)
        if entry is not None and entry.read and now < self._touched + _ATTENTION_SECONDS:
            entry.seen = True

    def patience(self, now: float) -> float:
        """Return when a countdown moves on, or a key begins to be taken."""
        moment = self.answering.moment(now)
        return min(1 - now % 1, moment if moment > 0 else inf)

    def rings(self, now: float) -> bool:
        """Whether to ring the bell now."""
        return self.bell.take(self.board.listed, now)

    def log(self, text: str) -> None:
        """Take a line of the process' log."""
        if text.strip():
            self.news.add(text, "dim")
            self.changed()

    # -- drawing ----------------------------------------------------------------------

    def draw(self, columns: int, rows: int, now: float) -> urwid.Canvas:
        """Draw the screen."""
        room = max(rows - 3, 1)
        self._drawn = None
        self._shown = []
        if self.page is not None:
            body: list[Part] = [(self.page.canvas(columns, room), False)]
        elif self.board.selected is None:
            told = "What waits could not be read yet." if self.board.unread else _NOTHING
            body = [(empty(columns, room, [("title", f"  {told}")]), False)]
        else:
            body = self._prompts(self.board.selected, columns, room, now)
        last = self.news.lines[-1] if self.news.lines else None
        news: Markup = (
            [] if last is None else [("dim", f"{last.time} "), (last.style, last.text)]
        )
        footer = "Esc back" if self.page is not None else _FOOTER
        parts: list[Part] = [
            (self._header(columns, now), False),
            *body,
            (line(news, columns), False),
            (line([("dim", footer)], columns), False),
        ]
        return stack(parts, rows)

    def _header(self, columns: int, now: float) -> urwid.Canvas:
        where = (
            self.page.title if self.page is not None else self.board.channel or "all channels"
        )
        count = f"{self.board.waiting} waiting"
        if self.board.elsewhere:
            count += f", {self.board.elsewhere} elsewhere"
        words = f" ailoop   {self._link.words(now)}   {count}   {where}   {self._link.where}"
        style = "bar" if self._link.connected else "trouble"
        return bar([("", f"{words}   {one_line(self._me)}")], columns, style)

    def _prompts(self, entry: Entry, columns: int, rows: int, now: float) -> list[Part]:
        listed = self.board.listed
        self._rows = min(len(listed), rows // 3) if rows >= _LEAST_ROWS else 0
        place = listed.index(entry)
        self._first = min(max(self._first, place - self._rows + 1), place)
        self._first = max(min(self._first, len(listed) - self._rows), 0)
        self._shown = [*listed[self._first : self._first + self._rows]]
        parts: list[Part] = [
            (line(row(one, now, selected=one is entry), columns), False) for one in self._shown
        ]
        hidden = len(listed) - self._rows
        rule = f"--- {hidden} more in the list ---" if hidden else ""
        if self._rows:
            parts.append((bar([("", rule)], columns), False))
        form = self.answering.form
        detail = self.detail.parts(
            entry,
            now,
            (columns, rows - len(parts)),
            form.line if form is not None else None,
            self.answering.hint(entry, now),
        )
        self._drawn = entry
        if entry not in self._shown:
            self._shown.append(entry)
        return [(stack([*parts, *detail], rows), True)]

    # -- keys and clicks --------------------------------------------------------------

    def keypress(self, size: tuple[int, int], key: str) -> str | None:  # type: ignore[override]
        """Take a key."""
        del size
        now = self._touched = trio.current_time()
        return self._keys.take(key, now)

    def mouse_event(self, *event: Any, **_: Any) -> bool:
        """Take a click."""
        _size, what, button, _column, row = event[:5]
        self._touched = trio.current_time()
        return "press" in what and self._keys.click(button, row - 1)

    def entry_at(self, row: int) -> Entry | None:
        """Return the prompt that a row below the first one stands for."""
        place = self._first + row
        listed = self.board.listed
        return listed[place] if 0 <= row < self._rows and place < len(listed) else None
