"""The benchmark programme works: every server answers, every message arrives."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.programme import bench

SVG = "{http://www.w3.org/2000/svg}svg"

OURS = {"ailoop", "ailoop, ailoop.v1"}
FAN_OUT = {"fan-out": OURS | {"fastapi", "websockets-trio", "tcp-floor"}}
BATCHES = {
    "batch-frames": OURS | {"fastapi", "websockets-trio"},
    "batch-post": {"ailoop", "quart-floor", "fastapi"},
}
REQUESTS = {"post-one": {"ailoop", "quart-floor", "hypercorn-floor", "fastapi"}}
LATENCY = {
    "lone-post": {"ailoop", "fastapi"},
    "ask-answer": {"ailoop, ailoop.v1"},
}


def servers_by_workload(report: dict[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in report["rows"]:
        found[row["workload"]].add(row["server"])
    return dict(found)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["fan-out-10"], FAN_OUT),
        (["batch"], BATCHES),
        (["post-one"], REQUESTS),
        (["lone-post", "ask"], LATENCY),
    ],
)
def test_it_measures_every_server(
    names: list[str], expected: dict[str, set[str]], tmp_path: Path
) -> None:
    report, chart = tmp_path / "report.json", tmp_path / "chart.svg"
    done = bench("--smoke", "--json", report, "--chart", chart, *names)
    assert done.returncode == 0, done.stderr
    told = json.loads(report.read_text())
    assert servers_by_workload(told) == expected
    assert all(sample["value"] > 0 for row in told["rows"] for sample in row["samples"])
    assert all(workload in done.stdout for workload in expected)
    assert ET.parse(chart).getroot().tag == SVG


def test_it_lists_what_there_is() -> None:
    listed = bench("--list")
    assert listed.returncode == 0
    assert {line.split()[0] for line in listed.stdout.splitlines()} > {"fan-out-1", "lone-post"}


def test_it_refuses_an_unknown_workload() -> None:
    refused = bench("no-such")
    assert refused.returncode == 2
    assert "there is no workload no-such" in refused.stderr
