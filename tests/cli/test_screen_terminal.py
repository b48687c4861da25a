"""The screen as a guest of the terminal: sizes, widths, colours, bell, and how it leaves."""

from __future__ import annotations

import re
import signal
import sys

import pytest

from tests.cli.hostile import HOSTILE, unsafe
from tests.cli.screens import DOWN, ESC, OpenScreen
from tests.cli.terminal import COLUMNS, CTRL_C, CTRL_D, on_terminal
from tests.daemon.api import Api
from tests.daemon.process import AILOOP, DaemonProcess

_COLOUR = re.compile(rb"\x1b\[[0-9;]*(?<![0-9])(3[0-7]|4[0-7]|9[0-7]|38;|48;)[0-9;]*m")


def post(api: Api, channel: str, priority: str, text: str = "Which?") -> str:
    """Ask a question of some priority."""
    content = {"type": "question", "text": text}
    message = {"channel": channel, "content": content, "metadata": {"priority": priority}}
    return api.post_many([message]).json()[0]["id"]


@pytest.mark.parametrize("size", [(30, 8), (200, 60), (10, 3)], ids=str)
def test_resize(api: Api, channel: str, open_screen: OpenScreen, size: tuple[int, int]) -> None:
    """The screen is laid out anew, larger, smaller and where there is hardly any room."""
    api.ask(channel, "alpha beta gamma delta epsilon zeta eta")
    with open_screen() as inbox:
        inbox.wait_for("alpha beta gamma delta epsilon zeta eta")
        inbox.resize(*size)
        _, rows = size
        if rows > 3:
            foot = "up/down select"
            inbox.wait_until(lambda: inbox.lines[rows - 1].startswith(foot), "laid out")
            inbox.wait_for("alpha")
        else:
            inbox.wait_until(lambda: inbox.lines[0].startswith(" ailoop  …"), "cut")
        inbox.resize(COLUMNS, 40)
        inbox.wait_for("alpha beta gamma delta epsilon zeta eta", "Enter answer")
        inbox.type("q")
        assert inbox.wait() == 0
        inbox.check_restored()


@pytest.mark.parametrize(
    "words",
    ["好好学习 " * 40, "e\u0301a\u0308 " * 80, "שלום עולם " * 30, "🙂👍🏽🇩🇪❤️ " * 40],
    ids=["wide", "combining", "right to left", "emoji"],
)
def test_width(api: Api, channel: str, open_screen: OpenScreen, words: str) -> None:
    """No text moves what stands beside or below it, and all of it is there."""
    api.ask(channel, words, choices=[words, "second"], timeout_seconds=3000)
    with open_screen() as inbox:
        inbox.wait_for("2) second", "1-9 choose")
        # The emulator's rows are of cells; what overflows one would have moved the rest.
        assert inbox.lines[-1].startswith("up/down select")
        row = next(line for line in inbox.lines if line.startswith(">"))
        assert re.match(rf"> +\d\d:\d\d  {channel}  question  ", row)
        assert "…" in row
        inbox.type("2")
        inbox.wait_for("Choice, by number or text: 2")
        assert inbox.cursor[0] == len("Choice, by number or text: 2")


def test_hostile_texts(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """Whatever others write, and whatever is pasted, is shown as text only, on each page."""
    api.ask(channel, f"1 {HOSTILE}", choices=[HOSTILE, "b"], timeout_seconds=50)
    second = api.request_permission(channel, f"2 {HOSTILE}", context={HOSTILE: HOSTILE})
    with open_screen(env={"NO_COLOR": "1"}) as inbox:
        inbox.wait_for("1 seen]0;owned", "1-9 choose")
        inbox.type(DOWN)
        inbox.wait_for('"seen')
        # Low, for the bell is one of the characters that are looked for.
        api.post(channel, type="notification", text=f"3 {HOSTILE}", priority="low")
        inbox.wait_for("3 seen")
        answer = {"response_type": "authorization_denied", "reason": HOSTILE}
        api.respond(second, **answer, responder=HOSTILE, surface=HOSTILE)
        inbox.wait_for("denied by seen")
        inbox.type("h")
        inbox.wait_for("-> denied by seen", "notification, low")
        inbox.type("l")
        inbox.wait_for("Esc back", "denied by seen")
        inbox.type("qn")
        inbox.wait_for("1-9 choose")
        inbox.enter("")
        inbox.type("\x1b[200~pasted \u202e\u2066\x9b31m\x1b[201~")
        inbox.wait_for("pasted")
        inbox.type(ESC)
        inbox.wait_gone("by number or text")
        inbox.type("qq")
        assert inbox.wait() == 0
        assert unsafe(inbox.raw) == []


@pytest.mark.parametrize(
    ("env", "colours"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "xterm-mono"}, None)],
    ids=["colours", "NO_COLOR", "mono"],
)
def test_colours(
    api: Api,
    channel: str,
    open_screen: OpenScreen,
    env: dict[str, str],
    colours: bool | None,
) -> None:
    """Colours are used where they are wanted, and nothing is told by them alone."""
    post(api, channel, "urgent")
    with open_screen(env=env) as inbox:
        inbox.wait_for("!! ", f"question on {channel}, urgent", "> ")
        if colours is not None:
            assert bool(_COLOUR.search(inbox.raw)) is colours


def test_bell_and_title(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """What comes rings once, low never; urgent goes on until seen. The title counts."""
    post(api, channel, "low", "from before")
    with open_screen() as inbox:
        inbox.wait_for("1 waiting")
        inbox.wait_until(lambda: inbox.title == "(1) ailoop", "the title")
        post(api, channel, "low", "quiet")
        inbox.wait_for("2 waiting")
        assert inbox.bells == 0
        post(api, channel, "normal", "loud")
        inbox.wait_for("3 waiting")
        inbox.wait_until(lambda: inbox.bells == 1, "a bell")
        post(api, channel, "urgent", "louder")
        inbox.wait_for("4 waiting")
        inbox.wait_until(lambda: inbox.bells == 3, "a bell, and another")
        inbox.wait_until(lambda: inbox.title == "(4) ailoop", "the title")


@pytest.mark.parametrize(
    ("leave", "code"),
    [
        ("q", 0),
        (CTRL_D, 0),
        (CTRL_C, 130),
        (signal.SIGTERM, 143),
        (signal.SIGHUP, 129),
    ],
    ids=["q", "Ctrl-D", "Ctrl-C", "SIGTERM", "SIGHUP"],
)
def test_leaving(
    api: Api, channel: str, open_screen: OpenScreen, leave: str | signal.Signals, code: int
) -> None:
    """However it ends, the terminal is what it was, and the prompts stay open."""
    prompt = api.ask(channel)
    with open_screen() as inbox:
        inbox.wait_for("Enter answer")
        assert {1049, 2004} <= inbox.modes
        if isinstance(leave, str):
            inbox.type(leave)
        else:
            inbox.popen.send_signal(leave)
        assert inbox.wait() == code
        assert inbox.screen == ""
        inbox.check_restored()
    assert api.state(prompt) == "pending"


def test_a_crash(daemon: DaemonProcess) -> None:
    """A fault in the program leaves the terminal too, and its traceback can be read there."""
    fault = (
        "from ailoop.cli import main; from ailoop.cli.terminal import keys;"
        "keys.HelpPage = lambda: 1 / 0; main()"
    )
    command = (sys.executable, "-c", fault)
    with on_terminal("inbox", "--server", daemon.rest, command=command) as inbox:
        inbox.wait_for("connected")
        inbox.type("?")
        assert inbox.wait() != 0
        assert "ZeroDivisionError" in inbox.screen
        inbox.check_restored()


@pytest.mark.parametrize(("hang_up", "code"), [("-", 129), ("''", 0)], ids=["SIGHUP", "nohup"])
def test_a_hung_up_terminal(daemon: DaemonProcess, hang_up: str, code: int) -> None:
    """An inbox whose terminal has gone ends, also where the signal of that is ignored."""
    command = ("/bin/sh", "-c", f'trap {hang_up} HUP; exec "$@"', "sh", *AILOOP)
    with on_terminal("inbox", "--server", daemon.rest, command=command) as inbox:
        inbox.wait_for("connected")
        inbox.hang_up()
        assert inbox.popen.wait(20) == code


def test_ctrl_z(daemon: DaemonProcess) -> None:
    """Ctrl-Z gives the terminal to the shell as it was; ``fg`` takes it again."""
    script = 'set -m; "$@"; echo "stopped $?"; read a; fg; echo "ended $?"'
    command = ("/bin/bash", "-c", script, "bash", *AILOOP)
    with on_terminal("inbox", "--server", daemon.rest, command=command) as shell:
        shell.wait_for("connected")
        shell.type("\x1a")
        shell.wait_for(f"stopped {128 + signal.SIGTSTP}")
        assert not shell.modes
        shell.enter("")
        shell.wait_for("connected")
        assert {1049, 2004} <= shell.modes
        shell.type("q")
        shell.wait_for("ended 0")
        assert not shell.modes


def test_unreachable() -> None:
    """Where no server answers it says so in a line, exit 3, and shows no screen."""
    with on_terminal("inbox", "--server", "http://127.0.0.1:9") as inbox:
        assert inbox.wait() == 3
        assert inbox.screen.startswith("ailoop: cannot reach ailoop at http://127.0.0.1:9")
        assert "Traceback" not in inbox.screen
        assert b"\x1b" not in inbox.raw


def test_no_screen_on_a_dumb_terminal(daemon: DaemonProcess) -> None:
    """``TERM=dumb`` gets the lines that ``--plain`` gives."""
    with on_terminal("inbox", "--server", daemon.rest, env={"TERM": "dumb"}) as inbox:
        inbox.wait_for("help shows how")
        assert b"\x1b[?1049h" not in inbox.raw
