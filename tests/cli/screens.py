"""An inbox on a screen: opened, and its keys by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from tests.cli.terminal import Terminal, on_terminal

UP, DOWN, PAGE_UP, PAGE_DOWN = "\x1b[A", "\x1b[B", "\x1b[5~", "\x1b[6~"
END, ALT_ENTER, TAB, ESC = "\x1b[F", "\x1b\r", "\t", "\x1b"

OpenScreen = Callable[..., AbstractContextManager[Terminal]]


@contextmanager
def inbox_screen(
    server: str, *flags: str, name: str = "ada", env: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """Open an inbox; entered when it is connected."""
    with on_terminal("inbox", "--server", server, "--as", name, *flags, env=env) as terminal:
        terminal.wait_for("connected")
        yield terminal


def pasted(text: str) -> str:
    """Return what a terminal sends for a paste."""
    return f"\x1b[200~{text}\x1b[201~"


def click(column: int, row: int) -> str:
    """Return what a terminal sends for a click, counted from 0."""
    return f"\x1b[<0;{column + 1};{row + 1}M\x1b[<0;{column + 1};{row + 1}m"


def row_of(terminal: Terminal, text: str) -> int:
    """Return the first row of the screen that has a text."""
    return next(row for row, line in enumerate(terminal.lines) if text in line)
