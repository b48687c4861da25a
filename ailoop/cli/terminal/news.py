"""What has happened lately, a line each: notifications, outcomes, what would go to the log."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from functools import cached_property

from attrs import frozen

from ailoop.cli.terminal.wording import Markup
from ailoop.cli.text import one_line

__all__ = ["Line", "News"]

_LINES = 500


@frozen(eq=False)
class Line:
    """Something that has happened.

    :param time: of day, as people read it.
    :param style: of the palette.
    """

    time: str
    text: str
    style: str

    @cached_property
    def markup(self) -> Markup:
        """The line as it stands in the log, always the same object."""
        return [("dim", f"{self.time} "), (self.style, self.text)]


class News:
    """The last lines; older ones are let go."""

    def __init__(self) -> None:
        self.lines: deque[Line] = deque(maxlen=_LINES)

    def add(self, text: str, style: str = "") -> None:
        """Add what has happened; a text from outside may be anything."""
        # The person's own clock, as the one beside the terminal.
        time = datetime.now().astimezone().strftime("%H:%M:%S")
        self.lines.append(Line(time, one_line(text), style))
