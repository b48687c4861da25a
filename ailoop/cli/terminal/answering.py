"""How a person decides: which keys do, when they are taken, and what is then sent.

An approval takes two keys on purpose, ``a`` and then Enter. The first counts only if the prompt
has been on the screen for a moment and up to its last line, the second only once what the first
did was on the screen. So neither a key that was typed before the prompt appeared, nor one meant
for another prompt, nor a paste whose marks were torn on the way approves anything.

``e`` opens the context of an authorization that allows it: what is typed there is approved in
its place, with the same care.

An encrypted prompt that cannot be read here takes neither: it can be denied, and no more.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from attrs import frozen

from ailoop.cli.form_text import form_template, read_context, read_form
from ailoop.cli.terminal.answer_line import AnswerLine
from ailoop.cli.terminal.entry import Entry
from ailoop.cli.terminal.wording import Markup
from ailoop.cli.text import json_lines, one_line
from ailoop.model.message import Authorization, Navigate, Question, ResponseType

__all__ = ["CRAMPED", "MOMENT_SECONDS", "Answering", "Form"]

CRAMPED = "Not taken: make the terminal larger, it has no room for all of it."
_UNREADABLE = "Not taken: it cannot be read here, only denied."
MOMENT_SECONDS = 0.3
"""A key that comes sooner after a prompt has appeared was on its way before it."""

_CAPTIONS = {"a": "APPROVE. Reason, if any: ", "d": "DENY. Reason, if any: "}
_ANSWER, _CHOICE = "Answer: ", "Choice, by number or text: "
_UNCHANGED = "APPROVE AS ASKED, without your changes. Reason, if any: "
_CHANGED = "APPROVE WITH CHANGES. The context, as JSON:\n"
_FILL_IN = "Fill in, a line for each field:\n"
_KINDS = {
    "a": ResponseType.AUTHORIZATION_APPROVED,
    "e": ResponseType.AUTHORIZATION_APPROVED,
    "d": ResponseType.AUTHORIZATION_DENIED,
    "text": ResponseType.TEXT,
}


@frozen
class Form:
    """A decision that is being typed.

    :param key: what opened it: ``a``, ``e``, ``d``, or ``text`` for an answer.
    """

    entry: Entry
    key: str
    line: AnswerLine


class Answering:
    """The line in which the selected prompt is answered.

    :param send: sends a decision about a prompt.
    """

    def __init__(self, send: Callable[[Entry, dict[str, Any]], None]) -> None:
        self._send = send
        self._shown: tuple[Entry | None, float] = (None, inf)
        self._shown_form: Form | None = None
        self._cramped = False
        self.form: Form | None = None
        self.notice = ""
        self.typed_at = -inf
        """When something was typed last."""

    # -- what is before the person ----------------------------------------------------

    def shown(self, entry: Entry | None, now: float, *, whole: bool, cramped: bool) -> None:
        """Note what is on the screen.

        :param whole: whether its last line is.
        :param cramped: whether some of its parts had no room.
        """
        self._cramped = cramped
        if self._shown[0] is not entry:
            self._shown = (entry, now)
        self._shown_form = self.form
        if entry is not None and whole:
            entry.read = True

    def moment(self, now: float) -> float:
        """Return after how many seconds the prompt that is shown can be decided."""
        return self._shown[1] + MOMENT_SECONDS - now

    def _objection(self, entry: Entry, key: str, now: float) -> str:
        """Say why a key is not taken, if it is not."""
        if not entry.is_open:
            return "Not taken: it waits no more."
        if entry.sending:
            return "Your decision is on its way."
        if self._cramped:
            return CRAMPED
        if self._shown[0] is not entry or self.moment(now) > 0:
            return "Not taken: it had only just appeared. Press it again."
        if key != "d" and entry.trouble is not None:
            return _UNREADABLE
        if key in ("a", "e") and not entry.read:
            return "Not taken: read it to the end first (Page Down)."
        return ""

    def hint(self, entry: Entry, now: float) -> Markup:
        """Say what the keys do, or why the last one did not."""
        if self.notice:
            return [("notice", self.notice)]
        if self.form is not None:
            return [("dim", "Enter sends   Esc leaves it for later")]
        if self._objection(entry, "d", now):
            return [("dim", "n next prompt") if not entry.is_due(now) else ("dim", "...")]
        if entry.trouble is not None:
            return [("dim", "d deny   it cannot be approved unread")]
        if isinstance(entry.content, Question):
            typed = "Enter goes on with your draft" if entry.draft else "Enter answer"
            if entry.schema is not None:
                typed = typed.replace("Enter answer", "Enter fills it in")
            return [("dim", f"{typed}   1-9 choose" if entry.content.choices else typed)]
        deny = "d refuse" if isinstance(entry.content, Navigate) else "d deny"
        if not entry.read:
            return [("dim", f"Page Down read on; then you can approve   {deny}")]
        if isinstance(entry.content, Navigate):
            return [("dim", f"o open in the browser   a approve: I opened it   {deny}")]
        change = "e change it   " if entry.is_editable else ""
        return [("dim", f"a approve   {change}{deny}")]

    # -- what the person types --------------------------------------------------------

    def begin(self, entry: Entry, key: str, now: float) -> bool:
        """Take a key that begins a decision; return whether it is one."""
        asks = isinstance(entry.content, Question) and entry.trouble is None
        begins = key.isdecimal() and entry.schema is None if asks else key in ("a", "d")
        if not (key == "enter" or begins or (key == "e" and entry.is_editable)):
            return False
        if asks:
            self._open(entry, "text", now, "" if key == "enter" else key)
        elif key == "enter":
            hint = "a approves, d denies; a reason may follow."
            if entry.trouble is not None:
                hint = _UNREADABLE
            self.notice = self._objection(entry, "d", now) or hint
        else:
            self._open(entry, key, now, "")
        return True

    def _open(self, entry: Entry, key: str, now: float, typed: str) -> None:
        self.notice = self._objection(entry, key, now)
        if self.notice:
            return
        if key == "e":
            begun, caption = entry.changes or _as_asked(entry), _CHANGED
        elif key == "text" and entry.schema is not None:
            begun, caption = entry.draft or form_template(entry.schema), _FILL_IN
        else:
            choices = isinstance(entry.content, Question) and entry.content.choices
            # A number takes the place of another one; words that were typed go on with it.
            begun = entry.draft = typed if choices and typed else entry.draft + typed
            caption = _CAPTIONS.get(key, _CHOICE if choices else _ANSWER)
            if key == "a" and entry.changes:
                caption = _UNCHANGED
        multiline = caption in (_ANSWER, _CHANGED, _FILL_IN)
        self.form = Form(entry, key, AnswerLine(caption, begun, multiline=multiline))

    def close(self) -> None:
        """Leave what is being typed; it is kept."""
        self.form = None

    def type(self, key: str, now: float) -> None:
        """Take a key of the form."""
        form = self.form
        if form is None:
            return
        self.notice = ""
        if key == "esc":
            self.close()
        elif key == "enter":
            self._submit(form, now)
        else:
            form.line.key(key)
            self._keep(form, now)

    def paste(self, text: str, now: float) -> None:
        """Take what was pasted; without a form it goes nowhere."""
        if self.form is not None:
            self.form.line.paste(text)
            self._keep(self.form, now)

    def _keep(self, form: Form, now: float) -> None:
        kept = "changes" if form.key == "e" else "draft"
        if getattr(form.entry, kept) != form.line.text:
            setattr(form.entry, kept, form.line.text)
            self.typed_at = now

    def _submit(self, form: Form, now: float) -> None:
        entry, text = form.entry, form.line.text.strip()
        self.notice = self._objection(entry, form.key, now)
        if not self.notice and form.key in ("a", "e") and self._shown_form is not form:
            self.notice = "That came as fast as a paste. Enter once more approves."
        if not self.notice and form.key == "text" and not text:
            self.notice = "Nothing is typed yet."
        if self.notice:
            return
        try:
            decision = _read(form, text)
        except ValueError as error:
            self.notice = f"Not taken: {one_line(str(error))}"
            return
        self.form = None
        entry.sending = True
        self._send(entry, decision)


def _as_asked(entry: Entry) -> str:
    context = entry.content.context if isinstance(entry.content, Authorization) else None
    return json_lines(context)  # of what is edited nothing may be hidden


def _read(form: Form, text: str) -> dict[str, Any]:
    """Return the decision that has been typed.

    :raises ValueError: its text says what is wrong.
    """
    schema = form.entry.schema
    decision: dict[str, Any] = {"response_type": _KINDS[form.key]}
    if form.key == "e":
        decision["answer"] = read_context(text)
    elif form.key == "text":
        decision["answer"] = text if schema is None else read_form(schema, text)
    else:
        decision["reason"] = text or None
    if form.key == "d" and isinstance(form.entry.content, Question):
        decision["response_type"] = ResponseType.CANCELLED  # what was asked is not known
    return decision
