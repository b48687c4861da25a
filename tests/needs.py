"""What a test needs beside Python, and what to do where it is missing."""

from __future__ import annotations

import os
import shutil

import pytest

__all__ = ["needs"]


def needs(program: str, install: str) -> pytest.MarkDecorator:
    """Skip a test where a program is missing, with the line that installs it.

    With ``AILOOP_STRICT`` set, as in CI, nothing is skipped: the test runs and fails.
    """
    missing = shutil.which(program) is None and not os.environ.get("AILOOP_STRICT")
    return pytest.mark.skipif(missing, reason=f"{program} is missing; try: {install}")
