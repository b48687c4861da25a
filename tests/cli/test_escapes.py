"""What an agent or another person wrote never acts on this person's terminal.

Every test reads the very bytes that the terminal was sent, without colours, so that every
escape sequence but those few that our screens send is somebody else's.
"""

from __future__ import annotations

import pytest

from tests.cli.hostile import HOSTILE, unsafe
from tests.cli.terminal import Terminal, on_terminal
from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess

PLAIN = {"NO_COLOR": "1"}


def check(terminal: Terminal) -> None:
    """Check that the hostile text was shown, and only as text."""
    assert "seen" in terminal.screen
    assert unsafe(terminal.raw) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask", HOSTILE),
        ("ask", "Which?", "--choice", HOSTILE, "--choice", "b"),
        ("authorize", HOSTILE),
        ("authorize", "x", "--context", '{"seen": "\\u001b[2J \\u009b31m \\u202e"}'),
    ],
    ids=["question", "choice", "action", "context"],
)
@pytest.mark.parametrize("env", [{}, {"TERM": "dumb"}], ids=["screen", "lines"])
def test_asked_here(arguments: tuple[str, ...], env: dict[str, str]) -> None:
    """Question, choices, action and context are shown without their sequences."""
    with on_terminal(*arguments, env=PLAIN | env) as terminal:
        terminal.wait_until(lambda: terminal.cursor_line != "", "a prompt")
        terminal.wait_until(lambda: terminal.cursor_line.endswith(("]", ":")), "a prompt")
        assert "seen" in terminal.screen
        terminal.type("\x04")
        assert terminal.wait() == 1
        check(terminal)


def test_said_here() -> None:
    """So is what ``say`` says; as JSON it is escaped, not lost."""
    with on_terminal("say", HOSTILE, env=PLAIN) as terminal:
        assert terminal.wait() == 0
        check(terminal)


def test_a_hostile_choice_is_printed_clean_and_as_json_escaped() -> None:
    """The answer's own text reaches the terminal clean, with ``--json`` as escapes."""
    choices = ("--choice", HOSTILE, "--choice", "b")
    for more in ((), ("--json",)):
        with on_terminal("ask", "Which?", *choices, *more, env=PLAIN) as terminal:
            terminal.wait_for("Choice:")
            terminal.enter("1")
            assert terminal.wait() == 0
            check(terminal)


def test_a_bad_channel_is_not_echoed() -> None:
    """The complaint about a channel's name does not repeat it raw."""
    with on_terminal("say", "x", "-c", "a\x1b[2Jb\u202e", env=PLAIN) as terminal:
        assert terminal.wait() == 2
        assert "A channel name has" in terminal.screen
        assert unsafe(terminal.raw) == []


def test_in_the_inbox(daemon: DaemonProcess, api: Api, channel: str) -> None:
    """Prompts, notifications and other people's answers are clean in the inbox."""
    api.ask(channel, f"1 {HOSTILE}", choices=[HOSTILE, "b"])
    second = api.request_permission(channel, f"2 {HOSTILE}", context={HOSTILE: HOSTILE})
    where = ("--plain", "-c", channel, "--server", daemon.rest)
    with on_terminal("inbox", *where, env=PLAIN) as terminal:
        terminal.wait_for("#2 [")
        api.post(channel, type="notification", text=f"3 {HOSTILE}")
        terminal.wait_for("3 seen")
        answer = {"response_type": "authorization_denied", "reason": HOSTILE}
        assert api.respond(second, **answer, responder=HOSTILE).status_code == 200
        terminal.wait_for("#2 denied by seen")
        terminal.enter("#1 no such choice")
        terminal.wait_for("#1 not recorded: ")
        terminal.enter("list")
        terminal.wait_for(f"#1 [{channel}] 1 seen")
        terminal.enter("quit")
        assert terminal.wait() == 0
        check(terminal)


@pytest.mark.parametrize(
    "arguments",
    [("history",), ("history", "--json"), ("inbox", "--once"), ("inbox", "--once", "--json")],
    ids=" ".join,
)
def test_in_lists(
    daemon: DaemonProcess, api: Api, channel: str, arguments: tuple[str, ...]
) -> None:
    """History and the list of what waits are clean, as text and as JSON."""
    api.post(channel, type="notification", text=HOSTILE)
    api.ask(channel, HOSTILE)
    with on_terminal(*arguments, "-c", channel, "--server", daemon.rest, env=PLAIN) as terminal:
        assert terminal.wait() == 0
        check(terminal)


@pytest.mark.parametrize("kind", ["ask", "authorize"])
def test_what_a_person_answers(
    daemon: DaemonProcess, api: Api, channel: str, kind: str
) -> None:
    """An agent's terminal is as safe from the answer, or from the reason, as a person's."""
    with on_terminal(
        kind, "Which?", "-c", channel, "--server", daemon.rest, env=PLAIN
    ) as terminal:
        (item,) = api.wait_pending(channel)
        decision = {"response_type": "text", "answer": HOSTILE}
        if kind == "authorize":
            decision = {"response_type": "authorization_denied", "reason": HOSTILE}
        assert api.respond(item["message_id"], **decision).status_code == 200
        assert terminal.wait() == (0 if kind == "ask" else 1)
        check(terminal)


@pytest.mark.parametrize("colourless", [False, True])
def test_no_color(daemon: DaemonProcess, api: Api, channel: str, *, colourless: bool) -> None:
    """The inbox uses colours on a terminal, and none with ``NO_COLOR``."""
    api.ask(channel)
    env = PLAIN if colourless else {}
    where = ("--plain", "-c", channel, "--server", daemon.rest)
    with on_terminal("inbox", *where, env=env) as terminal:
        terminal.wait_for("help shows how")
        assert (b"\x1b[" in terminal.raw) is not colourless
