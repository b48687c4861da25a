"""One prompt on the terminal of whoever runs the command; no server is involved."""

from __future__ import annotations

import sys
from collections.abc import Callable
from math import inf

import trio
import urwid

from ailoop.cli.terminal.answer_line import AnswerLine
from ailoop.cli.terminal.answering import CRAMPED, MOMENT_SECONDS
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
        self._shown_at = inf
        self._shown_text = ""

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
        self._shown_at = min(self._shown_at, now)
        self._shown_text = self._line.text
        if self._detail.at_end:
            self._entry.read = True

    def patience(self, now: float) -> float:
        """Return when the countdown moves on, or keys begin to count."""
        left = self._entry.deadline - now
        soon = self._shown_at + MOMENT_SECONDS - now
        return min(inf if left == inf else left % 1 or 1.0, soon if soon > 0 else inf)

    def _is_ready(self, now: float) -> bool:
        """Whether the prompt has been there for a moment; then keys count."""
        return now >= self._shown_at + MOMENT_SECONDS

    def draw(self, columns: int, rows: int, now: float) -> urwid.Canvas:
        """Draw the screen."""
        hint = [("notice", self._notice)] if self._notice else [("dim", "Enter sends")]
        ready = self._is_ready(now)
        size = columns, max(rows - 1, 1)
        parts = self._detail.parts(
            self._entry, now, size, self._line if ready else None, [*hint] if ready else []
        )
        return stack([(bar([("", " ailoop")], columns), False), *parts], rows)

    def keypress(self, size: tuple[int, int], key: str) -> str | None:  # type: ignore[override]
        """Take a key."""
        del size
        now = trio.current_time()
        if not self._is_ready(now) and key != "ctrl d":
            return None  # it was on its way before the prompt was to be seen
        pasted = self._paste.key(key, now)
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
        elif self._detail.cramped:
            self._notice = CRAMPED
        elif approves and not self._entry.read:
            self._notice = "Not taken: read it to the end first (Page Down)."
        elif approves and self._shown_text != self._line.text:
            self._notice = "That came as fast as a paste. Enter once more approves."
        else:
            self.response = said
            self.finish()
