"""Reading lines from a person, in a way that a deadline or Ctrl-C can interrupt."""

from __future__ import annotations

import os
import sys
import termios

import trio

__all__ = ["LineReader"]

_CHUNK = 4096
_LONGEST = 64 * 1024


class LineReader:
    """Lines of stdin. A thread that reads could not be cancelled and would eat a line.

    The terminal stays in its line mode, so that its own editing keys work.
    """

    def __init__(self) -> None:
        self._fd = sys.stdin.fileno()
        self._screen = os.isatty(self._fd)
        self._held = b""
        self._ended = False

    def forget_typed(self) -> None:
        """Drop what was typed so far: it cannot be about a question not shown yet."""
        if self._screen:
            termios.tcflush(self._fd, termios.TCIFLUSH)

    async def readline(self) -> str | None:
        """Return the next line without its end, or ``None`` at the end of the input."""
        while b"\n" not in self._held and not self._ended and len(self._held) < _LONGEST:
            try:
                await trio.lowlevel.wait_readable(self._fd)
            except OSError:
                # A plain file cannot be waited for, and need not be.
                await trio.lowlevel.checkpoint()
            try:
                chunk = os.read(self._fd, _CHUNK)
            except OSError:
                chunk = b""  # the terminal has gone, or belongs to another job now
            self._ended = not chunk
            self._held += chunk
        if not self._held or (self._screen and b"\n" not in self._held):
            return None  # on a terminal, what Enter did not confirm is not said
        line, _, self._held = self._held.partition(b"\n")
        return line.decode(errors="replace").rstrip("\r")
