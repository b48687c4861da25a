"""One prompt in full, with the line in which it is answered."""

from __future__ import annotations

from ailoop.cli.terminal.answer_line import AnswerLine
from ailoop.cli.terminal.entry import Entry
from ailoop.cli.terminal.reading import Reading
from ailoop.cli.terminal.view import Part, bar, line
from ailoop.cli.terminal.wording import Markup, body, company, fate, head

__all__ = ["Detail"]


class Detail:
    """The part of a screen that is about one prompt.

    :param me: the person's name; others are shown beside it, not the person.
    """

    def __init__(self, me: str = "") -> None:
        self.reading = Reading()
        self.cramped = False
        """Whether there was no room for all its parts, as of the latest drawing."""
        self._me = me
        self._body: tuple[Entry | None, list[Markup]] = (None, [])

    @property
    def at_end(self) -> bool:
        """Whether the last line of the text is on the screen."""
        return self.reading.at_end and not self.cramped

    def parts(
        self,
        entry: Entry,
        now: float,
        size: tuple[int, int],
        answer: AnswerLine | None,
        hint: Markup,
    ) -> list[Part]:
        """Draw it on so many columns and rows.

        :param answer: where the person types, if they do.
        :param hint: what the keys do, or why one did not.
        """
        columns, rows = size
        above: list[Part] = [(line(head(entry, now), columns), False)]
        about = fate(entry, now) or company(entry, self._me)
        if about:
            above.append((line(about, columns), False))
        typed = answer.rows(columns) if answer is not None else 0
        # The room left is the text's, of which a row must be seen whatever else there is.
        room = rows - len(above) - typed - 2
        self.cramped = room < 1
        room = max(room, 1)
        if self._body[0] is not entry:
            self._body = entry, [body(entry)]
        self.reading.say(entry.id, self._body[1])
        text = self.reading.canvas(columns, min(room, self.reading.rows(columns)))
        more: Markup = []
        if self.reading.has_more:
            more = [("", "--- more below: Page Down ---")]
        below: list[Part] = [(bar(more, columns) if more else line([], columns), False)]
        if answer is not None:
            below.append((answer.canvas(columns, typed), True))
        return [*above, (text, False), *below, (line(hint, columns), False)]
