"""The log, written by a thread of its own: one that nobody reads stops no daemon.

A pipe that is full, and a terminal that takes no output, hold up whoever writes to them.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections import deque

__all__ = ["LogWriter"]

_LINES = 1000
"""Lines that wait to be written; of more, the oldest are let go, which is then told."""
_LAST_SECONDS = 1.0


class LogWriter:
    """What the logs are written to.

    :param to: ``stderr`` or ``stdout``.
    """

    def __init__(self, to: str = "stderr") -> None:
        self._to = to
        self._lines: deque[str] = deque()
        self._lost = 0
        self._writing = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def write(self, text: str) -> None:
        """Have a line written, before long."""
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log", daemon=True)
                self._thread.start()
                atexit.register(self.settle, _LAST_SECONDS)
            if len(self._lines) == _LINES:
                self._lines.popleft()
                self._lost += 1
            self._lines.append(text)
            self._changed.notify_all()

    def flush(self) -> None:
        """Do nothing: each line is written as soon as may be."""

    def settle(self, seconds: float) -> bool:
        """Wait until everything is written; return whether it was, in so much time."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._lines or self._writing), seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._writing = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._lines)
                self._writing = True
                lost, self._lost = self._lost, 0
                text = self._lines.popleft()
            if lost:
                text = f"({lost} earlier lines of the log were lost)\n{text}"
            _write(text, self._to)


def _write(text: str, to: str) -> None:
    stream, own = getattr(sys, to), getattr(sys, f"__{to}__")
    try:
        if own is None or stream is not own:
            stream.write(text)  # a screen, that keeps it from its terminal
            return
        # Past Python's buffer, whose lock a write that hangs would hold at the exit.
        data = text.encode(errors="backslashreplace")
        while data:
            data = data[os.write(own.fileno(), data) :]
    except (AttributeError, OSError, ValueError):
        pass  # it has gone away
