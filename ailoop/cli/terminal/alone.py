"""One prompt on the terminal of whoever runs the command; no server is involved."""

from __future__ import annotations

import sys
from collections.abc import Callable

import trio
import urwid

from ailoop.cli.terminal.answer_line import AnswerLine
from ailoop.cli.terminal.detail import Detail
from ailoop.cli.terminal.entry import Entry
from ailoop.cli.terminal.paste import Paste
from ailoop.cli.terminal.stage import Stage
from ailoop.cli.terminal.view import View, bar, stack
from ailoop.model.message import Message, PromptContent, Question, Response, ResponseType

__all__ = ["Read", "ask_on_screen"]

Read = Callable[[str], Response | str]
"""Reads what was typed: a response, or why it is none."""


async def ask_on_screen(
    prompt: Message, content: PromptContent, deadline: float, hint: str, read: Read
) -> tuple[Response | None, str]:
    """Show a prompt until it is decided; return the response and what was typed for it.

    :param deadline: on Trio's clock; it is shown, and the caller keeps to it.
    :param hint: what stands before what is typed.
    :param read: decides whether that is a response.
    :returns: no response if the input ended, or the terminal hung up.
    """
    view = _AloneView(Entry(prompt, content, deadline), hint, read)
    stage = Stage(view, sys.stderr, mouse=False)
    async with trio.open_nursery() as nursery:
        view.finish = nursery.cancel_scope.cancel
        await stage.run()
        nursery.cancel_scope.cancel()
    return view.response, view.typed


class _AloneView(View):
    """A prompt, and the line in which it is answered."""

    def __init__(self, entry: Entry, hint: str, read: Read) -> None:
        self.response: Response | None = None
        self.finish: Callable[[], None]
        self._entry = entry
        self._read = read
        free = isinstance(entry.content, Question) and entry.content.choices is None
        self._line = AnswerLine(hint, multiline=free)
        self._detail = Detail()
        self._paste = Paste()
        self._notice = ""
        self._painted = False

    @property
    def title(self) -> str:
        """What stands in the title of the terminal's window."""
        return "(1) ailoop"

    @property
    def typed(self) -> str:
        """What the person typed."""
        return self._line.text

    def painted(self, now: float) -> None:
        """Note what the person has before them."""
        del now
        self._painted = True
        if self._detail.reading.at_end:
            self._entry.read = True

    def patience(self, now: float) -> float:
        """Return when the countdown moves on."""
        return (self._entry.deadline - now) % 1 or 1.0

    def draw(self, columns: int, rows: int, now: float) -> urwid.Canvas:
        """Draw the screen."""
        hint = [("notice", self._notice)] if self._notice else [("dim", "Enter sends")]
        parts = self._detail.parts(
            self._entry, now, (columns, max(rows - 1, 1)), self._line, [*hint]
        )
        return stack([(bar([("", " ailoop")], columns), False), *parts], rows)

    def keypress(self, size: tuple[int, int], key: str) -> str | None:  # type: ignore[override]
        """Take a key."""
        del size
        pasted = self._paste.key(key)
        if pasted is not None:
            self._line.paste(pasted)
        elif key == "ctrl l":
            return key
        elif key == "ctrl d":
            self.finish()
        elif key in ("page up", "page down"):
            self._detail.reading.page(1 if key == "page down" else -1)
        elif key == "enter":
            self._decide()
        else:
            self._notice = ""
            self._line.key(key)
        return None

    def _decide(self) -> None:
        said = self._read(self._line.text)
        approves = (
            isinstance(said, Response)
            and said.response_type is ResponseType.AUTHORIZATION_APPROVED
        )
        if isinstance(said, str):
            self._notice = said
            self._line.clear()
        elif not self._painted or (approves and not self._entry.read):
            self._notice = "Not taken: read it to the end first (Page Down)."
        else:
            self.response = said
            self.finish()
