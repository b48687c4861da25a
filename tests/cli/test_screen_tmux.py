"""From an agent's ``ailoop authorize`` to a person in tmux and back."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.commands import finish, started
from tests.daemon.process import AILOOP, DaemonProcess, environment, eventually
from tests.needs import needs

Tmux = Callable[..., str]


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    """Runs a command of a tmux server of its own."""

    def tmux(*arguments: str) -> str:
        return subprocess.run(
            ["tmux", "-f", "/dev/null", "-S", str(tmp_path / "tmux"), *arguments],
            env=environment({"LC_ALL": "C.UTF-8"}),
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
        ).stdout

    yield tmux
    subprocess.run(["tmux", "-S", str(tmp_path / "tmux"), "kill-server"], check=False)


@needs("tmux", "apt-get install tmux")
def test_end_to_end(daemon: DaemonProcess, channel: str, tmux: Tmux) -> None:
    """A person approves in one window of a real terminal what an agent asks for elsewhere."""

    def wait_for(*texts: str) -> str:
        def look() -> str:
            screen = tmux("capture-pane", "-p", "-t", "it")
            return screen if all(text in screen for text in texts) else ""

        return eventually(look, f"{texts} in tmux")

    tmux("new-session", "-d", "-s", "it", "-x", "100", "-y", "30", "/bin/sh")
    tmux("send-keys", "-t", "it", "echo before", "Enter")
    where = ["-c", channel, "--server", daemon.rest]
    command = " ".join([*AILOOP, "inbox", *where, "--as", "ada"])
    tmux("send-keys", "-t", "it", f"clear; echo shell; {command}", "Enter")
    wait_for("connected", "Nothing is waiting")
    with started("authorize", "drop table 好", *where) as agent:
        screen = wait_for("a approve   d deny", "drop table 好")
        assert len(screen.splitlines()) == 30
        tmux("resize-window", "-t", "it", "-x", "60", "-y", "20")
        wait_for("a approve   d deny", "drop table 好")
        tmux("send-keys", "-t", "it", "a")
        wait_for("APPROVE. Reason, if any:")
        tmux("send-keys", "-t", "it", "-l", "fine by me")
        tmux("send-keys", "-t", "it", "Enter")
        done = finish(agent)
        assert (done.returncode, done.stdout) == (0, "approved: fine by me\n")
        wait_for("approved by ada via terminal (fine by me)", "0 waiting")
        tmux("send-keys", "-t", "it", "q")
        # What is typed before the terminal is given back is dropped.
        command_now = ("display-message", "-p", "-t", "it", "#{pane_current_command}")
        eventually(lambda: tmux(*command_now).strip() in ("sh", "dash", "bash"), "the shell")
        assert "shell" in tmux("capture-pane", "-p", "-t", "it")
        assert "ailoop   connected" not in tmux("capture-pane", "-p", "-t", "it")
        tmux("send-keys", "-t", "it", "echo typed", "Enter")
        wait_for("\ntyped")
