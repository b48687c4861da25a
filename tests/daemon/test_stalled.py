"""Peers that stop reading cannot keep a stopping daemon alive."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess, eventually, running_daemon
from tests.daemon.sockets import connected, send_text, upgrade

FILLING = 500
TEXT = "x" * 16_000


@contextmanager
def full_channel() -> Iterator[tuple[DaemonProcess, Api]]:
    """Run a daemon with far more on the channel ``big`` than sockets buffer."""
    with running_daemon("--grace-seconds", "1") as daemon, closing(Api(daemon.rest)) as api:
        for _ in range(FILLING // 50):
            batch = [{"channel": "big", "content": {"type": "notification", "text": TEXT}}] * 50
            assert api.post_many(batch).status_code == 201
        yield daemon, api


def stops_in_time(daemon: DaemonProcess) -> None:
    """Check that it exits by itself, with 0, far before anybody would give up on it."""
    daemon.signal(signal.SIGTERM)
    assert daemon.popen.wait(15) == 0


def test_http_responses_nobody_reads() -> None:
    """Clients that asked for much over HTTP and read none of it: exit 0 within the grace."""
    with full_channel() as (daemon, api), ExitStack() as stack:
        for _ in range(3):
            sock = stack.enter_context(connected(daemon.rest, reads=False))
            sock.sendall(
                b"GET /api/channels/big/messages?limit=1000 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            )
            assert sock.recv(1) == b"H"  # the response has begun
        assert api.get("/api/v1/health").status_code == 200
        stops_in_time(daemon)


def test_websockets_nobody_reads() -> None:
    """Subscribers that stopped reading, on both ports: exit 0 within the grace."""
    with full_channel() as (daemon, api), ExitStack() as stack:
        for url in (daemon.ws, daemon.rest):
            sock = stack.enter_context(connected(url, reads=False))
            upgrade(sock)
            send_text(sock, '{"subscribe":"big"}')
            assert sock.recv(1)  # the replay has begun
        eventually(
            lambda: api.get("/api/stats").json()["viewer_connections"] == 2, "two subscribers"
        )
        stops_in_time(daemon)


def test_a_handshake_nobody_finishes() -> None:
    """Connections that never say what they want do not hold it up either."""
    with running_daemon("--grace-seconds", "1") as daemon, ExitStack() as stack:
        for url in (daemon.ws, daemon.rest):
            sock = stack.enter_context(connected(url))
            sock.sendall(b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        stops_in_time(daemon)
