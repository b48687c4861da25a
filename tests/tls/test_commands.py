"""The command line over TLS, and the inbox at the terminal of a daemon that speaks it."""

from __future__ import annotations

import re
from contextlib import closing

import pytest

from tests.cli.commands import ailoop
from tests.cli.terminal import CTRL_C, Terminal, on_terminal
from tests.daemon.api import Api
from tests.daemon.process import FREE_PORTS, running_daemon
from tests.tls.kit import Papers


def as_client(papers: Papers) -> dict[str, str]:
    """Return the environment of a client with a certificate of its own."""
    cert, key = papers.issue("client.example", to="client")
    return {
        "AILOOP_CA_FILE": str(papers.ca),
        "AILOOP_CERT_FILE": str(cert),
        "AILOOP_KEY_FILE": str(key),
    }


def test_the_environment_tells_whom_to_trust(papers: Papers) -> None:
    """With it a command gets through; without it, it exits with 3 and says what to do."""
    with running_daemon(*papers.flags, "--tls-client-ca", str(papers.ca)) as daemon:
        server = ("--server", daemon.rest)
        env = as_client(papers)
        done = ailoop("say", "hello", "-c", "a", *server, env=env)
        assert (done.returncode, done.stderr) == (0, "")
        assert "hello" in ailoop("history", "-c", "a", *server, env=env).stdout
        done = ailoop("health", *server)
        assert done.returncode == 3
        assert "AILOOP_CA_FILE" in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_file_that_is_not_there(papers: Papers) -> None:
    """It is one line, and no traceback."""
    done = ailoop("health", "--server", "https://127.0.0.1:1", env={"AILOOP_CA_FILE": "/none"})
    assert done.returncode == 3
    assert done.stderr == "ailoop: ca_file /none cannot be used: No such file or directory\n"


def rest_url(terminal: Terminal) -> str:
    ready = re.compile(rb"ready rest=(\S+) ws=")
    terminal.wait_until(lambda: bool(ready.search(terminal.raw)), "the ready line")
    return str(ready.findall(terminal.raw)[0].decode())


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_the_daemons_own_terminal(papers: Papers, term: str) -> None:
    """It trusts the daemon's certificate, which is for a name and not for the address."""
    papers.issue("inbox.example")
    trust = papers.trust()
    trust.check_hostname = False
    with on_terminal("serve", *FREE_PORTS, *papers.flags, env={"TERM": term}) as terminal:
        url = rest_url(terminal)
        assert url.startswith("https://")
        with closing(Api(url, trust)) as api:
            api.eventually(
                lambda api: api.get("/api/stats").json()["viewer_connections"] == 1,
                "the inbox is there",
            )
            api.request_permission("shop", "deploy the shop")
            terminal.wait_for("deploy the shop")
        terminal.type(CTRL_C)
        assert terminal.wait() == 0


def test_the_daemons_own_terminal_without_a_certificate(papers: Papers) -> None:
    """Where clients need one, and it is given none, the log says so; the daemon goes on."""
    mutual = (*papers.flags, "--tls-client-ca", str(papers.ca))
    with on_terminal("serve", *FREE_PORTS, *mutual, env={"TERM": "dumb"}) as terminal:
        terminal.wait_for("inbox_failed", "AILOOP_CERT_FILE")
        assert "Traceback" not in terminal.raw.decode()
        terminal.type(CTRL_C)
        assert terminal.wait() == 0
    env = {"TERM": "dumb", **as_client(papers)}
    with on_terminal("serve", *FREE_PORTS, *mutual, env=env) as terminal:
        terminal.wait_for("help shows how")
        terminal.type(CTRL_C)
        assert terminal.wait() == 0
