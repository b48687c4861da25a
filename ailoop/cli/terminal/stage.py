"""The terminal while it shows a screen: its modes, its keys, its signals, and when to draw.

Whatever ends :meth:`Stage.run`, an error or a signal that cancels it included, the terminal is
what it was before. The screen is drawn when something has changed, at most so often, and no
sooner than the terminal has taken what was drawn before.
"""

from __future__ import annotations

import signal
import sys
from typing import Any, TextIO

import trio
import urwid
from urwid.display import raw
from urwid.display.common import InputClosedError

from ailoop.cli.lines import is_foreground
from ailoop.cli.terminal.output import TerminalOutput, held_back
from ailoop.cli.terminal.palette import PALETTE
from ailoop.cli.terminal.view import View

__all__ = ["Stage"]

_FRAME_SECONDS = 1 / 30
_BACKGROUND_SECONDS = 0.5
_SETTLE_SECONDS = 1.0
"""A terminal that takes nothing for so long does without the rest."""
_SEQUENCE_SECONDS = 0.3
_BELL = "\a"


class _Screen(raw.Screen):
    """A terminal of which the stage handles the signals, and whose end is no error."""

    def signal_init(self) -> None:
        signal.signal(signal.SIGWINCH, self._sigwinch_handler)

    def signal_restore(self) -> None:
        signal.signal(signal.SIGWINCH, signal.SIG_DFL)

    def get_available_raw_input(self) -> list[int]:
        try:
            return super().get_available_raw_input()
        except (InputClosedError, OSError):
            raise urwid.ExitMainLoop from None  # the terminal has hung up


class _Loop(urwid.MainLoop):
    """Draws nothing by itself: it would whenever any task of the process has run."""

    def entering_idle(self) -> None:
        pass


class Stage:
    """A view on the whole of a terminal.

    :param view: what is shown.
    :param stream: an output that leads to the terminal; its input is stdin.
    :param mouse: whether clicks arrive, which takes them from the terminal's own use of them.
    """

    def __init__(self, view: View, stream: TextIO, *, mouse: bool) -> None:
        urwid.set_encoding(stream.encoding or "utf-8")
        self._view = view
        self._mouse = mouse
        self._dirty = trio.Event()
        self._title = ""
        self._output = TerminalOutput(stream)
        # What is pasted must be told from what is typed; terminals that cannot ignore it.
        self._screen = _Screen(sys.stdin, self._output, bracketed_paste_mode=True)
        # Over a slow line the rest of a sequence comes later; a lone Esc waits for it, too.
        self._screen.set_input_timeouts(complete_wait=_SEQUENCE_SECONDS)
        self._events = urwid.TrioEventLoop()
        self._loop = _Loop(
            view,
            PALETTE,
            self._screen,
            handle_mouse=mouse,
            event_loop=self._events,
            input_filter=self._look_again,
        )
        view.changed = self.changed

    def changed(self) -> None:
        """Have it drawn anew, soon."""
        self._dirty.set()

    def toggle_mouse(self) -> bool:
        """Take the mouse, or leave it to the terminal; return whether it is taken."""
        self._mouse = not self._mouse
        self._screen.set_mouse_tracking(self._mouse)
        self._screen.flush()
        return self._mouse

    async def run(self) -> None:
        """Show the view until the terminal hangs up, or until cancelled."""
        try:
            with held_back(self._output, self._view.log):
                try:
                    self._loop.start()
                    async with trio.open_nursery() as nursery:
                        nursery.start_soon(self._paint)
                        nursery.start_soon(self._suspend)
                        await self._events.run_async()
                        nursery.cancel_scope.cancel()
                finally:
                    self._loop.stop()
        finally:
            with trio.move_on_after(_SETTLE_SECONDS, shield=True):
                await self._output.drained()
            self._output.close()

    def _look_again(self, keys: list[Any], _: list[int]) -> list[Any]:
        self.changed()
        return keys

    async def _paint(self) -> None:
        while True:
            self._dirty = trio.Event()
            if self._screen.started:
                self._draw(trio.current_time())
                await self._output.drained()
                self._view.painted(trio.current_time())
            await trio.sleep(_FRAME_SECONDS)
            with trio.move_on_after(self._view.patience(trio.current_time())):
                await self._dirty.wait()

    def _draw(self, now: float) -> None:
        self._loop.draw_screen()
        if self._view.title != self._title:
            self._title = self._view.title
            self._screen.set_title(self._title)
        if self._view.rings(now):
            self._screen.write(_BELL)
            self._screen.flush()

    async def _suspend(self) -> None:
        """Leave the terminal to the shell on Ctrl-Z, and take it when in front again."""
        with trio.open_signal_receiver(signal.SIGTSTP) as signals:
            async for _ in signals:
                self._screen.stop()
                with trio.move_on_after(_SETTLE_SECONDS):
                    await self._output.drained()
                handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
                signal.raise_signal(signal.SIGTSTP)  # here it stands still
                signal.signal(signal.SIGTSTP, handler)
                while not is_foreground(sys.stdin.fileno()):  # noqa: ASYNC110 -- nobody tells
                    await trio.sleep(_BACKGROUND_SECONDS)
                self._screen.start()
                self._loop.screen_size = None
                self._screen.clear()
                self.changed()
