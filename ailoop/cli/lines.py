"""Reading lines from a person, in a way that a deadline or Ctrl-C can interrupt."""

from __future__ import annotations

import os
import sys

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
        self._held = b""
        self._ended = False

    async def readline(self) -> str | None:
        """Return the next line without its end, or ``None`` at the end of the input."""
        while b"\n" not in self._held and not self._ended and len(self._held) < _LONGEST:
            try:
                await trio.lowlevel.wait_readable(self._fd)
            except OSError:
                # A plain file cannot be waited for, and need not be.
                await trio.lowlevel.checkpoint()
            chunk = os.read(self._fd, _CHUNK)
            self._ended = not chunk
            self._held += chunk
        if not self._held:
            return None
        line, _, self._held = self._held.partition(b"\n")
        return line.decode(errors="replace").rstrip("\r")
