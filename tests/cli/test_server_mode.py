"""Commands of agents against a daemon, answered by the commands of people."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.cli.commands import ailoop, finish, started
from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess


@pytest.fixture
def env(daemon: DaemonProcess) -> dict[str, str]:
    """The environment that names the daemon."""
    return {"AILOOP_SERVER": daemon.rest}


@pytest.mark.parametrize("variable", ["AILOOP_SERVER", "AILOOP_BASE_URL", "--server"])
def test_a_question_answered(
    daemon: DaemonProcess, api: Api, channel: str, variable: str
) -> None:
    """``ask`` waits for ``answer``, wherever the server's address comes from: exit 0, both."""
    flags = ("--server", daemon.rest) if variable == "--server" else ()
    env = {} if flags else {variable: daemon.rest}
    with started("ask", "Which?", "-c", channel, *flags, env=env) as agent:
        (item,) = api.wait_pending(channel)
        person = ailoop("answer", item["message_id"], "main", *flags, env=env)
        done = finish(agent)
    assert (done.returncode, done.stdout, done.stderr) == (0, "main\n", "")
    assert (person.returncode, person.stdout) == (0, f"recorded on {channel}: main\n")


def test_the_flag_wins_over_the_variable(daemon: DaemonProcess, channel: str) -> None:
    """``--server`` is the server, whatever the environment says."""
    env = {"AILOOP_SERVER": "http://127.0.0.1:1"}
    assert ailoop("say", "x", "-c", channel, "--server", daemon.rest, env=env).returncode == 0


def test_a_choice_by_number_as_json(api: Api, channel: str, env: dict[str, str]) -> None:
    """``--json`` adds what the server knows of the choice as metadata."""
    choices = ("--choice", "eu", "--choice", "us")
    with started("ask", "Which?", "-c", channel, *choices, "--json", env=env) as agent:
        (item,) = api.wait_pending(channel)
        ailoop("answer", item["message_id"], "2", "--as", "ada", env=env)
        done = finish(agent)
    said = orjson.loads(done.stdout)
    assert done.returncode == 0
    assert list(said) == ["response", "channel", "timestamp", "metadata"]
    assert (said["response"], said["channel"]) == ("us", channel)
    assert said["metadata"] == {
        "index": 1,
        "value": "us",
        "responder": "ada",
        "surface": "command line",
    }


@pytest.mark.parametrize(
    ("person", "code", "shown", "told"),
    [
        (("approve",), 0, "approved\n", {"authorized": True}),
        (("deny",), 1, "denied\n", {"authorized": False}),
        (
            ("deny", "--reason", "not now"),
            1,
            "denied: not now\n",
            {"authorized": False, "reason": "not now"},
        ),
    ],
)
def test_an_authorization_decided(
    api: Api,
    channel: str,
    env: dict[str, str],
    person: tuple[str, ...],
    code: int,
    shown: str,
    told: dict[str, Any],
) -> None:
    """``authorize`` exits 0 only after ``approve``; a reason reaches the agent."""
    command = ("authorize", "deploy", "-c", channel, "--context", '{"v": 1}')
    with (
        started(*command, env=env) as plain,
        started(*command, "--json", env=env) as as_json,
    ):
        items = api.wait_pending(channel, 2)
        assert items[0]["message"]["content"]["context"] == {"v": 1}
        for item in items:
            assert ailoop(*person, item["message_id"], env=env).returncode == 0
        done, done_json = finish(plain), finish(as_json)
    assert (done.returncode, done.stdout) == (code, shown)
    assert done_json.returncode == code
    said = orjson.loads(done_json.stdout)
    assert said.pop("timestamp").endswith("Z")
    assert said == {"action": "deploy", "channel": channel, **told}


def test_a_page_opened_or_not(api: Api, channel: str, env: dict[str, str]) -> None:
    """``navigate`` exits 0 if a person says they opened the page, 1 if not."""
    for person, code, shown in (("approve", 0, "opened\n"), ("deny", 1, "not opened\n")):
        with started("navigate", "https://a.example", "-c", channel, env=env) as agent:
            (item,) = api.wait_pending(channel)
            assert ailoop(person, item["message_id"], env=env).returncode == 0
            done = finish(agent)
        assert (done.returncode, done.stdout) == (code, shown)


def test_nobody_answers(channel: str, env: dict[str, str]) -> None:
    """The server's timeout is the command's: exit 1, a sentence or JSON that says so."""
    with (
        started("ask", "Which?", "-t", "1", "-c", channel, env=env) as plain,
        started("ask", "Which?", "-t", "1", "-c", channel, "--json", env=env) as as_json,
        started("authorize", "deploy", "-t", "1", "-c", channel, env=env) as authorize,
    ):
        done, done_json, denied = finish(plain), finish(as_json), finish(authorize)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "ailoop: Nobody answered in time\n"
    assert done_json.returncode == 1
    assert list(orjson.loads(done_json.stdout)) == ["error", "message", "channel", "timestamp"]
    assert (denied.returncode, denied.stdout) == (1, "denied: timeout\n")


def test_a_notification(api: Api, channel: str, env: dict[str, str]) -> None:
    """``say`` posts with its priority and does not wait."""
    done = ailoop("say", "It is done", "-p", "urgent", "-c", channel, "--json", env=env)
    assert done.returncode == 0
    (message,) = api.messages(channel)
    assert message["id"] == orjson.loads(done.stdout)["id"]
    assert message["content"] == {
        "type": "notification",
        "text": "It is done",
        "priority": "urgent",
    }


def test_forward(api: Api, channel: str, env: dict[str, str]) -> None:
    """``forward --tee`` copies stdin as it comes; each line that says something is told."""
    with started("forward", "--tee", "-c", channel, env=env) as forward:
        assert forward.stdin is not None
        assert forward.stdout is not None
        forward.stdin.write("first\n")
        forward.stdin.flush()
        assert forward.stdout.readline() == "first\n"
        api.eventually(lambda api: api.messages(channel), "the first line, before the second")
        forward.stdin.write("\nthird, unended")
        done = finish(forward)
    assert (done.returncode, done.stdout) == (0, "\nthird, unended")
    texts = [message["content"]["text"] for message in api.messages(channel)]
    assert texts == ["first", "third, unended"]


def test_forward_cuts_what_is_long(api: Api, channel: str, env: dict[str, str]) -> None:
    """A line longer than a server takes is told as far as that goes."""
    long = "x" * 20_000
    done = ailoop("forward", "-c", channel, env=env, typed=f"{long}\nshort\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    first, second = (message["content"]["text"] for message in api.messages(channel))
    assert first.startswith("xxx")
    assert first.endswith("x … (cut; 20000 bytes in all)")
    assert (len(first.encode()), second) == (4000, "short")
