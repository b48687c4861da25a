"""What importing the client costs: no server comes with it, and no loop but its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ailoop.version import __version__

SERVER = (
    "click",
    "flask",
    "h2",
    "hypercorn",
    "jinja2",
    "prometheus_client",
    "quart",
    "quart_trio",
    "structlog",
    "typed_settings",
    "werkzeug",
)
CRYPTOGRAPHY = {"cryptography", "joserfc", "ailoop.trust.receipt", "ailoop.trust.receipt_check"}
OURS = ("broker", "journal", "transport", "daemon", "cli")

ON_TRIO = """
import trio
from ailoop import AiloopClient, Patience, Unreachable
async def main():
    async with AiloopClient({url!r}, patience=Patience(give_up_seconds=0)): pass
try: trio.run(main)
except Unreachable: print("unreachable")
"""
ON_ASYNCIO = """
import asyncio
from ailoop.aio import AiloopClient, Patience, Unreachable
async def main():
    async with AiloopClient({url!r}, patience=Patience(give_up_seconds=0)): pass
try: asyncio.run(main())
except Unreachable: print("unreachable")
"""
BLOCKING = """
from ailoop.sync import AiloopClient, Patience, Unreachable
try:
    with AiloopClient({url!r}, patience=Patience(give_up_seconds=0)): pass
except Unreachable: print("unreachable")
"""
NO_ASYNCIO = {"asyncio", "websockets"}
NO_TRIO = {"trio", "trio_websocket"}
OUR_TRIO = {"trio_websocket", "ailoop.client.trio_client", "ailoop.client.trio_socket"}


class HalfAServer(ThreadingHTTPServer):
    """Knows whether it was asked for a WebSocket."""

    socket_asked = False


class HealthOnly(BaseHTTPRequestHandler):
    """A server that is well, and whose WebSocket cannot be opened."""

    server: HalfAServer

    def do_GET(self) -> None:
        well = self.path == "/api/v1/health"
        self.server.socket_asked |= not well
        body = json.dumps({"version": __version__}).encode() if well else b""
        self.send_response(200 if well else 502)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be silent."""


@contextmanager
def half_a_server() -> Iterator[HalfAServer]:
    """Serve health and nothing else."""
    with HalfAServer(("127.0.0.1", 0), HealthOnly) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def loaded_by(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter has after a statement."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import ailoop",
        "from ailoop import AiloopClient",
        "import ailoop.client",
        "import ailoop.aio",
        "import ailoop.sync",
    ],
)
def test_no_server(statement: str) -> None:
    """An agent that imports the client loads no module of the server."""
    loaded = loaded_by(statement)
    assert loaded.isdisjoint({*SERVER, *(f"ailoop.{name}" for name in OURS)})


@pytest.mark.parametrize("face", ["ailoop", "ailoop.aio", "ailoop.sync"])
def test_no_cryptography(face: str) -> None:
    """A client loads what verifies receipts only when it is given a key."""
    made = f"from {face} import AiloopClient; AiloopClient("
    assert loaded_by(f"{made})").isdisjoint(CRYPTOGRAPHY)
    key = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert loaded_by(f"{made}receipt_key={key})") >= CRYPTOGRAPHY


def test_cheap() -> None:
    """``import ailoop`` alone loads neither the client nor Trio."""
    assert loaded_by("import ailoop").isdisjoint({"trio", "httpx2", "ailoop.client"})


@pytest.mark.parametrize(
    ("statement", "without"),
    [
        ("import ailoop", NO_ASYNCIO | NO_TRIO),
        ("from ailoop import AiloopClient", NO_ASYNCIO),
        ("import ailoop.aio", NO_TRIO),
        ("import ailoop.sync", NO_ASYNCIO | NO_TRIO),
        ("from ailoop.sync import AiloopClient", NO_ASYNCIO | NO_TRIO),
    ],
)
def test_no_other_loop(statement: str, without: set[str]) -> None:
    """A face loads no loop but its own; what blocks loads its loop when it is used."""
    assert loaded_by(statement).isdisjoint(without)


@pytest.mark.parametrize(
    ("program", "without"),
    [
        (ON_TRIO, {*NO_ASYNCIO, "ailoop.client.asyncio_client"}),
        (ON_ASYNCIO, OUR_TRIO),
        (BLOCKING, OUR_TRIO),
    ],
)
@pytest.mark.parametrize("answers", [True, False])
def test_no_other_loop_after_use(program: str, without: set[str], answers: bool) -> None:
    """A client that has tried HTTP, and a WebSocket, has loaded no other loop.

    But httpcore2 imports Trio on any loop where it is installed.
    """
    with half_a_server() as server:
        port = server.server_port if answers else 1
        loaded = loaded_by(program.format(url=f"http://127.0.0.1:{port}"))
        assert server.socket_asked is answers
    assert "unreachable" in loaded
    assert loaded.isdisjoint(without)


@pytest.mark.parametrize(
    ("program", "missing"),
    [(ON_TRIO, {"websockets"}), (ON_ASYNCIO, NO_TRIO), (BLOCKING, NO_TRIO)],
)
def test_no_need_of_another_loop(program: str, missing: set[str]) -> None:
    """A client speaks HTTP, and tries a WebSocket, where no other loop can be imported."""
    without = f"sys.modules.update(dict.fromkeys({missing}))"
    with half_a_server() as server:
        url = f"http://127.0.0.1:{server.server_port}"
        assert "unreachable" in loaded_by(without + program.format(url=url))
        assert server.socket_asked


def test_every_public_name() -> None:
    """Every name that the package promises is there, and no other."""
    import ailoop

    for name in ailoop.__all__:
        assert getattr(ailoop, name) is not None
    with pytest.raises(AttributeError):
        _ = ailoop.nothing
