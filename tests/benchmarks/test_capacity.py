"""What one server holds, and whether it gets slower: each workload works, on tiny counts."""

from __future__ import annotations

import json
import math
import resource
from pathlib import Path

import pytest

from benchmarks.capacity import allow_files
from tests.benchmarks.programme import bench

BASE = {"start → ready", "memory at the start", "memory after a request"}
CONNECTIONS = {
    "memory of one",
    "their first message → all have it",
    "the next message → all have it",
}
STORED = {"memory of one", "sent in arrays, acknowledged"}
PROMPTS = {
    "memory of one",
    "asked, in arrays",
    "another channel, 1 → 1",
    "50 due, deadline → last response",
    "50 due, first → last response",
    "50 due, the server's work",
}


@pytest.mark.parametrize(
    ("name", "cases"),
    [
        ("base", BASE),
        ("connections", CONNECTIONS),
        ("stored", STORED),
        ("open-prompts", PROMPTS),
        ("growth-channels", {"10 subscribers"}),
        ("growth-stored", {"10 subscribers"}),
    ],
)
def test_it_measures(name: str, cases: set[str], tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    done = bench("--smoke", "--json", report, name)
    assert done.returncode == 0, done.stderr
    rows = json.loads(report.read_text())["rows"]
    assert {row["case"] for row in rows} == cases
    assert all(math.isfinite(sample["value"]) for row in rows for sample in row["samples"])


def test_too_few_files_are_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (10, 20))
    with pytest.raises(OSError, match=r"2000 connections need 2100 open files.* allows 20"):
        allow_files(2000)
