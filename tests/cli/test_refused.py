"""What goes wrong between a command and a daemon, and how it is said."""

from __future__ import annotations

import signal

import pytest

from tests.cli.commands import ailoop, finish, started
from tests.cli.terminal import CTRL_C, on_terminal
from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess, environment, running_daemon

UNKNOWN = "0195f0a1-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask", "Which?"),
        ("say", "x"),
        ("forward",),
        ("inbox",),
        ("inbox", "--once"),
        ("answer", UNKNOWN, "x"),
        ("approve", UNKNOWN),
        ("history",),
        ("health",),
    ],
    ids=" ".join,
)
def test_an_unreachable_server(arguments: tuple[str, ...]) -> None:
    """Exit 3 and one line that names the address and says what to do."""
    done = ailoop(*arguments, env={"AILOOP_SERVER": "http://127.0.0.1:1"})
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.count("\n") == 1
    assert "cannot reach ailoop at http://127.0.0.1:1" in done.stderr
    assert "start it with `ailoopd`, or set AILOOP_SERVER" in done.stderr


def test_an_address_of_something_else(daemon: DaemonProcess) -> None:
    """Another service there is no ailoop: exit 3, and it says so rather than a traceback."""
    done = ailoop("ask", "Which?", "--server", daemon.ws.replace("ws:", "http:"))
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1


def test_ctrl_c_withdraws(daemon: DaemonProcess, api: Api, channel: str) -> None:
    """Whoever interrupts a waiting ``ask`` takes the prompt back: people stop seeing it."""
    with on_terminal("ask", "Which?", "-c", channel, "--server", daemon.rest) as terminal:
        terminal.wait_for("Ctrl-C withdraws it")
        (item,) = api.wait_pending(channel)
        terminal.type(CTRL_C)
        assert terminal.wait() == 130
        assert "Traceback" not in terminal.screen
    assert api.pending(channel) == []
    assert api.state(item["message_id"]) == "cancelled"


def test_sigterm_withdraws(daemon: DaemonProcess, api: Api, channel: str) -> None:
    """So does a supervisor that stops the agent: exit 143."""
    with started("authorize", "deploy", "-c", channel, "--server", daemon.rest) as agent:
        (item,) = api.wait_pending(channel)
        agent.send_signal(signal.SIGTERM)
        assert finish(agent).returncode == 143
    assert api.state(item["message_id"]) == "cancelled"


def test_a_second_decision(daemon: DaemonProcess, api: Api, channel: str) -> None:
    """Who answers too late is told, exit 1; the same decision again is no error."""
    prompt = api.request_permission(channel)
    env = {"AILOOP_SERVER": daemon.rest, "AILOOP_USER": "ada"}
    assert ailoop("deny", prompt, env=env).returncode == 0
    late = ailoop("approve", prompt, env=env)
    assert late.returncode == 1
    assert (
        late.stderr
        == "ailoop: This prompt has already been settled: denied by ada via command line\n"
    )
    assert ailoop("deny", prompt, env=env).returncode == 0
    assert api.state(prompt) == "denied"


def test_an_unknown_prompt(daemon: DaemonProcess) -> None:
    """An id nobody asked with: exit 1 and a sentence."""
    done = ailoop("answer", UNKNOWN, "x", "--server", daemon.rest)
    assert done.returncode == 1
    assert done.stderr == "ailoop: there is no prompt with this id, or not any more\n"


def test_what_is_no_choice(daemon: DaemonProcess, api: Api, channel: str) -> None:
    """A wrong choice: exit 2 with the choices, and the question stays open."""
    prompt = api.ask(channel, choices=["eu", "us"])
    done = ailoop("answer", prompt, "mars", "--server", daemon.rest)
    assert done.returncode == 2
    assert done.stderr == "ailoop: The answer is not one of the choices: eu, us\n"
    assert api.state(prompt) == "pending"


def test_the_wrong_kind_of_decision(daemon: DaemonProcess, api: Api, channel: str) -> None:
    """A question cannot be approved, nor an authorization answered with a text, even ``y``."""
    question, authorization = api.ask(channel), api.request_permission(channel)
    for arguments, advice in (
        (("approve", question), "ailoop answer ID TEXT"),
        (("answer", authorization, "y"), "ailoop approve ID, or ailoop deny ID"),
    ):
        done = ailoop(*arguments, "--server", daemon.rest)
        assert done.returncode == 2
        assert advice in done.stderr
    assert len(api.pending(channel)) == 2


def test_the_server_stops_while_an_agent_waits(channel: str) -> None:
    """The agent is told that its question was cancelled, exit 1, rather than left hanging."""
    with running_daemon() as daemon:
        api = Api(daemon.rest)
        with started("ask", "Which?", "-c", channel, "--server", daemon.rest) as agent:
            api.wait_pending(channel)
            daemon.signal(signal.SIGTERM)
            done = finish(agent)
        api.close()
        assert daemon.wait() == 0
    assert done.returncode == 1
    assert done.stderr == "ailoop: The question was cancelled: shutdown\n"


def test_the_server_is_killed_while_an_agent_waits(channel: str) -> None:
    """A server that just disappears: exit 3, in one line; never an approval."""
    with running_daemon() as daemon:
        api = Api(daemon.rest)
        with started("authorize", "x", "-c", channel, "--server", daemon.rest) as agent:
            api.wait_pending(channel)
            daemon.kill()
            done = finish(agent)
        api.close()
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.count("\n") == 1


def test_the_environment_of_these_tests_names_no_server() -> None:
    """What a developer has set for their own daemon does not reach the commands tested here."""
    names = {name for name in environment() if name.startswith("AILOOP_")}
    assert names == set()
