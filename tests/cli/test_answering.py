"""When a key that decides is taken, on a clock of the test."""

from __future__ import annotations

from typing import Any

import pytest

from ailoop.cli.terminal.answering import Answering
from ailoop.cli.terminal.entry import Entry
from ailoop.cli.terminal.paste import Paste
from ailoop.model.message import Authorization, Message, PromptContent, Question, ResponseType

Sent = list[tuple[Entry, dict[str, Any]]]


def entry_of(content: PromptContent, deadline: float = 1000.0) -> Entry:
    return Entry(Message(channel="a", content=content), content, deadline)


@pytest.fixture
def sent() -> Sent:
    return []


@pytest.fixture
def answering(sent: Sent) -> Answering:
    return Answering(lambda entry, decision: sent.append((entry, decision)))


def test_a_moment_on_the_screen(answering: Answering, sent: Sent) -> None:
    """A key is taken when the prompt it is about has been shown for a moment, not sooner."""
    entry, other = (entry_of(Authorization(action="x")) for _ in range(2))
    answering.begin(entry, "a", 0)
    assert (answering.form, answering.notice[:9]) == (None, "Not taken")
    answering.shown(other, 0, whole=True, cramped=False)
    answering.begin(entry, "a", 10)
    assert answering.form is None
    answering.shown(entry, 10, whole=True, cramped=False)
    answering.begin(entry, "a", 10.2)
    assert answering.form is None
    answering.begin(entry, "a", 10.4)
    assert answering.form is not None
    answering.type("enter", 10.4)
    assert sent == []
    assert "as fast as a paste" in answering.notice
    answering.shown(entry, 10.5, whole=True, cramped=False)
    answering.type("enter", 10.6)
    kind = ResponseType.AUTHORIZATION_APPROVED
    assert sent == [(entry, {"response_type": kind, "reason": None})]


@pytest.mark.parametrize(
    ("change", "now"),
    [({"lost": True}, 10), ({"outcome": "x"}, 10), ({"sending": True}, 10)],
    ids=["lost", "settled", "sending"],
)
def test_enter_comes_too_late(
    answering: Answering, sent: Sent, change: dict[str, Any], now: float
) -> None:
    """What has become of the prompt while the reason was typed counts."""
    entry = entry_of(Authorization(action="x"))
    answering.shown(entry, 0, whole=True, cramped=False)
    answering.begin(entry, "a", 1)
    answering.shown(entry, 1, whole=True, cramped=False)
    for name, value in change.items():
        setattr(entry, name, value)
    answering.type("enter", now)
    assert sent == []
    assert answering.notice


def test_only_a_approves(answering: Answering) -> None:
    """No other key begins an approval; those of an answer begin none either."""
    entry = entry_of(Authorization(action="x"))
    answering.shown(entry, 0, whole=True, cramped=False)
    for key in ("A", "y", "Y", "1", " ", "enter", "f1", "meta a", "ctrl a", "\uff41"):
        answering.begin(entry, key, 1)
        assert answering.form is None
    question = entry_of(Question(text="?", choices=("x", "y")))
    answering.shown(question, 2, whole=False, cramped=False)
    for key in ("a", "d"):
        assert not answering.begin(question, key, 3)
    assert answering.begin(question, "2", 3)
    answering.type("enter", 3)
    assert question.sending


def test_a_draft_is_kept(answering: Answering) -> None:
    """What is typed belongs to its prompt, whatever is done with the line."""
    entry = entry_of(Question(text="?"))
    answering.shown(entry, 0, whole=True, cramped=False)
    answering.begin(entry, "enter", 1)
    for key in "half":
        answering.type(key, 2)
    answering.type("esc", 3)
    assert (answering.form, entry.draft, answering.typed_at) == (None, "half", 2)
    answering.begin(entry, "enter", 4)
    assert answering.form is not None
    assert answering.form.line.text == "half"


def test_what_is_pasted_acts_as_no_key() -> None:
    """Between the marks keys are gathered; outside they are keys."""
    paste = Paste()
    assert paste.key("a", 0) is None
    keys = ["begin paste", "a", "enter", "up", "b", "tab", "end paste"]
    assert [paste.key(key, 0) for key in keys] == ["", "", "", "", "", "", "a\nb "]
    assert paste.key("a", 0) is None
    assert paste.key("end paste", 0) == ""


def test_a_paste_whose_end_got_lost() -> None:
    """It is over when it has stood still: keys are not swallowed for ever."""
    paste = Paste()
    assert [paste.key(key, 0) for key in ("begin paste", "a")] == ["", ""]
    assert paste.key("b", 1) == ""
    assert paste.key("q", 10) is None
