"""A daemon that has started: where it listens, and what it says of it."""

from __future__ import annotations

import re
import socket
from contextlib import closing

import pytest
import trio
from trio_websocket import open_websocket_url

from tests.daemon.api import Api
from tests.daemon.process import FREE_PORTS, launched, run_serve, running_daemon


async def test_the_ready_line() -> None:
    """It tells two addresses on 127.0.0.1 with the ports picked, and both answer."""
    with running_daemon() as daemon:
        assert re.fullmatch(
            r"ready rest=http://127\.0\.0\.1:\d+ ws=ws://127\.0\.0\.1:\d+\n", daemon.stdout
        )
        with closing(Api(daemon.rest)) as api:
            assert api.get("/api/v1/health").json()["status"] == "healthy"
        for url in (daemon.ws, f"{daemon.rest.replace('http', 'ws')}/ws"):
            with trio.fail_after(20):
                async with open_websocket_url(url) as connection:
                    await connection.send_message('{"op": "nonsense"}')
                    assert "error" in await connection.get_message()


def test_it_listens_on_loopback_only() -> None:
    """Without ``--host`` nobody from another machine can reach it, on either port."""
    with running_daemon() as daemon:
        for url in (daemon.rest, daemon.ws):
            port = int(url.rpartition(":")[2])
            # Bound to every address, it would hold this one, also loopback, of its own.
            with socket.socket() as other:
                other.bind(("127.0.0.2", port))


def test_another_address() -> None:
    """``--host`` is listened on and told, with IPv6 in brackets."""
    with launched(*FREE_PORTS, "--host", "::1") as daemon:
        daemon.wait_ready()
        assert daemon.rest.startswith("http://[::1]:")
        with closing(Api(daemon.rest)) as api:
            assert api.get("/api/v1/health").status_code == 200


def test_a_port_in_use() -> None:
    """One clear line that names address, port and flag; exit 3; for either port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for flag, other in (("ws-port", "rest-port"), ("rest-port", "ws-port")):
            done = run_serve(f"--{flag}", port, f"--{other}", "0")
            assert (done.returncode, done.stdout) == (3, "")
            assert done.stderr == (
                f"ailoop: cannot listen on 127.0.0.1 port {port}: Address already in use; "
                f"choose another with --{flag} (0 picks a free one)\n"
            )


def test_an_address_that_is_not_here() -> None:
    """A host nobody knows, or that is another machine's: exit 3 in one line."""
    for host in ("nosuch.invalid", "192.0.2.1", ""):
        done = run_serve(*FREE_PORTS, "--host", host)
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr.startswith(f"ailoop: cannot listen on {host}")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_an_address_that_others_can_reach(host: str) -> None:
    """It is refused in one line, unless somebody says that it is meant; then it is logged."""
    done = run_serve(*FREE_PORTS, "--host", host)
    assert (done.returncode, done.stdout) == (3, "")
    assert "--insecure-no-auth" in done.stderr
    assert done.stderr.count("\n") == 1
    with launched(*FREE_PORTS, "--host", host, "--insecure-no-auth") as daemon:
        daemon.wait_ready()
        daemon.popen.terminate()
        assert daemon.wait() == 0
        assert "no_authentication" in daemon.stderr


def test_the_ports_are_free_again_at_once() -> None:
    """A restart on the same ports does not wait for the kernel to forget connections."""
    with running_daemon() as first:
        with closing(Api(first.rest)) as api:
            api.get("/api/v1/health")
            first.popen.terminate()
            assert first.wait() == 0
        ports = [url.rpartition(":")[2] for url in (first.ws, first.rest)]
    with launched("--ws-port", ports[0], "--rest-port", ports[1]) as second:
        second.wait_ready()
        assert (second.ws, second.rest) == (first.ws, first.rest)
