"""Too much of everything, against a process whose memory is measured while it has to answer."""

from __future__ import annotations

import resource
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from tests.attacks.kit import megabytes
from tests.daemon.api import Api
from tests.daemon.process import (
    FREE_PORTS,
    PATIENCE,
    DaemonProcess,
    eventually,
    launched,
    running_daemon,
)
from tests.daemon.sockets import connected, upgrade
from tests.ws.kit import frame

HALF_OPEN = 10_000
HUGE = 100 * 1024 * 1024
PIECE = b" " * (1024 * 1024)

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def daemon() -> Iterator[DaemonProcess]:
    """Run a daemon that has served a request, so that what is loaded late is there."""
    with running_daemon("--log-level", "error") as process:
        with closing(Api(process.rest)) as api:
            api.ask("warm", "?")
        yield process


@contextmanager
def bounded_growth(daemon: DaemonProcess, most: float) -> Iterator[None]:
    """Check that the process grows by no more than so many megabytes, and lives on."""
    before = megabytes(daemon.popen.pid)
    yield
    grown = megabytes(daemon.popen.pid) - before
    assert grown < most, f"{grown:.0f} MB more"
    with closing(Api(daemon.rest)) as api:
        assert api.get("/api/v1/health").json()["status"] == "healthy"
    assert daemon.stderr == "", daemon.stderr[-3000:]


def may_open(count: int) -> bool:
    """Raise how many descriptors this process may have, and say whether they are enough."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        return False
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    return True


@pytest.fixture
def descriptors() -> Iterator[None]:
    """Have as many descriptors as the flood needs, and as many as before afterwards."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if not may_open(HALF_OPEN + 500):
        pytest.skip(
            f"this machine allows {before[1]} descriptors, {HALF_OPEN + 500} are needed"
        )
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("port", ["ws", "rest"])
@pytest.mark.parametrize("sent", [b"", b"GET /ws HTTP/1.1\r\nHost: localhost\r\n"])
def test_half_open(daemon: DaemonProcess, descriptors: None, port: str, sent: bytes) -> None:
    """Open 10,000 connections that never finish their handshake, and keep them: the process
    holds a tenth of them, answers others all the while, and grows by some megabytes.
    """
    parts = urlsplit(daemon.ws if port == "ws" else daemon.rest)
    with bounded_growth(daemon, 60), ExitStack() as flood, closing(Api(daemon.rest)) as api:
        for number in range(HALF_OPEN):
            sock = flood.enter_context(socket.socket())
            sock.settimeout(PATIENCE)
            sock.connect((parts.hostname, parts.port))
            with suppress(ConnectionError):
                sock.sendall(sent)
            if number % 2500 == 0:
                assert api.ask("flood", "Still there?")
                with connected(daemon.ws) as other:
                    upgrade(other)
        queues = api.get("/api/v1/health").json()["queues"]
        assert queues["newcomers"]["used"] <= queues["newcomers"]["limit"] == 1000
        with connected(daemon.ws) as other:
            upgrade(other)
    with closing(Api(daemon.rest)) as api:

        def all_gone() -> bool:
            return bool(api.get("/api/v1/health").json()["queues"]["sockets"]["used"] < 5)

        eventually(all_gone, "the flood has left")


def test_few_descriptors(descriptors: None) -> None:
    """Do so where the process may have few descriptors: it runs out of none."""
    with ExitStack() as flood:
        first = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))"
        daemon = flood.enter_context(limited_daemon(first))
        parts = urlsplit(daemon.rest)
        for _ in range(2000):
            sock = flood.enter_context(socket.socket())
            sock.settimeout(PATIENCE)
            sock.connect((parts.hostname, parts.port))
        with closing(Api(daemon.rest)) as api:
            assert api.ask("flood", "Still there?")
            assert api.get("/api/v1/health").json()["queues"]["sockets"]["limit"] == 236
        assert daemon.stderr == "", daemon.stderr[-3000:]


@contextmanager
def limited_daemon(first: str) -> Iterator[DaemonProcess]:
    """Run a daemon in a process that does something before."""
    program = (
        f"{first}\nimport sys\nfrom ailoop.cli import main\nsys.argv[0] = 'ailoop'\nmain()"
    )
    command = (sys.executable, "-c", program, "serve")
    with launched(*FREE_PORTS, "--log-level", "error", command=command) as process:
        process.wait_ready()
        yield process


def pour(sock: socket.socket, total: int) -> int:
    """Send so many bytes, or as many as are taken before the connection ends."""
    sent = 0
    with suppress(ConnectionError, TimeoutError):
        while sent < total:
            sock.sendall(PIECE)
            sent += len(PIECE)
    return sent


def answer_of(sock: socket.socket) -> bytes:
    """Return what had come when the connection ended."""
    seen = b""
    with suppress(ConnectionError):
        while more := sock.recv(65536):
            seen += more
    return seen


@pytest.mark.parametrize(
    "length", [b"Content-Length: %d\r\n" % HUGE, b"Transfer-Encoding: chunked\r\n"]
)
def test_huge_body(daemon: DaemonProcess, length: bytes) -> None:
    """Send a body of 100 MB: it is refused, most of it is never taken, none of it is kept."""
    with bounded_growth(daemon, 30), connected(daemon.rest) as sock:
        sock.sendall(
            b"POST /api/v1/messages HTTP/1.1\r\nHost: localhost\r\n" + length + b"\r\n"
        )
        if length.startswith(b"T"):
            sock.sendall(b"%x\r\n" % HUGE)
        else:
            # By its length alone, before any of it has come.
            head = sock.recv(65536)
            assert head.startswith(b"HTTP/1.1 413")
            assert b'"code":"too_large"' in head + answer_of(sock)
            return
        sent = pour(sock, HUGE)
        assert sent < HUGE / 2, f"{sent} bytes were taken"


@pytest.mark.parametrize("port", ["ws", "rest"])
@pytest.mark.parametrize("pieces", [1, 100])
def test_huge_frame(daemon: DaemonProcess, port: str, pieces: int) -> None:
    """Send a frame of 100 MB, or a message of 100 frames of one: the connection is closed."""
    size = HUGE // pieces
    url = daemon.ws if port == "ws" else daemon.rest
    with bounded_growth(daemon, 30), connected(url) as sock:
        upgrade(sock)
        sent = 0
        with suppress(ConnectionError, TimeoutError):
            for number in range(pieces):
                opcode = (0x01 if number == 0 else 0x00) | (0x80 if pieces == 1 else 0)
                sock.sendall(bytes([opcode, 0xFF]) + size.to_bytes(8, "big") + bytes(4))
                taken = pour(sock, size)
                sent += taken
                if taken < size:
                    break
        assert sent < HUGE / 2, f"{sent} bytes were taken"


BOMBS = {
    "arrays": b"[" * 500_000 + b"]" * 500_000,
    "arrays that never close": b"[" * 1_000_000,
    "objects": b'{"a":' * 200_000,
    "just too deep": b'{"a":' * 65 + b"1" + b"}" * 65,
    "deep and wide": b"[" + b",".join([b"[" * 60 + b"]" * 60] * 8000) + b"]",
    "empty arrays": b"[" + b",".join([b"[]"] * 300_000) + b"]",
    "a huge whole number": b"1" * 1_000_000,
    "a huge fraction": b"0." + b"1" * 1_000_000,
    "a huge exponent": b"1e" + b"9" * 1_000_000,
    "an infinite number": b'{"channel":"a","content":{"type":"notification","text":"x"},'
    b'"metadata":{"n":1e999}}',
    "a huge key": b'{"' + b"k" * 1_000_000 + b'":1}',
    "many keys": b"{" + b",".join(b'"%d":1' % n for n in range(90_000)) + b"}",
    "keys that repeat": b"{" + b",".join([b'"a":1'] * 160_000) + b"}",
    "many unknown fields": b'{"channel":"a","content":{"type":"notification","text":"x",'
    + b",".join(b'"%d":1' % n for n in range(90_000))
    + b"}}",
    "not a number": b'{"channel":"a","metadata":{"n":NaN}}',
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_json_bombs(daemon: DaemonProcess, bomb: bytes) -> None:
    """Send JSON that costs more than it weighs, over HTTP and a WebSocket of either port."""
    with bounded_growth(daemon, 80):
        with closing(Api(daemon.rest)) as api:
            answer = api.post_raw(bomb)
            assert 400 <= answer.status_code < 500, answer.text[:200]
            assert answer.json()["code"] in ("bad_json", "invalid_message", "bad_channel")
            assert len(answer.content) < 20_000
        for url in (daemon.ws, daemon.rest):
            with connected(url) as sock:
                upgrade(sock)
                started = time.monotonic()
                sock.sendall(frame(bomb))
                told = b""
                while b'"code"' not in told:
                    assert time.monotonic() < started + PATIENCE
                    more = sock.recv(65536)
                    assert more, told[:200]
                    told += more
                assert b'"internal"' not in told


def test_numbers_stay_numbers(daemon: DaemonProcess) -> None:
    """Send numbers at the edge: they come back as they were, or as what a double holds."""
    told = {
        "most": 2**64 - 1,
        "least": -(2**63),
        "beyond": 2**64,
        "far": 1e300,
        "small": 5e-324,
        "large": 1.7e308,
    }
    content: dict[str, Any] = {"type": "notification", "text": "x"}
    body = {"channel": "a", "content": content}
    with closing(Api(daemon.rest)) as api:
        encoded = orjson.dumps(body)[:-1] + b',"metadata":{%b}}' % b",".join(
            f'"{name}":{value!r}'.encode() for name, value in told.items()
        )
        answer = api.post_raw(encoded)
        assert answer.status_code == 201, answer.text
        assert answer.json()["metadata"] == told
        body["content"] = {"type": "question", "text": "x", "timeout_seconds": 1e300}
        answer = api.post_many([body])
        assert answer.json()[0]["content"]["timeout_seconds"] == 86400


def test_the_last_of_two_members_counts(daemon: DaemonProcess) -> None:
    """Name the channel twice, so that a proxy may see another one: the last counts, always."""
    twice = b'{"channel":"first","channel":"last","content":{"type":"notification","text":"x"}}'
    with closing(Api(daemon.rest)) as api:
        answer = api.post_raw(twice)
        assert answer.json()["channel"] == "last"
