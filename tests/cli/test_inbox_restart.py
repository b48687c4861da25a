"""An inbox in lines outlives its daemon."""

from __future__ import annotations

import signal

from tests.cli.terminal import on_terminal
from tests.daemon.api import Api
from tests.daemon.process import launched, running_daemon


def test_the_daemon_restarts() -> None:
    """It says that the connection ended, tries again, and shows what waits then.

    What was typed in between is dropped: the prompts it was about are others by now.
    """
    with running_daemon() as first:
        ws_port, rest_port = first.ws.rpartition(":")[2], first.rest.rpartition(":")[2]
        address = first.rest
        api = Api(address)
        api.request_permission("shop", "what was before")
        inbox = on_terminal("inbox", "--plain", "--server", address, "--as", "ada")
        terminal = inbox.__enter__()
        try:
            terminal.wait_for("what was before")
            first.signal(signal.SIGTERM)
            assert first.wait() == 0
            terminal.wait_for("trying again")
            terminal.enter("y")
            ports = ("--ws-port", ws_port, "--rest-port", rest_port)
            with launched(*ports) as second:
                second.wait_ready()
                prompt = api.request_permission("shop", "what is now")
                terminal.wait_for("what is now")
                terminal.wait_until(
                    lambda: terminal.screen.count("help shows how") == 2, "a new inbox"
                )
                assert api.state(prompt) == "pending"
                terminal.enter("n")
                terminal.wait_for("Not taken: it is #2")
                terminal.enter("n")
                assert api.response_to(prompt)["content"]["response_type"] == (
                    "authorization_denied"
                )
        finally:
            inbox.__exit__(None, None, None)
            api.close()
