"""Programs of Node's, run to their end."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.needs import needs, needs_npm_ci

__all__ = [
    "OTHERS",
    "ROOT",
    "TYPESCRIPT",
    "built",
    "needs_typescript",
    "program",
    "run",
    "tool",
]

ROOT = Path(__file__).resolve().parents[2]
TYPESCRIPT = ROOT / "typescript"

OTHERS = ("sealed", "receipts")
"""The entries of the package beside the main one."""


def needs_typescript(test: Any) -> Any:
    """Mark a test that needs Node, npm and what npm has installed."""
    marks = (needs("npm", "apt-get install nodejs npm"), needs_npm_ci)
    for mark in (*marks, pytest.mark.timeout(300)):
        test = mark(test)
    return test


def tool(name: str) -> tuple[str, str]:
    """Return the command of a tool that npm has installed."""
    return ("node", str(TYPESCRIPT / "node_modules" / name))


def run(*command: str | Path, cwd: Path, check: bool = True, **more: Any) -> str:
    """Run a command and return what it says, on whichever stream."""
    told = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **more,
    )
    assert not check or told.returncode == 0, told.stdout
    return told.stdout


def built() -> Path:
    """Return the folder of what is published, made of the sources as they are."""
    made = TYPESCRIPT / "dist"
    entry = made / "esm" / "index.d.ts"
    newest = max(one.stat().st_mtime for one in (TYPESCRIPT / "src").rglob("*.ts"))
    if not entry.exists() or entry.stat().st_mtime < newest:
        run("node", "build.mjs", cwd=TYPESCRIPT)
    return made


@contextmanager
def program(code: str, folder: Path) -> Iterator[Path]:
    """Bundle a program that uses the client, with the client's sources, for Node to run."""
    source = folder / "program.ts"
    source.write_text(code)
    # Beside node_modules, for `ws` to be found where Node needs it.
    cache = TYPESCRIPT / "node_modules" / ".cache"
    cache.mkdir(exist_ok=True)
    made = cache / f"{uuid4()}.mjs"
    esbuild = TYPESCRIPT / "node_modules" / ".bin" / "esbuild"
    entries = {"ailoop-js": "index", **{f"ailoop-js/{one}": one for one in OTHERS}}
    aliases = [f"--alias:{k}={TYPESCRIPT / 'src' / v}.ts" for k, v in entries.items()]
    flags = ("--bundle", "--platform=node", "--format=esm", "--external:ws")
    run(
        esbuild,
        source,
        *flags,
        *aliases,
        f"--outfile={made}",
        "--log-level=error",
        cwd=TYPESCRIPT,
    )
    try:
        yield made
    finally:
        made.unlink()
