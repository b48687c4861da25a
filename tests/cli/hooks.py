"""Hooks of Claude Code, as it runs them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from tests.cli.commands import Done, ailoop, finish, started

__all__ = [
    "POLICY",
    "Decided",
    "answer_of",
    "asking",
    "decided",
    "hook_input",
    "policy_file",
    "run_hook",
]

POLICY = """
channel = "CHANNEL"

[[rule]]
decision = "allow"
tool = "Bash"
arguments = { command = "git status *" }

[[rule]]
decision = "deny"
tool = "Bash"
arguments = { command = "rm *" }
reason = "nothing is deleted from here"

[[rule]]
decision = "ask"
tool = "Bash"
arguments = { command = "git push *" }
reason = "others see it"
timeout = 7
"""

Decided = dict[str, Any]


def hook_input(command: Any = "make", **more: Any) -> str:
    """Return what Claude Code tells of a command that is about to be run."""
    told = {
        "session_id": "0d9e",
        "transcript_path": "/home/ann/.claude/t.jsonl",
        "cwd": "/home/ann/project",
        "permission_mode": "default",
        "hook_event_name": "PreToolUse",
        "tool_name": "Bash",
        "tool_input": {"command": command, "description": "Do it"},
        "tool_use_id": os.urandom(8).hex(),
        **more,
    }
    return orjson.dumps({k: v for k, v in told.items() if v is not None}).decode()


def run_hook(given: str, *flags: str, env: Mapping[str, str] | None = None) -> Done:
    """Run a hook to its end."""
    return ailoop("hook", "claude-code", *flags, typed=given, env=env)


def decided(done: Done) -> Decided:
    """Return the decision, which has to be all that there is on standard output."""
    assert done.returncode == 0, done.stderr
    told = orjson.loads(done.stdout)["hookSpecificOutput"]
    assert told.pop("hookEventName") == "PreToolUse"
    return told


@contextmanager
def asking(
    given: str, *flags: str, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Start a hook that has been told everything."""
    with started("hook", "claude-code", *flags, env=env) as popen:
        assert popen.stdin is not None
        popen.stdin.write(given)
        popen.stdin.close()
        popen.stdin = None
        yield popen


def policy_file(folder: Path, channel: str, text: str = POLICY) -> Path:
    """Write a policy."""
    path = folder / "ailoop-policy.toml"
    path.write_text(text.replace("CHANNEL", channel))
    return path


def answer_of(popen: subprocess.Popen[str]) -> Decided:
    """Return the decision of a started hook."""
    return decided(finish(popen))
