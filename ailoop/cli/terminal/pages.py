"""The other pages of the inbox: help, what has happened, a channel's history, the channels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from typing import Any, Protocol
from uuid import UUID

import urwid

from ailoop.cli.terminal.board import Board
from ailoop.cli.terminal.news import News
from ailoop.cli.terminal.reading import Reading, fit
from ailoop.cli.terminal.view import line, stack
from ailoop.cli.terminal.wording import Markup, thread
from ailoop.cli.text import one_line
from ailoop.model.message import Message, Response

__all__ = ["ChannelsPage", "HelpPage", "HistoryPage", "NewsPage", "Page"]

_MESSAGES = 500
"""Of a busy channel whose history stays open, the oldest go."""

_HELP = """\
Prompts
  up, down (k, j)     select             n, p       next, previous that waits
  Page Down, Space    read on            Page Up    read back
  Home, End           begin, end of the text

Answers
  Enter               type the answer to a question, fill in a form; Alt-Enter: new line
  1 to 9              choose by number, then Enter
  a, d                approve, deny: a reason may follow, Enter sends
  e                   change the context, where that is allowed; Enter approves it so
  o                   open the page of a request in the browser (http and https only)
  Esc                 leave the line; what you have typed is kept

  Nothing is approved by anything else. A prompt must have been shown to its last line.

Pages
  h                   history of the channel          c    channels
  l                   what has happened, and the log  m    mouse on or off
  ?                   this page                       q    quit

Esc leaves a page. Marks: !! urgent, ! high, . low."""

_HELP_TEXT: list[Markup] = [[("", _HELP)]]
_NOTHING_YET: list[Markup] = [[("dim", "Nothing has happened yet.")]]
_NOTHING_SAID: list[Markup] = [[("dim", "Nothing has been said here.")]]
_FETCHING: list[Markup] = [[("dim", "...")]]


class Page(Protocol):
    """A page that takes the place of the prompts."""

    title: str

    def canvas(self, columns: int, rows: int) -> urwid.Canvas:
        """Draw it."""
        ...

    def key(self, key: str) -> None:
        """Take a key."""
        ...


class _TextPage(ABC):
    """A text that is read."""

    title = ""
    _at_end = False

    def __init__(self) -> None:
        self._reading = Reading()

    @abstractmethod
    def _text(self) -> tuple[Hashable, Sequence[Markup]]:
        """Return what the text is about, and its paragraphs."""

    def canvas(self, columns: int, rows: int) -> urwid.Canvas:
        """Draw it."""
        about, text = self._text()
        self._reading.say(about, text, at_end=self._at_end)
        return self._reading.canvas(columns, rows)

    def key(self, key: str) -> None:
        """Scroll."""
        match key:
            case "up" | "k":
                self._reading.scroll(-1)
            case "down" | "j":
                self._reading.scroll(1)
            case "page up":
                self._reading.page(-1)
            case "page down" | " ":
                self._reading.page(1)
            case "home":
                self._reading.to_start()
            case "end":
                self._reading.to_end()


class HelpPage(_TextPage):
    """What the keys do."""

    title = "help"

    def _text(self) -> tuple[Hashable, Sequence[Markup]]:
        return "help", _HELP_TEXT


class NewsPage(_TextPage):
    """What has happened, newest last."""

    title = "log"
    _at_end = True

    def __init__(self, news: News) -> None:
        super().__init__()
        self._news = news

    def _text(self) -> tuple[Hashable, Sequence[Markup]]:
        return "news", [one.markup for one in self._news.lines] or _NOTHING_YET


class HistoryPage(_TextPage):
    """A channel's messages, each prompt with its response, newest last."""

    _at_end = True

    def __init__(self, channel: str) -> None:
        super().__init__()
        self.channel = channel
        self.title = f"history of {channel}"
        self._messages: dict[UUID, Message] | None = None
        self._error: list[Markup] = []
        self._threads: dict[UUID, tuple[Message | None, Markup]] = {}

    def begin(self, messages: list[Message]) -> None:
        """Show messages; what has come since they were asked for follows them."""
        since = self._messages or {}
        self._messages = {one.id: one for one in messages}
        for one in since.values():
            self._messages.setdefault(one.id, one)

    def put(self, message: Message) -> None:
        """Add a message that has come."""
        self._messages = self._messages or {}
        self._messages.setdefault(message.id, message)
        if len(self._messages) > _MESSAGES:
            gone = next(iter(self._messages))
            del self._messages[gone]
            self._threads.pop(gone, None)

    def fail(self, why: str) -> None:
        """Say why there is nothing to show."""
        self._error = [[("notice", one_line(why))]]

    def _text(self) -> tuple[Hashable, Sequence[Markup]]:
        if self._messages is None:
            return self.channel, self._error or _FETCHING
        responses = {
            one.correlation_id: one
            for one in self._messages.values()
            if isinstance(one.content, Response)
        }
        # A response stands with its prompt, or alone where that is not to be had any more.
        text = [
            self._thread(one, responses.get(one.id))
            for one in self._messages.values()
            if not isinstance(one.content, Response) or one.correlation_id not in self._messages
        ]
        return self.channel, text or _NOTHING_SAID

    def _thread(self, message: Message, response: Message | None) -> Markup:
        made = self._threads.get(message.id)
        if made is None or made[0] is not response:
            made = self._threads[message.id] = response, thread(message, response)
        return made[1]


class ChannelsPage:
    """The channels there are, of which one is picked; the first line stands for all."""

    title = "channels"

    def __init__(self, board: Board) -> None:
        self._board = board
        self._counts: dict[str, int] = {}
        names = set(board.channels) | ({board.channel} - {None})
        self._names: list[str | None] = [None, *sorted(name for name in names if name)]
        self._at = self._names.index(board.channel)
        self._top = 0

    @property
    def picked(self) -> str | None:
        """The channel that is marked; ``None``: all."""
        return self._names[self._at]

    def put(self, channels: list[dict[str, Any]]) -> None:
        """Add the live channels, as the server lists them."""
        marked = self.picked
        self._counts |= {str(one["name"]): int(one["message_count"]) for one in channels}
        names = {name for name in self._names if name is not None} | self._counts.keys()
        # Those where somebody waits come first.
        waiting = self._board.channels
        self._names = [None, *sorted(names, key=lambda name: (name not in waiting, name))]
        self._at = self._names.index(marked)

    def canvas(self, columns: int, rows: int) -> urwid.Canvas:
        """Draw it."""
        self._top = min(max(self._top, self._at - rows + 1), self._at)
        shown = range(self._top, min(self._top + rows, len(self._names)))
        parts = [(line(self._row(place), columns), False) for place in shown]
        return stack(parts, rows)

    def _row(self, place: int) -> Markup:
        name = self._names[place]
        counts = self._board.channels
        waiting = sum(counts.values()) if name is None else counts.get(name, 0)
        style, mark = ("selected", "> ") if place == self._at else ("", "  ")
        parts: Markup = [(style, f"{mark}{'all channels' if name is None else one_line(name)}")]
        if waiting:
            parts.append(("high", f"   {waiting} waiting"))
        if name is not None and self._counts.get(name):
            parts.append(("dim", f"   messages: {self._counts[name]}"))
        return parts

    def key(self, key: str) -> None:
        """Move the mark."""
        step = {"up": -1, "k": -1, "down": 1, "j": 1, "page up": -10, "page down": 10}
        self._at = min(max(self._at + step.get(key, 0), 0), len(self._names) - 1)

    def click(self, row: int) -> None:
        """Move the mark to a row of the screen."""
        if self._top + row < len(self._names):
            self._at = self._top + row


def empty(columns: int, rows: int, markup: Markup) -> urwid.Canvas:
    """Draw a page that holds one sentence."""
    return fit(line(markup, columns), rows, min(-(rows // 3), 0))
