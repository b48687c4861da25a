"""The client's types are those of the daemon's document, and a change of either is noticed."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from tests.typescript.kit import TYPESCRIPT, needs_typescript, run, tool
from tests.typescript.openapi import COMMITTED, generated

MODEL = Path("src/model.ts")
FORM = Path("src/form.ts")
DOCUMENT = Path("tests/openapi.d.ts")
PROOF = Path("tests/types/openapi.ts")

CHANGES = {
    "a member that may be missing": (MODEL, "readonly timeout_seconds: number", "?"),
    "a member that may be null": (MODEL, "readonly seen_at: string | null;", "-null"),
    "a member that is gone": (MODEL, "readonly expires_in: number;", ""),
    "another value": (MODEL, '"urgent"', '"urgent" | "whispered"'),
    "another state": (DOCUMENT, '"pending" | "answered"', '"pending" | "asleep" | "answered"'),
    "a new member": (DOCUMENT, "choices?: string[] | null;", "&\n hint?: string | null;"),
    "no edits": (MODEL, "readonly editable?: boolean;", ""),
    "a keyword of a field": (DOCUMENT, "maxLength?: number;", "&\n pattern?: string;"),
    "a kind of field": (FORM, " | FormBoolean", ""),
    "a format": (FORM, '"email" | ', ""),
    "a new content": (
        DOCUMENT,
        'Content: components["schemas"]["Question"]',
        "& | {type: 'x'}",
    ),
    "a member of health": (DOCUMENT, "journal?: string;", "&\n mood?: string;"),
}
"""By what is done: the file, what is in it, and what to write for it; ``&`` is what it was."""


@needs_typescript
def test_the_committed_types_are_the_daemon_s() -> None:
    """What ``tsc`` reads is what the daemon says; to write it anew, run the module."""
    assert COMMITTED.read_text() == generated(), "python -m tests.typescript.openapi"


def copied(folder: Path, path: Path | None = None, before: str = "", after: str = "") -> None:
    """Copy what the proof needs, with a change."""
    for one in (DOCUMENT, PROOF):
        (folder / one.parent).mkdir(parents=True, exist_ok=True)
        shutil.copy(TYPESCRIPT / one, folder / one)
    shutil.copytree(TYPESCRIPT / "src", folder / "src")
    if path is None:
        return
    text = (folder / path).read_text()
    assert before in text
    if after == "?":
        after = before.replace(":", "?:")
    elif after == "-null":
        after = before.replace(" | null", "")
    (folder / path).write_text(text.replace(before, after.replace("&", before), 1))


@needs_typescript
def test_a_change_is_noticed(tmp_path: Path) -> None:
    """As they are, the types are one; after any change of either side they are not."""
    copied(tmp_path / "none")
    for number, change in enumerate(CHANGES.values()):
        copied(tmp_path / str(number), *change)
    settings = {
        "extends": str(TYPESCRIPT / "tsconfig.json"),
        "compilerOptions": {"typeRoots": [str(TYPESCRIPT / "node_modules" / "@types")]},
        "include": [f"*/{PROOF}"],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(settings))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    told = run(*tool("typescript/bin/tsc"), "-p", tmp_path, cwd=tmp_path, check=False)
    line = re.compile(rf"^(\w+)/{re.escape(str(PROOF))}\(\d+,\d+\): error TS2344", re.MULTILINE)
    noticed = set(line.findall(told))
    assert noticed == {str(number) for number in range(len(CHANGES))}, told
