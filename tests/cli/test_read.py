"""Commands that only look: history, channels, health."""

from __future__ import annotations

import orjson
import pytest

from ailoop.version import __version__
from tests.cli.commands import ailoop
from tests.cli.terminal import COLUMNS, on_terminal
from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess


@pytest.fixture
def env(daemon: DaemonProcess) -> dict[str, str]:
    return {"AILOOP_SERVER": daemon.rest}


def test_history(api: Api, channel: str, env: dict[str, str]) -> None:
    """A line a message: time, who, and what, in order."""
    api.post(channel, type="notification", text="It\nbegins", priority="high")
    prompt = api.request_permission(channel, "deploy")
    api.respond(prompt, response_type="authorization_denied", reason="not now", responder="ada")
    done = ailoop("history", "-c", channel, env=env)
    assert done.returncode == 0
    lines = [line.split(" ", 1) for line in done.stdout.splitlines()]
    assert [what for _, what in lines] == [
        "AGENT (high) It begins",
        "AGENT wants to: deploy",
        "HUMAN denied by ada (not now)",
    ]
    assert all(len(time) == len("12:34:56") for time, _ in lines)


def test_history_as_json(api: Api, channel: str, env: dict[str, str]) -> None:
    """``--json``: each message as it is on the wire, one a line; ``-n`` keeps the newest."""
    for number in range(3):
        api.post(channel, type="notification", text=f"line {number}")
    done = ailoop("history", "-c", channel, "-n", "2", "--json", env=env)
    assert done.returncode == 0
    read = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert read == api.messages(channel)[1:]


def test_a_long_message_takes_one_line_of_a_terminal(
    api: Api, channel: str, env: dict[str, str]
) -> None:
    """On a terminal a line is cut to its width, also where characters take two cells."""
    api.post(channel, type="notification", text="好" * 200)
    with on_terminal("history", "-c", channel, env=env) as terminal:
        assert terminal.wait() == 0
        (line,) = terminal.screen.splitlines()
    assert "…" in line
    assert line.count("好") < COLUMNS // 2


def test_no_history(channel: str, env: dict[str, str]) -> None:
    """A channel nobody used: exit 0, nothing on stdout, a word on stderr."""
    done = ailoop("history", "-c", channel, env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"Nothing on {channel}.\n")


def test_channels(api: Api, channel: str, env: dict[str, str]) -> None:
    """The live channels with their number of messages; as JSON what the server tells."""
    api.post(channel, type="notification", text="x")
    done = ailoop("channels", env=env)
    assert done.returncode == 0
    assert [channel, "1", "messages"] in [line.split() for line in done.stdout.splitlines()]
    told = orjson.loads(ailoop("channels", "--json", env=env).stdout)
    (ours,) = [one for one in told if one["name"] == channel]
    assert ours["message_count"] == 1
    assert ours["oldest_message"] == ours["newest_message"]


def test_health(daemon: DaemonProcess, env: dict[str, str]) -> None:
    """A working daemon: exit 0, one line with its version and address; JSON as over HTTP."""
    done = ailoop("health", env=env)
    assert done.returncode == 0
    assert done.stdout.startswith(f"healthy: ailoop {__version__} at {daemon.rest}, ")
    assert done.stdout.count("\n") == 1
    told = orjson.loads(ailoop("health", "--json", env=env).stdout)
    assert (told["status"], told["version"]) == ("healthy", __version__)
