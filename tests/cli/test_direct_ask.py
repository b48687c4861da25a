"""Asking the person at this terminal, without a server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.terminal import CTRL_C, CTRL_D, on_terminal
from tests.daemon.process import AILOOP

_LEFT = re.compile(r"\((1:\d\d) left\)")
_CHOICES = ("--choice", "Blue sky", "--choice", "Green", "--choice", "1")


def test_a_typed_line_is_the_answer() -> None:
    """The person sees the channel and the question; what they type is printed, exit 0."""
    with on_terminal("ask", "Which branch?", "-c", "deploys") as terminal:
        terminal.wait_for("Answer:")
        assert "question on deploys" in terminal.screen
        assert "Which branch?" in terminal.screen
        terminal.enter("main, of course")
        assert terminal.wait() == 0
        assert terminal.screen.splitlines() == [
            "[deploys] An agent asks:",
            "Which branch?",
            "Answer: main, of course",
            "main, of course",
        ]
        terminal.check_restored()


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
        for wrong in ("", "purple", "0", "4"):
            terminal.type(wrong)
            terminal.wait_for(f"Choice: {wrong}".rstrip(), "Enter sends")
            terminal.enter("")
            terminal.wait_for("Type a number from 1 to 3, or the choice itself.")
            assert terminal.cursor_line == "Choice:"
        terminal.enter("2")
        assert terminal.wait() == 0
        assert terminal.screen.splitlines()[-1] == "Green"


@pytest.mark.parametrize(
    "choices", [(), ("--choice", "half an answer")], ids=["text", "choice"]
)
def test_the_countdown_leaves_typed_text_alone(
    tmp_path: Path, choices: tuple[str, ...]
) -> None:
    """The time left goes down while somebody types, however long the text is."""
    out = tmp_path / "out"
    with on_terminal("ask", "Which?", "-t", "100", *choices, stdout=out) as terminal:
        terminal.wait_for("(1:3", "Choice:" if choices else "Answer:")
        (before,) = _LEFT.findall(terminal.screen)
        terminal.type("half an ")
        terminal.wait_until(lambda: _LEFT.findall(terminal.screen) < [before], "less time")
        assert terminal.cursor_line.endswith(": half an")
        assert terminal.screen.count("left)") == 1
        terminal.enter("answer")
        assert terminal.wait() == 0
    assert out.read_text() == "half an answer\n"


def test_several_lines(tmp_path: Path) -> None:
    """Alt-Enter begins a new line of the answer, and a pasted line end confirms nothing."""
    out = tmp_path / "out"
    with on_terminal("ask", "Which?", stdout=out) as terminal:
        terminal.wait_for("Answer:")
        terminal.type("one\x1b\r\x1b[200~two\rthree\x1b[201~")
        terminal.wait_for("Answer: one\ntwo\nthree")
        terminal.enter("")
        assert terminal.wait() == 0
    assert out.read_text() == "one\ntwo\nthree\n"


def test_without_a_limit_nothing_counts_down() -> None:
    """``-t 0`` waits for as long as it takes."""
    with on_terminal("ask", "Which?", "-t", "0") as terminal:
        terminal.wait_for("Answer:")
        assert "left" not in terminal.screen
        terminal.enter("late")
        assert terminal.wait() == 0


def test_lines_where_no_screen_can_be_shown(tmp_path: Path) -> None:
    """With the question on another stream than a terminal, it is asked in lines."""
    err = tmp_path / "err"
    command = ("/bin/sh", "-c", f'exec "$@" 2>{err}', "sh", *AILOOP)
    with on_terminal("ask", "Which?", *_CHOICES, command=command) as terminal:
        terminal.enter("4")
        terminal.enter("2")
        assert terminal.wait() == 0
        assert b"\x1b" not in terminal.raw
        assert terminal.screen.splitlines()[-1] == "Green"
    assert "Type a number from 1 to 3" in err.read_text()


def test_a_terminal_that_cannot_move_the_cursor_gets_no_countdown() -> None:
    """With ``TERM=dumb`` no escape sequence is sent at all."""
    with on_terminal("ask", "Which?", env={"TERM": "dumb"}) as terminal:
        terminal.wait_for("(60 s to answer)", "Answer:")
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
        terminal.check_restored()
