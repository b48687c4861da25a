"""The JSON that ``ask``, ``authorize``, ``navigate`` and ``say`` print, as scripts know it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.cli.commands import Done, ailoop
from tests.cli.terminal import on_terminal


def only_line(done: Done) -> dict[str, Any]:
    """Return the one line of JSON that stdout must be."""
    assert done.stdout.count("\n") == 1
    return orjson.loads(done.stdout)


def decided(tmp_path: Path, typed: str, *arguments: str) -> dict[str, Any]:
    """Return what a decision typed at a terminal comes to."""
    out = tmp_path / "out"
    with on_terminal(*arguments, "--json", "-c", "ch", stdout=out) as terminal:
        terminal.wait_for("[y/N]")
        terminal.type(typed)
        terminal.wait_for(f"[y/N] {typed}")
        terminal.enter("")
        terminal.wait()
    return orjson.loads(out.read_bytes())


def test_an_answer() -> None:
    """``ask``: response, channel and timestamp, and nothing besides."""
    done = ailoop("ask", "Which?", "--json", "-c", "ch", typed="main\n")
    said = only_line(done)
    assert done.returncode == 0
    assert list(said) == ["response", "channel", "timestamp"]
    assert (said["response"], said["channel"]) == ("main", "ch")
    assert said["timestamp"].endswith("Z")


def test_no_answer_in_time() -> None:
    """A timeout: ``{error: timeout, message, channel, timestamp}`` and exit 1."""
    with on_terminal("ask", "Which?", "--json", "-t", "1") as terminal:
        assert terminal.wait() == 1
        said = orjson.loads(terminal.screen.splitlines()[-1])
    assert list(said) == ["error", "message", "channel", "timestamp"]
    assert (said["error"], said["channel"]) == ("timeout", "public")


def test_a_cancelled_question() -> None:
    """The end of the input: ``error`` is ``cancelled``, exit 1."""
    done = ailoop("ask", "Which?", "--json")
    said = only_line(done)
    assert done.returncode == 1
    assert list(said) == ["error", "message", "channel", "timestamp"]
    assert said["error"] == "cancelled"


@pytest.mark.parametrize(("typed", "authorized"), [("y", True), ("n", False)])
def test_an_authorization(tmp_path: Path, typed: str, *, authorized: bool) -> None:
    """``authorize``: authorized, action, channel, timestamp; a reason only if there is one."""
    said = decided(tmp_path, typed, "authorize", "deploy")
    assert list(said) == ["authorized", "action", "channel", "timestamp"]
    assert said["authorized"] is authorized
    assert (said["action"], said["channel"]) == ("deploy", "ch")


def test_a_denial_by_nobody() -> None:
    """Where no person decided, ``reason`` says what did."""
    said = only_line(ailoop("authorize", "deploy", "--json"))
    assert list(said) == ["authorized", "action", "channel", "timestamp", "reason"]
    assert said["authorized"] is False


def test_an_opened_page(tmp_path: Path) -> None:
    """``navigate``: navigated, url, channel and timestamp."""
    said = decided(tmp_path, "y", "navigate", "https://a.example")
    assert list(said) == ["navigated", "url", "channel", "timestamp"]
    assert said["navigated"] is True


def test_something_said() -> None:
    """``say`` here prints the text with its channel; as JSON, what the message became."""
    assert ailoop("say", "done", "-c", "ch").stdout == "[ch] done\n"
    said = only_line(ailoop("say", "done", "-c", "ch", "--json"))
    assert list(said) == ["id", "channel", "timestamp"]


def test_a_piped_answer_needs_no_last_newline() -> None:
    """``printf main | ailoop ask`` answers: in a pipe the end of input ends the line."""
    done = ailoop("ask", "Which?", typed="main")
    assert (done.returncode, done.stdout) == (0, "main\n")


def test_piped_answers_are_read_until_one_is_a_choice() -> None:
    """Scripts may answer questions; a wrong choice goes on to the next line."""
    done = ailoop("ask", "Which?", "--choice", "a", "--choice", "b", typed="c\n2\n")
    assert (done.returncode, done.stdout) == (0, "b\n")
