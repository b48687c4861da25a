"""The page about metrics, the alerts and the dashboard name what there is, and all of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.docs.blocks import DOCS, ROOT
from tests.metrics.kit import Answer, scrape
from tests.serving import V1, serving, talking

ALERTS = ROOT / "container" / "prometheus-alerts.yaml"
DASHBOARD = ROOT / "container" / "grafana-dashboard.json"

_METRIC = re.compile(r"\b((?:ailoop|process|python)_\w+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
_OF_PROMETHEUS = {"job", "instance"}
"""Labels that every series gets when it is read."""


def alerts() -> list[dict[str, Any]]:
    """Return every alert."""
    return [
        one for group in yaml.safe_load(ALERTS.read_text())["groups"] for one in group["rules"]
    ]


def panels() -> list[dict[str, Any]]:
    """Return every panel that shows something."""
    return [one for one in json.loads(DASHBOARD.read_text())["panels"] if one["type"] != "row"]


def expressions() -> Iterator[Any]:
    """Yield every query of both files, with a name for the test."""
    for one in alerts():
        yield pytest.param(one["expr"], id=one["alert"])
    for panel in panels():
        for target in panel["targets"]:
            yield pytest.param(target["expr"], id=f"{panel['title']} {target['refId']}")


async def everything() -> Answer:
    """Return an answer of a daemon with one connection, so that no series is missing."""
    async with serving() as server, talking(server.socket_url("ws"), V1, role="agent"):
        return await scrape(server)


@pytest.mark.parametrize("expression", list(expressions()))
async def test_a_query_finds_something(expression: str) -> None:
    """Each metric of a query exists, and has the labels and values that are asked for."""
    answer = await everything()
    used = _METRIC.findall(expression)
    assert used or "up{" in expression
    for name, inside in used:
        assert name in answer.labels, name
        for label, how, wanted in _MATCHER.findall(inside):
            if label in _OF_PROMETHEUS:
                continue
            values = {labels[label] for labels in answer.labels[name]}
            for one in wanted.split("|"):
                pattern = one if how in ("=~", "!~") else re.escape(one)
                assert any(re.fullmatch(pattern, value) for value in values), (name, one)


async def test_a_query_groups_by_labels_that_exist() -> None:
    """What is summed ``by`` a label is of metrics that have it, and so are legends."""
    answer = await everything()
    for param in expressions():
        expression = param.values[0]
        for group in re.findall(r"\bby \(([^)]*)\)", expression):
            for label in set(re.split(r",\s*", group)) - _OF_PROMETHEUS:
                names = [name for name, _ in _METRIC.findall(expression)]
                assert all(label in answer.labels[name][0] for name in names), (label, names)


def test_alerts_are_whole() -> None:
    """Each alert has a name of its own, says how bad it is, and what to do."""
    names = [one["alert"] for one in alerts()]
    assert len(names) == len(set(names)) > 8
    for one in alerts():
        assert one["labels"]["severity"] in ("critical", "warning", "info")
        assert {"summary", "description"} <= set(one["annotations"])


def test_panels_are_whole() -> None:
    """Each panel has a place of its own, and asks the data source that is chosen."""
    shown = json.loads(DASHBOARD.read_text())
    assert len({one["id"] for one in shown["panels"]}) == len(shown["panels"])
    for panel in panels():
        assert panel["datasource"]["uid"] == "${source}"
        assert panel["title"]
        assert panel["description"]
    places = [(one["gridPos"]["x"], one["gridPos"]["y"]) for one in shown["panels"]]
    assert len(places) == len(set(places))
    assert {one["name"] for one in shown["templating"]["list"]} == {"source", "instance"}


async def test_the_page_describes_every_metric() -> None:
    """The tables have a row for each metric, with its labels, and for nothing else."""
    answer = await everything()
    rows = re.findall(r"   \* - ``(\w+)``\n     -(.*)", (DOCS / "metrics.rst").read_text())
    described = [name for name, _ in rows]
    assert len(described) == len(set(described))
    real: dict[str, set[str]] = {}
    for name, found in answer.labels.items():
        histogram = answer.kinds[name] == "histogram"
        base = re.sub(r"_(bucket|count|sum)$", "", name) if histogram else name
        real.setdefault(base, set()).update(*found)
    assert set(described) == set(real)
    for name, cell in rows:
        if name.startswith("ailoop_"):
            assert set(re.findall(r"``(\w+)``", cell)) == real[name] - {"le"}, name
