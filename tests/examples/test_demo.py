"""The README's first command, as far as it does not install: the demo on a real terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import trio

from ailoop import AiloopClient
from tests.examples.people import PATIENCE, ROOT, environment


def free_pair() -> int:
    """Return a port that is free together with the next one."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port = int(first.getsockname()[1])
            try:
                socket.create_server(("127.0.0.1", port + 1)).close()
            except OSError:
                continue
            return port


@contextmanager
def demo_on_a_terminal(
    port: int, *options: str
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run the demo on a pseudo-terminal; yield the process and the terminal's other end."""
    master, slave = pty.openpty()
    command = [sys.executable, "examples/demo.py", "--port", str(port), *options]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(""),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        # As a shell does: the terminal is the one that controls the job.
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(slave)
    try:
        yield process, master
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(master)


async def read_until(terminal: int, words: str) -> str:
    """Return what the terminal shows up to some words."""
    shown = ""
    with trio.move_on_after(PATIENCE):
        while words not in shown:
            await trio.lowlevel.wait_readable(terminal)
            shown += os.read(terminal, 4096).decode(errors="replace")
    assert words in shown
    return shown


@pytest.mark.parametrize(
    ("decision", "result"),
    [("y", "approved by terminal: Good morning, world!"), ("n too early", "(too early)")],
)
async def test_the_same_terminal_answers(decision: str, result: str) -> None:
    """A person types the number of a choice and then y or n; the agent goes on with it."""
    with demo_on_a_terminal(free_pair(), "--once") as (process, terminal):
        await read_until(terminal, "3) Ahoy")
        os.write(terminal, b"2\n")
        await read_until(terminal, "you chose 'Good morning'")
        await read_until(terminal, "an agent wants to")
        os.write(terminal, decision.encode() + b"\n")
        await read_until(terminal, result)
        with trio.fail_after(PATIENCE):
            assert await trio.to_thread.run_sync(process.wait) == 0


async def test_ctrl_c_ends_it_cleanly() -> None:
    """After the agent is done the daemon goes on, until Ctrl-C ends both with exit code 0."""
    port = free_pair()
    with demo_on_a_terminal(port) as (process, terminal):
        await read_until(terminal, "3) Ahoy")
        async with AiloopClient(f"http://127.0.0.1:{port + 1}") as client:
            (item,) = await client.pending()
            await client.respond(item["message"].id, "1")
            await read_until(terminal, "an agent wants to")
            (item,) = await client.pending()
            await client.respond(item["message"].id, response_type="authorization_approved")
        await read_until(terminal, "Ctrl-C stops it")
        os.killpg(process.pid, signal.SIGINT)
        with trio.fail_after(PATIENCE):
            assert await trio.to_thread.run_sync(process.wait) == 0
