"""What is written while the screen is shown: to the terminal, or held back from it."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from typing import TextIO

import trio

__all__ = ["TerminalOutput", "held_back"]

_HELD_LINES = 1000


class TerminalOutput:
    """A terminal to write to that never makes anybody wait.

    A terminal that nobody reads (Ctrl-S, a connection that hangs) would otherwise hold up
    everything else in the process, and that may be a daemon.
    """

    def __init__(self, stream: TextIO) -> None:
        try:
            # Another description of the same terminal: the shell's own stays as it is.
            name = os.ttyname(stream.fileno())
            self._fd = os.open(name, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError:
            self._fd = os.dup(stream.fileno())  # it has no name here; then it may have to wait
        self._held = b""

    def fileno(self) -> int:
        """Return the file descriptor, by which the size is asked."""
        return self._fd

    def isatty(self) -> bool:
        """Whether it is a terminal; it is."""
        return True

    def write(self, text: str, /) -> int:
        """Hold a text until :meth:`flush`."""
        self._held += text.encode(errors="replace")
        return len(text)

    def flush(self) -> None:
        """Write as much as the terminal takes now."""
        try:
            while self._held:
                self._held = self._held[os.write(self._fd, self._held) :]
        except BlockingIOError:
            pass
        except OSError:
            self._held = b""  # it has hung up, of which its keyboard tells too

    async def drained(self) -> None:
        """Write everything, and wait until the terminal has taken it."""
        self.flush()
        while self._held:
            await trio.lowlevel.wait_writable(self._fd)
            self.flush()

    def close(self) -> None:
        """Let go of the terminal."""
        os.close(self._fd)


class _Held(io.TextIOBase):
    """Stands for a standard stream that leads to the terminal."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._token = trio.lowlevel.current_trio_token()
        self._pieces: deque[str] = deque(maxlen=_HELD_LINES)
        self._written = 0

    def write(self, text: str, /) -> int:
        # Any thread may log.
        self._pieces.append(text)
        self._written += 1
        self._token.run_sync_soon(self._on_line, text)
        return len(text)

    def release(self, output: TerminalOutput) -> None:
        """Write it to the terminal that it was kept from."""
        lost = self._written - len(self._pieces)
        if lost:
            output.write(f"({lost} earlier lines were let go while the inbox was shown)\n")
        output.write("".join(self._pieces))


@contextlib.contextmanager
def held_back(output: TerminalOutput, on_line: Callable[[str], None]) -> Iterator[None]:
    """Keep from the terminal what anything writes, such as the log; hand it over at the end.

    The last thousand pieces are kept. Streams that lead elsewhere are left alone.

    :param output: gets it.
    :param on_line: called with each piece, in the Trio thread.
    """
    with contextlib.ExitStack() as stack:
        if sys.stderr is not None and sys.stderr.isatty():
            held = _Held(on_line)
            stack.callback(held.release, output)
            stack.enter_context(contextlib.redirect_stderr(held))
        yield
