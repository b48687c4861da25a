"""Reading lines from a person, in a way that a deadline or Ctrl-C can interrupt."""

from __future__ import annotations

import os
import signal
import sys
import termios
from typing import TextIO

import trio

__all__ = ["LineReader", "fits_screen", "is_foreground", "is_terminal", "stop_signals"]

_CHUNK = 4096
_LONGEST = 64 * 1024
_BACKGROUND_SECONDS = 0.5
"""How often a job in the background looks whether the terminal is its own again."""


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a standard stream is open, and a terminal."""
    return stream is not None and stream.isatty()


def fits_screen(output: TextIO | None) -> bool:
    """Whether a person can be shown a screen: input and output are a terminal that can."""
    able = os.environ.get("TERM", "") not in ("", "dumb", "unknown")
    return able and is_terminal(sys.stdin) and is_terminal(output)


def stop_signals() -> list[signal.Signals]:
    """Return the signals that end a program in order; ``nohup`` has it outlive its terminal."""
    hang_up = [] if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else [signal.SIGHUP]
    return [signal.SIGINT, signal.SIGTERM, *hang_up]


class LineReader:
    """Lines of stdin. A thread that reads could not be cancelled and would eat a line.

    The terminal stays in its line mode, so that its own editing keys work.
    """

    def __init__(self) -> None:
        # Without a stdin (`<&-`) there is nothing to read.
        self._ended = sys.stdin is None
        self._fd = -1 if self._ended else sys.stdin.fileno()
        self._screen = is_terminal(sys.stdin)
        self._held = b""

    def forget_typed(self) -> None:
        """Drop what was typed so far: it cannot be about a question not shown yet."""
        if self._screen:
            self._held = b""
            termios.tcflush(self._fd, termios.TCIFLUSH)

    async def readline(self) -> str | None:
        """Return the next line without its end, or ``None`` at the end of the input."""
        while b"\n" not in self._held and not self._ended and len(self._held) < _LONGEST:
            try:
                await trio.lowlevel.wait_readable(self._fd)
            except OSError:
                # A plain file cannot be waited for, and need not be.
                await trio.lowlevel.checkpoint()
            if self._screen and not is_foreground(self._fd):
                await trio.sleep(_BACKGROUND_SECONDS)
                continue
            try:
                chunk = os.read(self._fd, _CHUNK)
            except OSError:
                chunk = b""  # the terminal has gone
            self._ended = not chunk
            self._held += chunk
        if not self._held or (self._screen and b"\n" not in self._held):
            return None  # on a terminal, what Enter did not confirm is not said
        line, _, self._held = self._held.partition(b"\n")
        return line.decode(errors="replace").rstrip("\r")


def is_foreground(terminal: int) -> bool:
    """Whether what is typed at a terminal is meant for this process, not for another job."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return True  # not the terminal that controls us, or none any more: reading will tell
