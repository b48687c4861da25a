"""Permission from the person at this terminal: only an explicit yes gives it."""

from __future__ import annotations

import os
from pathlib import Path

import orjson
import pytest

from tests.cli.commands import ailoop
from tests.cli.terminal import CTRL_D, on_terminal
from tests.daemon.process import AILOOP


@pytest.mark.parametrize("typed", ["y", "Y", "yes", " YES "])
def test_a_yes_approves(typed: str) -> None:
    """``y`` or ``yes`` in any case, and Enter: exit 0."""
    with on_terminal("authorize", "drop table users") as terminal:
        terminal.wait_for("Allow it? [y/N]")
        assert "drop table users" in terminal.screen
        terminal.type(typed)
        terminal.wait_for(f"[y/N] {typed.rstrip()}")
        terminal.enter("")
        assert terminal.wait() == 0
        assert terminal.screen.splitlines()[-1] == "approved"


@pytest.mark.parametrize("typed", ["", "n", "No"], ids=["just Enter", "n", "no"])
def test_a_no_denies(typed: str) -> None:
    """``n``, ``no`` and Enter alone: exit 1."""
    with on_terminal("authorize", "deploy") as terminal:
        terminal.wait_for("[y/N]")
        terminal.enter(typed)
        assert terminal.wait() == 1
        assert terminal.screen.splitlines()[-1] == "denied"


_GIBBERISH = ("yy", "ye", "yes please", "ok", "1", "true", "approve", "\uff59")


def test_gibberish_decides_nothing() -> None:
    """What is neither yes nor no is asked again, however much like a yes it looks."""
    with on_terminal("authorize", "deploy") as terminal:
        terminal.wait_for("[y/N]")
        for typed in _GIBBERISH:
            terminal.type(typed)
            terminal.wait_for(f"[y/N] {typed}", "Enter sends")
            terminal.enter("")
            terminal.wait_for("Type y or n")
        terminal.enter("n")
        assert terminal.wait() == 1


def test_gibberish_decides_nothing_in_lines() -> None:
    """Nor where no screen is shown."""
    with on_terminal("authorize", "deploy", env={"TERM": "dumb"}) as terminal:
        terminal.wait_for("[y/N]")
        for count, typed in enumerate((*_GIBBERISH, "y\x16\x04"), 1):
            terminal.enter(typed)
            terminal.wait_until(
                lambda count=count: terminal.screen.count("Type y or n") == count,
                f"{typed!r} was refused",
            )
        terminal.enter("n")
        assert terminal.wait() == 1


def test_a_paste_does_not_approve() -> None:
    """A pasted ``y`` with a line end is text; Enter must be pressed."""
    with on_terminal("authorize", "deploy") as terminal:
        terminal.wait_for("[y/N]")
        terminal.type("\x1b[200~y\r\x1b[201~")
        terminal.wait_for("[y/N] y")
        terminal.type(CTRL_D)
        assert terminal.wait() == 1


def test_what_does_not_fit_is_read_first() -> None:
    """A yes counts only once the last line of what it is about has been on the screen."""
    context = orjson.dumps({f"step {number}": number for number in range(100)}).decode()
    with on_terminal("authorize", "deploy", "--context", context) as terminal:
        terminal.wait_for("[y/N]", "more below")
        terminal.enter("y")
        terminal.wait_for("read it to the end first")
        for _ in range(3):
            terminal.type("\x1b[6~")
        terminal.wait_gone("more below")
        terminal.enter("")
        assert terminal.wait() == 0


@pytest.mark.parametrize(
    "keys", [CTRL_D, f"y{CTRL_D}{CTRL_D}"], ids=["at once", "after a y without Enter"]
)
def test_the_end_of_input_denies(keys: str) -> None:
    """Ctrl-D is no approval, not even after an unconfirmed ``y``."""
    with on_terminal("authorize", "deploy") as terminal:
        terminal.wait_for("[y/N]")
        terminal.type(keys)
        assert terminal.wait() == 1
        assert "denied: end of input" in terminal.screen


def test_time_over_denies() -> None:
    """Nobody decides: denied, exit 1, though a ``y`` stands on the line."""
    with on_terminal("authorize", "deploy", "-t", "1") as terminal:
        terminal.wait_for("[y/N]")
        terminal.type("y")
        assert terminal.wait() == 1
        assert "denied: timeout" in terminal.screen


def test_a_hung_up_terminal_does_not_approve() -> None:
    """A terminal that disappears mid-line ends the command without an approval."""
    with on_terminal("authorize", "deploy") as terminal:
        terminal.wait_for("[y/N]")
        terminal.type("y")
        terminal.hang_up()
        assert terminal.popen.wait(20) != 0


@pytest.mark.parametrize(
    "command", [("authorize", "deploy"), ("navigate", "https://a.example")]
)
@pytest.mark.parametrize("typed", ["y\n", "yes\ny\n", ""])
def test_a_pipe_never_approves(command: tuple[str, str], typed: str) -> None:
    """``yes | ailoop authorize`` is denied: there is no person at a pipe."""
    done = ailoop(*command, typed=typed)
    assert done.returncode == 1
    assert "no person at this terminal" in done.stdout + done.stderr


def test_a_pipe_never_approves_beside_a_terminal() -> None:
    """Nor when the question itself is shown on a terminal."""
    reading, writing = os.pipe()
    os.write(writing, b"y\n")
    os.close(writing)
    try:
        with on_terminal("authorize", "deploy", stdin=reading) as terminal:
            assert terminal.wait() == 1
            assert "denied: no person at this terminal" in terminal.screen
    finally:
        os.close(reading)


def test_what_was_typed_before_the_question_does_not_approve() -> None:
    """A ``y`` meant for whatever ran before is dropped, not taken as this approval."""
    with on_terminal(
        "-c",
        'printf "before "; while ! read -t 0; do sleep 0.01; done; exec "$@"',
        "bash",
        *AILOOP,
        *("authorize", "deploy"),
        command=("/bin/bash",),
    ) as terminal:
        terminal.wait_for("before")
        terminal.enter("y")
        terminal.wait_for("[y/N]")
        terminal.enter("n")
        assert terminal.wait() == 1


def test_the_context_is_shown() -> None:
    """What the agent gives to help the decision is on the screen before the question."""
    with on_terminal("authorize", "deploy", "--context", '{"version": "1.4.2"}') as terminal:
        terminal.wait_for("[y/N]")
        assert '"version": "1.4.2"' in terminal.screen
        terminal.enter("n")
        assert terminal.wait() == 1


def test_a_page_is_opened_by_a_yes_only() -> None:
    """``navigate`` asks whether to open the address; exit 0 only for a yes."""
    for typed, code, said in (("y", 0, "opened"), ("", 1, "not opened")):
        with on_terminal("navigate", "https://a.example/login") as terminal:
            terminal.wait_for("Open it? [y/N]")
            assert "https://a.example/login" in terminal.screen
            terminal.type(typed)
            terminal.wait_for(f"[y/N] {typed}".rstrip())
            terminal.enter("")
            assert terminal.wait() == code
            assert terminal.screen.splitlines()[-1] == said


def test_a_denial_in_a_pipe_is_json_too() -> None:
    """``--json`` tells why, and does not change the exit code."""
    done = ailoop("authorize", "deploy", "--json", typed="y\n")
    assert done.returncode == 1
    said = orjson.loads(done.stdout)
    assert (said["authorized"], said["reason"]) == (False, "no person at this terminal")


def test_with_the_question_elsewhere(tmp_path: Path) -> None:
    """Who cannot be shown what it is about cannot approve it."""
    command = ("/bin/sh", "-c", f'exec "$@" 2>{tmp_path / "err"}', "sh", *AILOOP)
    with on_terminal("authorize", "drop table", command=command) as terminal:
        terminal.enter("y")
        assert terminal.wait() == 1
        assert "denied: no person at this terminal" in terminal.screen


def test_keys_as_fast_as_a_paste() -> None:
    """Some terminals do not mark what is pasted: an Enter that comes along confirms nothing."""
    with on_terminal("authorize", "deploy") as terminal:
        terminal.wait_for("[y/N]")
        terminal.type("y\r")
        terminal.wait_for("as fast as a paste")
        terminal.enter("")
        assert terminal.wait() == 0
