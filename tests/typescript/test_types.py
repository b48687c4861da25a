"""The client's types are those of the daemon's document, and a change of either is noticed."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.typescript.kit import TYPESCRIPT, needs_typescript, run, tool
from tests.typescript.openapi import COMMITTED, generated

MODEL = Path("src/model.ts")
DOCUMENT = Path("tests/openapi.d.ts")
PROOF = Path("tests/types/openapi.ts")

CHANGES = {
    "a member that may be missing": (MODEL, "readonly timeout_seconds: number", "?"),
    "a member that may be null": (MODEL, "readonly seen_at: string | null;", "-null"),
    "a member that is gone": (MODEL, "readonly expires_in: number;", ""),
    "another value": (MODEL, '"urgent"', '"urgent" | "whispered"'),
    "another state": (DOCUMENT, '"pending" | "answered"', '"pending" | "asleep" | "answered"'),
    "a new member": (DOCUMENT, "choices?: string[] | null;", "&\n schema?: object | null;"),
    "a new content": (DOCUMENT, 'Content: components["schemas"]["Question"]', "& | {type: 'x'}"),
    "a member of health": (DOCUMENT, "journal?: string;", "&\n mood?: string;"),
}
"""By what is done: the file, what is in it, and what to write for it; ``&`` is what was there."""


@needs_typescript
def test_the_committed_types_are_the_daemon_s() -> None:
    """What ``tsc`` reads is what the daemon says; to write it anew, run the module."""
    assert COMMITTED.read_text() == generated(), "python -m tests.typescript.openapi"


def checked(folder: Path) -> str:
    """Check the proof in a copy of what it needs; return what TypeScript says."""
    base = str(TYPESCRIPT / "tsconfig.json")
    types = {"typeRoots": [str(TYPESCRIPT / "node_modules" / "@types")]}
    settings = {"extends": base, "compilerOptions": types, "include": [str(PROOF)], "exclude": []}
    (folder / "tsconfig.json").write_text(json.dumps(settings))
    (folder / "package.json").write_text('{"type": "module"}')
    return run(*tool("typescript/bin/tsc"), "-p", folder, cwd=folder, check=False)


@needs_typescript
@pytest.mark.parametrize("change", [None, *CHANGES])
def test_a_change_is_noticed(change: str | None, tmp_path: Path) -> None:
    """As they are, the types are one; after any change of either side they are not."""
    for path in (DOCUMENT, PROOF):
        (tmp_path / path.parent).mkdir(parents=True, exist_ok=True)
        shutil.copy(TYPESCRIPT / path, tmp_path / path)
    shutil.copytree(TYPESCRIPT / "src", tmp_path / "src")
    if change is None:
        assert checked(tmp_path) == ""
        return
    path, before, after = CHANGES[change]
    text = (tmp_path / path).read_text()
    assert before in text
    if after == "?":
        after = before.replace(":", "?:")
    elif after == "-null":
        after = before.replace(" | null", "")
    (tmp_path / path).write_text(text.replace(before, after.replace("&", before), 1))
    told = checked(tmp_path)
    assert re.search(r"^tests/types/openapi\.ts\(\d+,\d+\): error TS2344", told, re.M), told
