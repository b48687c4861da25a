"""Asking the person at this terminal, without a server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.terminal import CTRL_C, CTRL_D, Terminal, on_terminal

_CHOICES = ("--choice", "Blue sky", "--choice", "Green", "--choice", "1")


def seconds_left(terminal: Terminal) -> int | None:
    """Return what the countdown shows, if it shows; after a hint there is another one."""
    shown = re.findall(r"\((\d+) s left\)", terminal.screen)
    return int(shown[-1]) if shown else None


def test_a_typed_line_is_the_answer() -> None:
    """The person sees the channel and the question; what they type is printed, exit 0."""
    with on_terminal("ask", "Which branch?", "-c", "deploys") as terminal:
        terminal.wait_for("Answer:")
        assert "[deploys] An agent asks:" in terminal.screen
        assert "Which branch?" in terminal.screen
        terminal.enter("main, of course")
        assert terminal.wait() == 0
        assert terminal.screen.splitlines()[-1] == "main, of course"


def test_only_the_answer_goes_to_stdout(tmp_path: Path) -> None:
    """``x=$(ailoop ask …)`` gets the answer and nothing else, and the person sees the rest."""
    out = tmp_path / "out"
    with on_terminal("ask", "Which branch?", stdout=out) as terminal:
        terminal.wait_for("Answer:")
        terminal.enter("main")
        assert terminal.wait() == 0
    assert out.read_text() == "main\n"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("2", "Green"), ("blue SKY", "Blue sky"), ("  green ", "Green"), ("1", "1")],
    ids=["number", "any case", "spaces", "a text before a number"],
)
def test_a_choice_goes_by_number_or_text(tmp_path: Path, typed: str, meant: str) -> None:
    """Choices are numbered; number and text both mean the choice's own text."""
    out = tmp_path / "out"
    with on_terminal("ask", "Which?", *_CHOICES, stdout=out) as terminal:
        terminal.wait_for("Choice:")
        assert "1) Blue sky" in terminal.screen
        assert "2) Green" in terminal.screen
        terminal.enter(typed)
        assert terminal.wait() == 0
    assert out.read_text() == f"{meant}\n"


def test_what_is_no_choice_is_asked_again() -> None:
    """Neither another text nor a number out of range is taken; the person is asked again."""
    with on_terminal("ask", "Which?", *_CHOICES) as terminal:
        terminal.wait_for("Choice:")
        for count, wrong in enumerate(("purple", "0", "4", ""), 1):
            terminal.enter(wrong)
            terminal.wait_until(
                lambda count=count: terminal.screen.count("Type a number") == count,
                f"{wrong!r} was refused",
            )
        terminal.wait_until(lambda: terminal.cursor_line == "Choice:", "asked again")
        terminal.enter("2")
        assert terminal.wait() == 0
        assert terminal.screen.splitlines()[-1] == "Green"


def test_the_countdown_leaves_typed_text_alone(tmp_path: Path) -> None:
    """The seconds left go down on a line of their own while somebody types."""
    out = tmp_path / "out"
    choice = ("--choice", "half an answer")
    with on_terminal("ask", "Which?", "-t", "100", *choice, stdout=out) as terminal:
        terminal.wait_until(lambda: seconds_left(terminal) is not None, "a countdown")
        first = seconds_left(terminal)
        terminal.type("half an ")
        terminal.wait_until(
            lambda: (seconds_left(terminal) or 100) < (first or 0), "fewer seconds"
        )
        assert terminal.cursor_line == "Choice: half an"
        assert terminal.screen.count("s left") == 1
        terminal.enter("answer")
        assert terminal.wait() == 0
    assert out.read_text() == "half an answer\n"


def test_the_countdown_leaves_the_hint_alone() -> None:
    """What a wrong choice is told stays on the screen while the seconds go down."""
    with on_terminal("ask", "Which?", "-t", "100", "--choice", "a") as terminal:
        terminal.wait_for("Choice:")
        terminal.enter("b")
        terminal.wait_for("or the choice itself")
        first = seconds_left(terminal)
        terminal.wait_until(lambda: seconds_left(terminal) != first, "another second")
        assert "or the choice itself" in terminal.screen
        assert "Which?" in terminal.screen
        terminal.enter("a")
        assert terminal.wait() == 0


def test_free_text_is_told_its_limit_once() -> None:
    """A long text may go over the end of its line, so nothing is redrawn above it."""
    text = "word " * 30
    with on_terminal("ask", "Which?", "-t", "100") as terminal:
        terminal.wait_for("(100 s to answer)")
        terminal.type(text)
        terminal.wait_for("word")
        assert "s left" not in terminal.screen
        terminal.enter("")
        assert terminal.wait() == 0


def test_without_a_limit_nothing_counts_down() -> None:
    """``-t 0`` waits for as long as it takes."""
    with on_terminal("ask", "Which?", "-t", "0") as terminal:
        terminal.wait_for("Answer:")
        terminal.enter("late")
        assert terminal.wait() == 0
        assert "s left" not in terminal.screen


def test_a_terminal_that_cannot_move_the_cursor_gets_no_countdown() -> None:
    """With ``TERM=dumb`` no escape sequence is sent at all."""
    with on_terminal("ask", "Which?", env={"TERM": "dumb"}) as terminal:
        terminal.wait_for("Answer:")
        terminal.enter("x")
        assert terminal.wait() == 0
        assert b"\x1b" not in terminal.raw


def test_time_over_is_no_answer() -> None:
    """Nobody answers: exit 1, with a sentence that says so; half a line typed is nothing."""
    with on_terminal("ask", "Which?", "-t", "1") as terminal:
        terminal.wait_for("Answer:")
        terminal.type("half an answer")
        assert terminal.wait() == 1
        assert "Nobody answered in time" in terminal.screen


@pytest.mark.parametrize(
    "typed", [CTRL_D, f"half{CTRL_D}{CTRL_D}"], ids=["at once", "mid-line"]
)
def test_the_end_of_input_is_no_answer(typed: str) -> None:
    """Ctrl-D cancels the question, exit 1, also after a line that Enter did not confirm."""
    with on_terminal("ask", "Which?") as terminal:
        terminal.wait_for("Answer:")
        terminal.type(typed)
        assert terminal.wait() == 1
        assert "The question was cancelled: end of input" in terminal.screen


@pytest.mark.parametrize("command", ["ask", "authorize"])
def test_ctrl_c_interrupts(command: str) -> None:
    """Ctrl-C ends the command with 130 and without a traceback, and nothing on stdout."""
    with on_terminal(command, "Which?") as terminal:
        terminal.wait_for(":")
        terminal.wait_until(lambda: terminal.cursor_line != "", "a prompt")
        terminal.type(CTRL_C)
        assert terminal.wait() == 130
        assert "Traceback" not in terminal.screen
