"""Standard streams that are not there: no traceback, and never an approval."""

from __future__ import annotations

import subprocess

import pytest

from tests.daemon.process import AILOOP, FREE_PORTS, PATIENCE, environment


def run_closed(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command whose shell has closed its standard input (``<&-``)."""
    return subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *AILOOP, *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment(),
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("ask", "Which?"), "end of input"), (("authorize", "deploy"), "denied")],
    ids=["ask", "authorize"],
)
def test_nobody_can_answer(arguments: tuple[str, ...], said: str) -> None:
    """Without an input nobody answers, and nobody approves: exit 1."""
    done = run_closed(*arguments)
    assert done.returncode == 1
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_the_daemon_starts() -> None:
    """A daemon needs no input; this one is stopped by the setting that it cannot have."""
    done = run_closed("serve", *FREE_PORTS, "--host", "203.0.113.1")
    assert done.returncode == 3
    assert "choose another with --host" in done.stderr
    assert "Traceback" not in done.stderr
