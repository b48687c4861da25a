"""What a test needs beside Python, and what to do where it is missing."""

from __future__ import annotations

import os
import shutil

import pytest

__all__ = ["CLAUDE", "needs"]


def needs(program: str, install: str) -> pytest.MarkDecorator:
    """Skip a test where a program is missing, with the line that installs it.

    With ``AILOOP_STRICT`` set, as in CI, nothing is skipped: the test runs and fails.
    """
    missing = shutil.which(program) is None and not os.environ.get("AILOOP_STRICT")
    return pytest.mark.skipif(missing, reason=f"{program} is missing; try: {install}")


CLAUDE = pytest.mark.skipif(
    shutil.which("claude") is None,
    reason="Claude Code is not on this machine, which CI does not install either, so that this "
    "is skipped also where nothing else is; try: npm install -g @anthropic-ai/claude-code",
)
"""Skip a test without Claude Code; with it, the test needs neither an account nor a network."""
