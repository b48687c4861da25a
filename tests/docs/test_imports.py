"""What ``docs/client.rst`` says an import loads and does not load."""

from __future__ import annotations

import subprocess
import sys

import pytest

SERVER = {"ailoop.broker", "ailoop.daemon", "ailoop.transport", "ailoop.journal"}
SERVER |= {"hypercorn", "quart"}


@pytest.mark.parametrize(
    ("face", "without"),
    [
        ("ailoop", {"trio", "asyncio", "anyio"}),
        ("ailoop.client.trio_client", {"asyncio", "websockets"}),
        ("ailoop.aio", {"trio", "trio_websocket"}),
        ("ailoop.sync", {"trio", "trio_websocket", "websockets"}),
    ],
)
def test_an_import_loads_no_more_than_the_page_says(face, without):
    """No face loads the server, or a loop that is not its own."""
    program = f"import sys, {face}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) & (without | SERVER) == set()
