"""How the tests run the benchmark programme: as people do, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["ROOT", "bench"]

ROOT = Path(__file__).parents[2]


def bench(*arguments: str | Path, patience: float = 55) -> subprocess.CompletedProcess[str]:
    """Run the programme. Servers that are traced for coverage would take their time."""
    traced = ("COVERAGE_", "COV_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(traced)}
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=patience,
        check=False,
    )
