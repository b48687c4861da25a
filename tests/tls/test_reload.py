"""SIGHUP: a certificate is replaced while connections stay open; a bad one changes nothing."""

from __future__ import annotations

import signal
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import trio
from structlog.testing import capture_logs

from tests.daemon.process import DaemonProcess, eventually, running_daemon
from tests.serving import PATIENCE, V1, note
from tests.tls.kit import Papers


@pytest.fixture
def daemon(papers: Papers) -> Iterator[DaemonProcess]:
    """Run a daemon that speaks TLS."""
    with running_daemon(*papers.flags, "--log-format", "json") as process:
        yield process


def shown_names(url: str, papers: Papers) -> set[str]:
    """Return the names of the certificate that a new connection is shown."""
    trust = papers.trust()
    trust.check_hostname = False
    host, _, port = url.rpartition("//")[2].rpartition(":")
    with (
        socket.create_connection((host, int(port)), PATIENCE) as plain,
        trust.wrap_socket(plain, server_hostname=host) as secure,
    ):
        certificate: dict[str, Any] = secure.getpeercert() or {}
    return {value for _, value in certificate["subjectAltName"]}


def events(daemon: DaemonProcess, name: str) -> list[dict[str, Any]]:
    """Return what the log has under one name."""
    ended = daemon.stderr.rpartition("\n")[0]
    return [one for one in map(orjson.loads, ended.splitlines()) if one["event"] == name]


def open_request(daemon: DaemonProcess, papers: Papers) -> ssl.SSLSocket:
    """Open a connection to the REST port, and leave it open."""
    host, _, port = daemon.rest.rpartition("//")[2].rpartition(":")
    plain = socket.create_connection((host, int(port)), PATIENCE)
    return papers.trust().wrap_socket(plain, server_hostname=host)


def ask_health(secure: ssl.SSLSocket) -> bytes:
    secure.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    return secure.recv(16)


def test_a_new_certificate(daemon: DaemonProcess, papers: Papers) -> None:
    """New connections get it, on both ports; the open one goes on."""
    with open_request(daemon, papers) as before:
        assert ask_health(before).startswith(b"HTTP/1.1 200")
        papers.issue("127.0.0.1", "renewed.example")
        assert shown_names(daemon.rest, papers) == {"127.0.0.1"}
        daemon.signal(signal.SIGHUP)
        eventually(lambda: events(daemon, "reloaded"), "the reload")
        for url in (daemon.rest, daemon.ws):
            assert shown_names(url, papers) == {"127.0.0.1", "renewed.example"}
        while not before.recv(65536).endswith(b"}"):
            pass
        assert ask_health(before).startswith(b"HTTP/1.1 200")
    daemon.signal(signal.SIGTERM)
    assert daemon.wait() == 0


@pytest.mark.parametrize("what", ["nonsense", "missing", "other key"])
def test_a_bad_one_keeps_the_old(daemon: DaemonProcess, papers: Papers, what: str) -> None:
    """The log says why; and once the files are good again, they are taken."""
    cert, key = Path(papers.settings["tls_cert"]), Path(papers.settings["tls_key"])
    good = cert.read_bytes(), key.read_bytes()
    if what == "nonsense":
        cert.write_text("nonsense")
    elif what == "missing":
        key.unlink()
    else:
        papers.issue(to="other")
        key.write_bytes((papers.folder / "other-key.pem").read_bytes())
    daemon.signal(signal.SIGHUP)
    (failed,) = eventually(lambda: events(daemon, "reload_failed"), "the failure")
    assert failed["level"] == "error"
    assert failed["why"].startswith("tls_cert: " if what == "nonsense" else "tls_key: ")
    for url in (daemon.rest, daemon.ws):
        assert shown_names(url, papers) == {"127.0.0.1"}
    cert.write_bytes(good[0])
    key.write_bytes(good[1])
    daemon.signal(signal.SIGHUP)
    eventually(lambda: events(daemon, "reloaded"), "the reload")
    daemon.signal(signal.SIGTERM)
    assert daemon.wait() == 0


def test_without_tls_it_is_the_end() -> None:
    """A daemon with nothing to read again ends on SIGHUP, as when its terminal is closed."""
    with running_daemon() as daemon:
        daemon.signal(signal.SIGHUP)
        assert daemon.wait() == 0


def test_at_a_terminal_it_is_the_end(papers: Papers) -> None:
    """A daemon whose inbox is on a terminal ends with it, whatever it could read again."""
    with running_daemon(*papers.flags, "--inbox") as daemon:
        daemon.signal(signal.SIGHUP)
        assert daemon.wait() == 0


def test_it_reloads_under_nohup(papers: Papers) -> None:
    """Started to outlive its terminal, it still reads its certificate again."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with running_daemon(*papers.flags, "--log-format", "json") as daemon:
            signal.signal(signal.SIGHUP, before)
            daemon.signal(signal.SIGHUP)
            eventually(lambda: events(daemon, "reloaded"), "the reload")
            daemon.signal(signal.SIGTERM)
            assert daemon.wait() == 0
    finally:
        signal.signal(signal.SIGHUP, before)


async def test_a_websocket_lives_on(papers: Papers) -> None:
    """What is open keeps its keys: it gets messages after the reload as before."""
    async with (
        papers.serving() as server,
        papers.talking(server, "ws", subprotocol=V1, role="agent") as talk,
    ):
        await talk.call("subscribe", ref=1, channels=["a"])
        papers.issue("127.0.0.1", "renewed.example")
        with capture_logs() as logs:
            await server.daemon.reload()
        assert [one["event"] for one in logs] == ["certificate", "reloaded"]
        await server.post(note())
        assert (await talk.receive())["message"]["content"]["text"] == "hello"
        names = await trio.to_thread.run_sync(shown_names, server.daemon.ws_url, papers)
        assert "renewed.example" in names


async def test_reloads_come_one_after_the_other(papers: Papers) -> None:
    """Many at a time end with what the files say last."""
    async with papers.serving() as server:
        async with trio.open_nursery() as nursery:
            for _ in range(10):
                nursery.start_soon(server.daemon.reload)
        assert server.daemon.certificate is not None
        names = await trio.to_thread.run_sync(shown_names, server.daemon.rest_url, papers)
        assert names == {"127.0.0.1"}
