"""``ailoop serve`` on a terminal: whoever started it can answer right there."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from tests.cli.terminal import CTRL_C, CTRL_D, Terminal, on_terminal
from tests.daemon.api import Api
from tests.daemon.process import AILOOP, FREE_PORTS


@contextmanager
def serving(*flags: str) -> Iterator[tuple[Terminal, Api]]:
    """Run a daemon on a terminal; entered when it is ready."""
    with on_terminal("serve", *FREE_PORTS, *flags) as terminal:
        terminal.wait_for("ready rest=")
        with closing(Api(address(terminal))) as api:
            yield terminal, api


def address(terminal: Terminal) -> str:
    """Return the REST address that the ready line tells."""
    ready = re.compile(r"ready rest=(\S+) ws=")
    terminal.wait_until(lambda: bool(ready.search(terminal.screen)), "the ready line")
    return ready.findall(terminal.screen)[0]


def test_the_same_terminal_answers() -> None:
    """A prompt appears below the ready line, and what is typed settles it."""
    with serving() as (terminal, api):
        terminal.wait_for("help shows how")
        prompt = api.request_permission("shop", "deploy")
        terminal.wait_for("#1 [")
        terminal.enter("maybe")
        terminal.wait_for("#1 takes y or n")
        terminal.enter("y go on")
        response = api.response_to(prompt)
        assert response["content"]["response_type"] == "authorization_approved"
        assert response["metadata"] == {"reason": "go on", "responder": "terminal"}


def test_it_goes_on_without_its_inbox() -> None:
    """``quit`` or Ctrl-D end the inbox, not the daemon."""
    for leave in ("quit\r", CTRL_D):
        with serving() as (terminal, api):
            terminal.wait_for("help shows how")
            terminal.type(leave)
            api.eventually(
                lambda api: api.get("/api/stats").json()["viewer_connections"] == 0,
                "the inbox has left",
            )
            assert api.get("/api/v1/health").json()["status"] == "healthy"
            terminal.type(CTRL_C)
            assert terminal.wait() == 0


def test_ctrl_c_stops_it() -> None:
    """Ctrl-C while prompts wait: they are cancelled, exit 0, no traceback."""
    with serving() as (terminal, api):
        terminal.wait_for("help shows how")
        api.ask("shop")
        terminal.wait_for("#1 [")
        terminal.type(CTRL_C)
        assert terminal.wait() == 0
        assert "Traceback" not in terminal.screen
        assert "error" not in terminal.screen


def test_no_inbox_if_not_wanted() -> None:
    """``--no-inbox`` only serves: prompts are not shown, and typing answers nothing."""
    with serving("--no-inbox") as (terminal, api):
        prompt = api.request_permission("shop", "deploy")
        terminal.enter("y")
        terminal.type(CTRL_C)
        assert terminal.wait() == 0
        assert prompt not in terminal.screen
        assert "help shows how" not in terminal.screen


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
