"""What the figures were measured on, and with which versions."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

__all__ = ["describe_machine"]

_LIBRARIES = (
    "ailoop",
    "trio",
    "trio-websocket",
    "hypercorn",
    "quart-trio",
    "orjson",
    "fastapi",
    "uvicorn",
    "uvloop",
    "httptools",
    "websockets",
)


def describe_machine() -> dict[str, str]:
    """Return what may matter, as texts."""
    return {
        "cpu": _cpu_model(),
        "cores": str(os.cpu_count()),
        "load average": f"{os.getloadavg()[0]:.1f} before the run",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: version(name) for name in _LIBRARIES},
    }


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.processor()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
