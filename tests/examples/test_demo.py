"""The README's first command, as far as it does not install: the demo on a real terminal."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.cli.terminal import CTRL_C, Terminal, on_terminal
from tests.daemon.api import Api
from tests.examples.people import ROOT


def free_pair() -> int:
    """Return a port that is free together with the next one."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port = int(first.getsockname()[1])
            try:
                socket.create_server(("127.0.0.1", port + 1)).close()
            except OSError:
                continue
            return port


@contextmanager
def demo(port: int, *options: str, term: str = "xterm") -> Iterator[Terminal]:
    """Run the demo on a terminal."""
    command = (sys.executable, str(ROOT / "examples" / "demo.py"))
    with on_terminal(
        "--port", str(port), *options, command=command, env={"TERM": term}
    ) as terminal:
        yield terminal


@pytest.mark.parametrize(
    ("decision", "result"),
    [("a", "Approved by terminal: Good morning, world!"), ("d", "Not approved (too early)")],
)
def test_the_same_terminal_answers(decision: str, result: str) -> None:
    """A person chooses and then decides on the screen; the agent goes on with it."""
    port = free_pair()
    with demo(port) as terminal:
        terminal.wait_for("1 waiting", "3) Ahoy", "Enter answer")
        terminal.enter("2")
        terminal.wait_for("say “Good morning, world!” to everybody", "n next prompt")
        terminal.type("n")
        terminal.wait_for("a approve")
        terminal.type(decision)
        terminal.wait_for("Reason, if any:")
        terminal.enter("too early" if decision == "d" else "")
        terminal.wait_for("0 waiting", "The agent is done.")
        terminal.type("l")
        terminal.wait_for("You chose 'Good morning'.", result)
        terminal.type(CTRL_C)
        assert terminal.wait() == 0
        terminal.check_restored()
        assert f"The page is http://127.0.0.1:{port + 1}/" in terminal.screen


def test_in_lines() -> None:
    """On a terminal that can show no screen it is lines; once the agent is done, it ends."""
    with demo(free_pair(), "--once", term="dumb") as terminal:
        terminal.wait_for("3) Ahoy")
        terminal.enter("2")
        terminal.wait_for("to everybody")
        terminal.enter("y")
        terminal.wait_for("Approved by terminal: Good morning, world!")
        assert terminal.wait() == 0


def test_a_signal_ends_it_cleanly() -> None:
    """After the agent is done the daemon goes on, until a signal ends both with exit code 0."""
    port = free_pair()
    with demo(port) as terminal:
        terminal.wait_for("3) Ahoy")
        with closing(Api(f"http://127.0.0.1:{port + 1}")) as api:
            (item,) = api.get("/api/v1/pending").json()["items"]
            api.respond(item["message_id"], response_type="text", answer="1")
            terminal.wait_for("say “Hello, world!” to everybody")
            (item,) = api.get("/api/v1/pending").json()["items"]
            api.respond(item["message_id"], response_type="authorization_approved")
        terminal.wait_for("The agent is done.")
        os.killpg(terminal.popen.pid, signal.SIGTERM)
        assert terminal.wait() == 0
        terminal.check_restored()
