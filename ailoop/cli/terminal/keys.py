"""What the keys and clicks of the inbox do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from ailoop.cli.terminal.entry import Entry
from ailoop.cli.terminal.pages import ChannelsPage, HelpPage, HistoryPage, NewsPage, Page
from ailoop.cli.terminal.paste import Paste
from ailoop.model.message import Navigate

if TYPE_CHECKING:
    from ailoop.cli.terminal.inbox_view import InboxView

__all__ = ["Commands", "Keys"]

_WHEEL_UP, _WHEEL_DOWN = 4, 5
_WHEEL_ROWS = 3


class Commands(Protocol):
    """What the screen has done elsewhere."""

    def send(self, entry: Entry, decision: dict[str, Any]) -> None:
        """Send a decision to the server."""
        ...

    def fill_history(self, page: HistoryPage) -> None:
        """Fetch a channel's messages."""
        ...

    def fill_channels(self, page: ChannelsPage) -> None:
        """Fetch the channels."""
        ...

    def open_page(self, url: str) -> None:
        """Open a page in the person's browser."""
        ...

    def toggle_mouse(self) -> None:
        """Take the mouse, or leave it to the terminal."""
        ...

    def quit(self) -> None:
        """End the inbox."""
        ...


class Keys:
    """Reads keys for a view: those of a page, of a form, or of the list."""

    def __init__(self, view: InboxView) -> None:
        self._view = view
        self._board = view.board
        self._answering = view.answering
        self._paste = Paste()
        self._quitting = False

    def take(self, key: str, now: float) -> str | None:
        """Take a key; return it if it is none of ours."""
        pasted = self._paste.key(key, now)
        page = self._view.page
        if pasted is not None:
            self._answering.paste(pasted, now)
        elif key == "ctrl l":
            return key
        elif page is not None:
            self._page_key(page, key)
        elif self._answering.form is not None:
            self._form_key(key, now)
        else:
            self._key(key, now)
        return None

    def _page_key(self, page: Page, key: str) -> None:
        if key in ("esc", "q"):
            self._view.page = None
        elif key == "enter" and isinstance(page, ChannelsPage):
            self._board.switch(page.picked)
            self._view.page = None
        elif not self._turn_page(key):
            page.key(key)

    def _form_key(self, key: str, now: float) -> None:
        if key in ("page up", "page down"):
            self._view.detail.reading.page(1 if key == "page down" else -1)
        elif key in ("tab", "shift tab"):
            self._turn(lambda: self._board.advance(1 if key == "tab" else -1))
        else:
            self._answering.type(key, now)

    def _key(self, key: str, now: float) -> None:
        self._answering.notice = ""
        quitting, self._quitting = self._quitting, False
        entry = self._board.selected
        reading = self._view.detail.reading
        match key:
            case "up" | "k" | "down" | "j":
                self._turn(lambda: self._board.move(-1 if key in ("up", "k") else 1))
            case "tab" | "n" | "shift tab" | "p":
                self._turn(lambda: self._board.advance(1 if key in ("tab", "n") else -1))
            case "page down" | " " | "page up":
                reading.page(-1 if key == "page up" else 1)
            case "home":
                reading.to_start()
            case "end":
                reading.to_end()
            case "q" | "ctrl d":
                self._quit(certain=quitting)
            case "m":
                self._view.commands.toggle_mouse()
            case "o" if (
                entry is not None
                and isinstance(entry.content, Navigate)
                and entry.trouble is None
            ):
                self._view.commands.open_page(entry.content.url)
            case _ if not self._turn_page(key) and entry is not None:
                self._answering.begin(entry, key, now)

    def _turn(self, turn: Callable[[], None]) -> None:
        """Turn to another prompt; what was being typed waits with its own."""
        before = self._board.selected
        turn()
        if self._board.selected is not before:
            self._answering.close()
            self._answering.notice = ""

    def _quit(self, *, certain: bool) -> None:
        if self._board.drafts and not certain:
            self._answering.notice = "An answer has not been sent. Press q again to quit."
            self._quitting = True
        else:
            self._view.commands.quit()

    def _turn_page(self, key: str) -> bool:
        """Take a key that shows another page; return whether it is one."""
        view = self._view
        match key:
            case "h" if (channel := self._channel()) is not None:
                history = HistoryPage(channel)
                view.page = history
                view.commands.fill_history(history)
            case "h" | "c":
                channels = ChannelsPage(self._board)
                view.page = channels
                view.commands.fill_channels(channels)
            case "l":
                view.page = NewsPage(view.news)
            case "?":
                view.page = HelpPage()
            case _:
                return False
        return True

    def _channel(self) -> str | None:
        """Return the channel that a history is asked for, if it is one."""
        entry = self._board.selected
        if isinstance(self._view.page, ChannelsPage):
            return self._view.page.picked
        return self._board.channel or (None if entry is None else entry.prompt.channel)

    def click(self, button: int, row: int) -> bool:
        """Take a click: it selects, and decides nothing; the wheel scrolls.

        :param row: below the first of the screen.
        """
        page = self._view.page
        if button in (_WHEEL_UP, _WHEEL_DOWN):
            down = button == _WHEEL_DOWN
            if page is not None:
                page.key("down" if down else "up")
            else:
                self._view.detail.reading.scroll(_WHEEL_ROWS if down else -_WHEEL_ROWS)
        elif isinstance(page, ChannelsPage):
            page.click(row)
        elif page is None and (entry := self._view.entry_at(row)) is not None:
            self._turn(lambda: self._board.select(entry))
        return True
