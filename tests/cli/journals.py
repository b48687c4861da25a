"""Running ``ailoop journal`` on the files of real daemons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from tests.cli.commands import Done, ailoop

QUICK = ("--journal-pause-seconds", "0.05")
"""So that marks and notes are in the file soon."""


def on_file(path: Path, *flags: str) -> tuple[str, ...]:
    return ("--journal", f"sqlite:{path}", *flags)


def run(*arguments: str | Path, code: int = 0) -> Done:
    """Run a command of the group."""
    done = ailoop("journal", *map(str, arguments))
    assert done.returncode == code, done.stderr
    return done


def export_of(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in run("export", path).stdout.splitlines()]
