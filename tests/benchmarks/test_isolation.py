"""Bad readers: the workload works, and a message that is gone without a word is noticed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.bad_reader import Account, Told
from tests.benchmarks.programme import bench


def message(number: int) -> dict[str, Any]:
    return {"op": "message", "message": {"id": f"01990000-0000-7000-8000-{number:012x}"}}


GAP = {"op": "gap", "channel": "bench", "after": 1, "first": 9}


def test_it_measures(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    done = bench("--smoke", "--json", report, "isolation")
    assert done.returncode == 0, done.stderr
    rows = json.loads(report.read_text())["rows"]
    cases = {row["case"] for row in rows}
    assert cases > {"p50 of the good ones", "p99 of the good ones", "memory they cost"}
    told = [row for row in rows if row["case"].startswith("the bad ones: ")]
    assert sum(row["samples"][0]["value"] for row in told) == 2
    compared = {row["server"] for row in rows if row["case"].startswith("p99")}
    assert compared == {"ailoop", "ailoop, without them"}


def test_everything_may_come() -> None:
    account = Account(after=6)
    for number in (7, 8, 9):
        account.take(message(number))
    assert account.told is Told.EVERYTHING


def test_what_a_gap_tells_of_may_be_missing() -> None:
    account = Account(after=6)
    for frame in (message(7), GAP, message(20), message(21)):
        account.take(frame)
    assert account.told is Told.GAP
    assert account.last == 21


@pytest.mark.parametrize("before", [[message(7)], [message(7), GAP, message(8)]])
def test_what_nothing_tells_of_may_not(before: list[dict[str, Any]]) -> None:
    account = Account(after=6)
    for frame in before:
        account.take(frame)
    with pytest.raises(ValueError, match="is missing without a word"):
        account.take(message(10))
