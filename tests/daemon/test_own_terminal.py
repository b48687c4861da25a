"""``ailoop serve`` on a terminal: whoever started it can answer right there."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress

import pytest

from tests.cli.terminal import CTRL_C, CTRL_D, Terminal, on_terminal
from tests.daemon.api import Api
from tests.daemon.process import AILOOP, FREE_PORTS


@contextmanager
def serving(
    *flags: str, env: Mapping[str, str] | None = None
) -> Iterator[tuple[Terminal, Api]]:
    """Run a daemon on a terminal; entered when it is ready."""
    with (
        on_terminal("serve", *FREE_PORTS, *flags, env=env) as terminal,
        closing(Api(address(terminal))) as api,
    ):
        yield terminal, api


def address(terminal: Terminal) -> str:
    """Return the REST address that the ready line tells, which the inbox may cover."""
    ready = re.compile(rb"ready rest=(\S+) ws=")
    terminal.wait_until(lambda: bool(ready.search(terminal.raw)), "the ready line")
    return ready.findall(terminal.raw)[0].decode()


def test_the_same_terminal_answers() -> None:
    """A prompt appears on the screen, and is settled there."""
    with serving() as (terminal, api):
        terminal.wait_for("connected", "Nothing is waiting")
        prompt = api.request_permission("shop", "deploy")
        terminal.wait_for("a approve   d deny")
        terminal.type("a")
        terminal.wait_for("APPROVE")
        terminal.enter("go on")
        response = api.response_to(prompt)
        assert response["content"]["response_type"] == "authorization_approved"
        assert response["metadata"] == {
            "reason": "go on",
            "responder": "terminal",
            "surface": "terminal",
        }


def test_in_lines() -> None:
    """On a terminal that can show no screen, a line settles it."""
    with serving(env={"TERM": "dumb"}) as (terminal, api):
        terminal.wait_for("help shows how")
        prompt = api.request_permission("shop", "deploy")
        terminal.wait_for("#1 [")
        terminal.enter("maybe")
        terminal.wait_for("#1 takes y or n")
        terminal.enter("y go on")
        assert api.response_to(prompt)["metadata"]["reason"] == "go on"


def test_it_goes_on_without_its_inbox() -> None:
    """``q`` or Ctrl-D end the inbox, not the daemon, whose log then goes to the terminal."""
    for leave in ("q", CTRL_D):
        with serving() as (terminal, api):
            terminal.wait_for("Nothing is waiting")
            terminal.type(leave)
            terminal.wait_for("ready rest=", "inbox_closed", "the daemon goes on")
            api.eventually(
                lambda api: api.get("/api/stats").json()["viewer_connections"] == 0,
                "the inbox has left",
            )
            terminal.check_restored()
            assert api.get("/api/v1/health").json()["status"] == "healthy"
            terminal.type(CTRL_C)
            assert terminal.wait() == 0


LOGGING = """
import signal, threading, structlog
from ailoop.cli import main

def log(*_):
    structlog.get_logger().warning("something_happened")
    threading.Thread(target=structlog.get_logger().warning, args=("in_a_thread",)).start()

signal.signal(signal.SIGUSR1, log)
main()
"""
"""A daemon that logs when told to."""


def test_the_log_does_not_tear_the_screen() -> None:
    """While the inbox is shown its log page has the log, and the terminal has it afterwards."""
    command = (sys.executable, "-c", LOGGING)
    with on_terminal("serve", *FREE_PORTS, command=command) as terminal:
        terminal.wait_for("Nothing is waiting")
        terminal.popen.send_signal(signal.SIGUSR1)
        terminal.wait_for("in_a_thread")
        terminal.type("l")
        terminal.wait_for("Esc back", "something_happened", "in_a_thread")
        assert terminal.lines[-1].startswith("Esc back")
        assert terminal.lines[0].startswith(" ailoop   connected")
        terminal.type("q")
        terminal.wait_for("Nothing is waiting")
        terminal.type("q")
        terminal.wait_for("inbox_closed", "something_happened", "in_a_thread")
        terminal.check_restored()
        terminal.popen.send_signal(signal.SIGUSR1)
        terminal.wait_until(lambda: terminal.screen.count("in_a_thread") == 2, "the log")


@pytest.mark.parametrize("stop", [CTRL_C, signal.SIGTERM, signal.SIGHUP], ids=str)
def test_a_stop(stop: str | signal.Signals) -> None:
    """A stop while prompts wait: they are cancelled, exit 0, and the terminal is as before."""
    with serving() as (terminal, api):
        terminal.wait_for("Nothing is waiting")
        api.ask("shop")
        terminal.wait_for("Enter answer")
        if isinstance(stop, str):
            terminal.type(stop)
        else:
            terminal.popen.send_signal(stop)
        assert terminal.wait() == 0
        assert "Traceback" not in terminal.screen
        assert "error" not in terminal.screen
        terminal.check_restored()


def test_a_terminal_that_nobody_reads() -> None:
    """A daemon whose terminal takes no more output goes on serving, and stops when told."""
    with serving() as (terminal, api):
        prompt = api.ask("shop")
        terminal.wait_for("Enter answer")
        terminal.type("h")
        terminal.wait_for("no response yet")
        # A page that moves with each of these is more than a terminal holds unread.
        for number in range(300):
            api.post("shop", type="notification", text=f"{number} " * 100)
        assert api.respond(prompt, response_type="text", answer="x").status_code == 200
        terminal.popen.send_signal(signal.SIGTERM)
        # Of its own accord: it is forced to after more than ten seconds.
        assert terminal.popen.wait(8) == 0


def test_the_inbox_is_left_on_a_terminal_that_nobody_reads() -> None:
    """Neither what is left of the screen nor the log holds up the daemon."""
    with serving() as (terminal, api):
        terminal.wait_for("Nothing is waiting")
        terminal.type("l")
        terminal.wait_for("Esc back")
        for number in range(300):
            api.post("shop", type="notification", text=f"{number} " * 100)
        terminal.type("qq")
        api.eventually(
            lambda api: api.get("/api/stats").json()["viewer_connections"] == 0,
            "the inbox has left",
        )
        for _ in range(50):
            assert api.get("/nothing").status_code == 404
        assert api.get("/api/v1/health").json()["status"] == "healthy"


def test_a_terminal_that_goes_away() -> None:
    """With ``nohup`` the daemon outlives its terminal, inbox and all."""
    command = ("/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh", *AILOOP)
    with on_terminal("serve", *FREE_PORTS, command=command) as terminal:
        with closing(Api(address(terminal))) as api:
            terminal.wait_for("Nothing is waiting")
            terminal.hang_up()
            api.eventually(
                lambda api: api.get("/api/stats").json()["viewer_connections"] == 0,
                "the inbox has left",
            )
            assert api.get("/api/v1/health").json()["status"] == "healthy"
        terminal.popen.terminate()
        assert terminal.popen.wait(8) == 0


def test_a_fault_of_the_screen() -> None:
    """It ends the inbox, says so, and is none of the daemon's."""
    fault = (
        "from ailoop.cli import main; from ailoop.cli.terminal import keys;"
        "keys.HelpPage = lambda: 1 / 0; main()"
    )
    with on_terminal("serve", *FREE_PORTS, command=(sys.executable, "-c", fault)) as terminal:
        terminal.wait_for("Nothing is waiting")
        terminal.type("?")
        terminal.wait_until(
            lambda: b"inbox_failed" in terminal.raw and "ZeroDivisionError" in terminal.screen,
            "the fault in the log",
        )
        with closing(Api(address(terminal))) as api:
            assert api.get("/api/v1/health").json()["status"] == "healthy"
        terminal.check_restored()


def test_no_inbox_if_not_wanted() -> None:
    """``--no-inbox`` only serves: prompts are not shown, and typing answers nothing."""
    with serving("--no-inbox") as (terminal, api):
        api.request_permission("shop", "deploy")
        terminal.enter("y")
        terminal.type(CTRL_C)
        assert terminal.wait() == 0
        assert "deploy" not in terminal.screen
        assert not terminal.modes


def test_in_the_background() -> None:
    """``ailoopd &``: it does not read its shell's terminal, which would suspend it."""
    script = (
        'set -m; "$@" & echo "pid $!."; read a; echo "read $a"; '
        'read b; kill $!; wait $!; echo "exit $?"'
    )
    command = ("/bin/bash", "-c", script, "bash")
    with on_terminal(*AILOOP, "serve", *FREE_PORTS, command=command) as shell:
        shell.wait_for(".")
        pid = int(re.findall(r"pid (\d+)\.", shell.screen)[0])
        try:
            with closing(Api(address(shell))) as api:
                prompt = api.request_permission("shop", "deploy")
                shell.enter("y")
                shell.wait_for("read y")
                assert api.get("/api/v1/health").status_code == 200
                assert api.state(prompt) == "pending"
            shell.enter("")
            shell.wait_for("exit 0")
        finally:
            # A job of its own outlives its shell where this test fails.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
