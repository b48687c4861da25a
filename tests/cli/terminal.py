"""Commands on a real pseudo-terminal, seen through a screen emulator."""

from __future__ import annotations

import copy
import errno
import fcntl
import os
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyte

from tests.daemon.process import AILOOP, PATIENCE, environment

ROWS, COLUMNS = 40, 120

CTRL_C, CTRL_D, ENTER = "\x03", "\x04", "\r"


class _Emulated(pyte.Screen):
    """What pyte lacks of xterm: the alternate screen, and account of modes and bells."""

    _ALTERNATE = 1049

    def __init__(self, columns: int, lines: int) -> None:
        self.private: set[int] = set()
        self.bells = 0
        self._main: tuple[Any, Any] | None = None
        super().__init__(columns, lines)

    def bell(self, *_: Any) -> None:
        self.bells += 1

    def set_mode(self, *modes: int, private: bool = False, **more: Any) -> None:
        super().set_mode(*modes, private=private, **more)
        if private:
            self.private |= set(modes)
            if self._ALTERNATE in modes and self._main is None:
                self._main = copy.deepcopy(self.buffer), copy.copy(self.cursor)
                self.erase_in_display(2)

    def reset_mode(self, *modes: int, private: bool = False, **more: Any) -> None:
        super().reset_mode(*modes, private=private, **more)
        if private:
            self.private -= set(modes)
            if self._ALTERNATE in modes and self._main is not None:
                (self.buffer, self.cursor), self._main = self._main, None


class Terminal:
    """The terminal that a command runs on.

    ``raw`` is every byte the terminal was sent; ``screen`` is what a person sees.
    """

    def __init__(self, fd: int, popen: subprocess.Popen[bytes]) -> None:
        self._fd = fd
        self.popen = popen
        self.raw = b""
        self._emulated = _Emulated(COLUMNS, ROWS)
        self._before = termios.tcgetattr(fd)
        self._stream = pyte.ByteStream(self._emulated)

    @property
    def screen(self) -> str:
        """The lines of the screen, without trailing spaces."""
        return "\n".join(line.rstrip() for line in self._emulated.display).rstrip()

    @property
    def cursor_line(self) -> str:
        """The line on which the cursor is."""
        return self._emulated.display[self._emulated.cursor.y].rstrip()

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the cursor."""
        return self._emulated.cursor.x, self._emulated.cursor.y

    @property
    def lines(self) -> list[str]:
        """The rows of the screen; the second cell of a wide character is an empty text."""
        return list(self._emulated.display)

    @property
    def title(self) -> str:
        """The title of the window."""
        return self._emulated.title

    @property
    def bells(self) -> int:
        """How often the bell has rung."""
        return self._emulated.bells

    @property
    def modes(self) -> set[int]:
        """The private modes that are set, of the screen, the mouse and pastes."""
        return self._emulated.private & {1000, 1002, 1003, 1006, 1049, 2004}

    def check_restored(self) -> None:
        """Check that nothing of the terminal is other than it was before the command."""
        assert termios.tcgetattr(self._fd) == self._before
        assert self.modes == set()
        assert not self._emulated.cursor.hidden

    def resize(self, columns: int, rows: int) -> None:
        """Change the size, of which the system tells the command."""
        self._emulated.resize(rows, columns)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self, seconds: float) -> bool:
        """Take what the command writes, if anything; return whether it may write more."""
        readable, _, _ = select.select([self._fd], [], [], max(seconds, 0))
        if not readable:
            return True
        try:
            chunk = os.read(self._fd, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # nobody has the other side open any more
                raise
            chunk = b""
        self.raw += chunk
        self._stream.feed(chunk)
        return bool(chunk)

    def wait_until(self, seen: Callable[[], bool], what: str) -> None:
        """Read until something can be seen."""
        deadline = time.monotonic() + PATIENCE
        while not seen():
            left = deadline - time.monotonic()
            assert left > 0, f"not seen: {what}\n{self.screen}"
            assert self._read(left) or seen(), f"ended without: {what}\n{self.screen}"

    def wait_for(self, *texts: str) -> None:
        """Read until texts stand on the screen together."""
        self.wait_until(lambda: all(text in self.screen for text in texts), repr(texts))

    def wait_gone(self, text: str) -> None:
        """Read until a text stands on the screen no more."""
        self.wait_until(lambda: text not in self.screen, f"no {text!r}")

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._fd, keys.encode())

    def enter(self, line: str) -> None:
        """Type a line and press Enter."""
        self.type(line + ENTER)

    def hang_up(self) -> None:
        """Take the terminal away; nothing can be read or typed afterwards."""
        os.close(self._fd)
        self._fd = -1

    def close(self) -> None:
        """End the command if it still runs, and take the terminal away."""
        self.popen.kill()
        self.popen.wait(PATIENCE)
        if self._fd >= 0:
            self.hang_up()

    def wait(self) -> int:
        """Read until the command ends; return its exit code."""
        deadline = time.monotonic() + PATIENCE
        while self._read(deadline - time.monotonic()):
            assert time.monotonic() < deadline, f"it does not end\n{self.screen}"
        return self.popen.wait(PATIENCE)


@contextmanager
def on_terminal(
    *arguments: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: int | None = None,
    stdout: Path | None = None,
    command: tuple[str, ...] = AILOOP,
) -> Iterator[Terminal]:
    """Run ``ailoop`` with a terminal as stdin, stdout and stderr.

    :param stdin: a file descriptor instead of the terminal's keyboard.
    :param stdout: a file instead of the terminal's screen.
    """
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    # A session's leader that opens a terminal gets it as its own: Ctrl-C then arrives.
    attach = 'exec "$@" <"$0"' if stdin is None else 'exec 3<"$0"; exec "$@" 3<&-'
    output = stdout.open("wb") if stdout is not None else None
    try:
        popen = subprocess.Popen(
            ["/bin/sh", "-c", attach, os.ttyname(theirs), *command, *arguments],
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=theirs if output is None else output,
            stderr=theirs,
            start_new_session=True,
            env=environment(env),
            cwd=cwd,
        )
    finally:
        os.close(theirs)
        if output is not None:
            output.close()
    terminal = Terminal(ours, popen)
    try:
        yield terminal
    finally:
        terminal.close()
