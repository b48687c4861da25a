"""``ailoop inbox`` in scripts: listed once, or followed through a pipe."""

from __future__ import annotations

import subprocess

import orjson
import pytest

from tests.cli.commands import ailoop, started
from tests.daemon.api import Api
from tests.daemon.process import AILOOP, PATIENCE, DaemonProcess, environment


@pytest.fixture
def where(daemon: DaemonProcess, channel: str) -> tuple[str, ...]:
    """Flags that name the daemon and this test's channel."""
    return ("-c", channel, "--server", daemon.rest)


def test_once(api: Api, channel: str, where: tuple[str, ...]) -> None:
    """``--once`` lists what waits, one a line with its id, and exits 0."""
    first, second = api.ask(channel, "Which\nregion?"), api.request_permission(channel)
    done = ailoop("inbox", "--once", *where)
    assert done.returncode == 0
    assert done.stdout == (
        f"{first} [{channel}] question: Which region?\n"
        f"{second} [{channel}] authorization: deploy\n"
    )


def test_once_with_nothing(where: tuple[str, ...]) -> None:
    """Nothing waits: exit 0, and stdout stays empty for scripts."""
    for more in ((), ("--json",)):
        done = ailoop("inbox", "--once", *where, *more)
        assert (done.returncode, done.stdout) == (0, "")


def test_once_as_json(api: Api, channel: str, where: tuple[str, ...]) -> None:
    """``--once --json``: an object a line, with ``message_id`` and the whole message."""
    prompts = [api.ask(channel), api.request_permission(channel)]
    done = ailoop("inbox", "--once", "--json", *where)
    items = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert [item["message_id"] for item in items] == prompts
    assert items[0].keys() == {
        *("message_id", "kind", "channel", "position", "label", "message"),
        *("expires_at", "expires_in", "delivery"),
    }
    assert items[1]["message"]["content"]["action"] == "deploy"


def test_followed_as_json(api: Api, channel: str, where: tuple[str, ...]) -> None:
    """``--json`` prints what waits, then each message as it comes, none twice."""
    waiting = api.ask(channel)
    with started("inbox", "--json", *where) as inbox:
        assert inbox.stdout is not None
        assert orjson.loads(inbox.stdout.readline())["id"] == waiting
        coming = api.post(channel, type="notification", text="hello")
        assert orjson.loads(inbox.stdout.readline()) == coming
        api.respond(waiting, response_type="text", answer="x")
        assert orjson.loads(inbox.stdout.readline())["correlation_id"] == waiting


def test_followed_as_text(api: Api, channel: str, where: tuple[str, ...]) -> None:
    """Without a terminal the lines are plain text, written as they come."""
    api.ask(channel, "Which?")
    with started("inbox", *where) as inbox:
        assert inbox.stdout is not None
        assert inbox.stdout.readline() == f"#1 [{channel}] an agent asks (60 s):\n"
        assert inbox.stdout.readline() == "   Which?\n"
        inbox.stdout.readline()  # the id
        api.post(channel, type="notification", text="hello")
        assert inbox.stdout.readline() == f"[{channel}] hello\n"


def test_what_comes_through_the_pipe_answers_nothing(
    api: Api, channel: str, where: tuple[str, ...]
) -> None:
    """``yes | ailoop inbox`` approves nothing: it only prints."""
    prompt = api.request_permission(channel)
    with started("inbox", *where) as inbox:
        assert inbox.stdin is not None
        assert inbox.stdout is not None
        inbox.stdin.write("y\n" * 100)
        inbox.stdin.flush()
        inbox.stdout.readline()
        # It has gone on to what comes next, without reading.
        api.post(channel, type="notification", text="next")
        while "next" not in inbox.stdout.readline():
            pass
    assert api.state(prompt) == "pending"


@pytest.mark.parametrize(
    "command", [("inbox",), ("inbox", "--json"), ("history",)], ids=" ".join
)
def test_a_closed_pipe_is_no_fault(
    api: Api, channel: str, where: tuple[str, ...], command: tuple[str, ...]
) -> None:
    """``ailoop inbox | head -1``: the reader has seen enough; nobody complains."""
    for number in range(3):
        api.post(channel, type="notification", text=f"line {number}")
        api.ask(channel, f"line {number}")
    popen = subprocess.Popen(
        [*AILOOP, *command, *where],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    with popen:
        try:
            assert popen.stdout is not None
            assert popen.stderr is not None
            popen.stdout.close()
            for number in range(3):  # what follows meets a closed pipe
                api.post(channel, type="notification", text=f"more {number}")
            popen.wait(PATIENCE)
            assert popen.stderr.read() == b""
        finally:
            popen.kill()
    assert popen.returncode == 141
