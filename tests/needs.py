"""What a test needs beside Python, and what to do where it is missing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

__all__ = ["has_typescript", "needs", "needs_npm_ci"]

_NPM_CI = Path(__file__).resolve().parents[1] / "typescript" / "node_modules"


def needs(program: str, install: str) -> pytest.MarkDecorator:
    """Skip a test where a program is missing, with the line that installs it.

    With ``AILOOP_STRICT`` set, as in CI, nothing is skipped: the test runs and fails.
    """
    missing = shutil.which(program) is None and not os.environ.get("AILOOP_STRICT")
    return pytest.mark.skipif(missing, reason=f"{program} is missing; try: {install}")


def has_typescript() -> bool:
    """Whether TypeScript can run here; with ``AILOOP_STRICT`` set it has to."""
    there = shutil.which("node") is not None and _NPM_CI.is_dir()
    return there or bool(os.environ.get("AILOOP_STRICT"))


needs_npm_ci = pytest.mark.skipif(
    not _NPM_CI.is_dir() and not os.environ.get("AILOOP_STRICT"),
    reason="what TypeScript needs is not installed; try: npm ci in the folder typescript",
)
"""Skip a test where nobody has installed what the TypeScript client is built with."""
