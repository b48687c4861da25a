"""Medians, percentiles, goals, and how they are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.catalogue import WORKLOADS, chosen
from benchmarks.chart import draw
from benchmarks.report import Goal, Row, Sample, at_least, at_most, percentile
from benchmarks.table import groups, to_json, to_text


def row(server: str, *values: float, goals: tuple[Goal, ...] = (), **members: str) -> Row:
    what = {"workload": "fan-out", "case": "1 → 10", "unit": "deliveries/s", **members}
    return Row(server=server, samples=[Sample(v) for v in values], goals=goals, **what)


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert percentile(values, 50) == 50
    assert percentile(values, 99) == 99
    assert percentile(values, 100) == 100
    assert percentile([7.0], 1) == percentile([7.0], 99) == 7
    assert percentile([1.0, 2.0, 3.0], 50) == 2


def test_a_row_has_the_median_of_its_samples() -> None:
    assert row("ailoop", 3, 100, 1).median == 3
    assert row("ailoop", 1, 3).median == 2


@pytest.mark.parametrize(
    ("goal", "met"),
    [
        (at_least(100), True),
        (at_least(101), False),
        (at_most(100), True),
        (at_most(99), False),
        (at_least(2, of="peer"), True),
        (at_least(2.1, of="peer"), False),
        (at_most(1.9, of="peer"), False),
        (at_least(2, of="who"), None),
    ],
)
def test_a_goal_is_a_number_or_a_factor(goal: Goal, met: bool | None) -> None:
    assert goal.met_by(100, {"ailoop": 100, "peer": 50}) is met


def test_the_table_says_how_ours_compares() -> None:
    goals = (at_least(2.5, of="fastapi"), at_least(400_000))
    text = to_text(
        {}, [row("ailoop", 290_000, 300_000, 310_000, goals=goals), row("fastapi", 1e5)]
    )
    assert "fan-out, 1 → 10 (deliveries/s)" in text
    assert "300,000  290,000  310,000" in text
    assert f"ailoop: goal {goals[0]}: met" in text
    assert "ailoop: goal ≥ 400,000: MISSED" in text
    fastapi = next(line for line in text.splitlines() if line.startswith("  fastapi"))
    assert fastapi.split()[-1] == "3.00"


def test_the_table_says_where_a_figure_is_in_doubt() -> None:
    busy = Row(
        workload="w", case="c", server="ailoop", unit="u", samples=[Sample(1, load=0.95)]
    )
    disturbed = Row(
        workload="w", case="c", server="peer", unit="u", samples=[Sample(1, 0.1, 0.8, 0.2)]
    )
    text = to_text({}, [busy, disturbed])
    assert "the load generator may have been the limit for ailoop\n" in text
    assert "something else ran on the core of peer\n" in text


def test_json_has_every_sample() -> None:
    told = to_json({"cpu": "x"}, {"repeat": 2}, [row("ailoop", 1, 3, goals=(at_least(2),))])
    assert told["machine"] == {"cpu": "x"}
    (only,) = told["rows"]
    assert only["median"] == 2
    assert [sample["value"] for sample in only["samples"]] == [1, 3]
    assert only["goals"] == [{"goal": "≥ 2", "met": True}]


def test_only_like_is_compared_with_like() -> None:
    rows = [row("ailoop", 1), row("ailoop", 1, case="1 → 1"), row("peer", 1)]
    assert [[one.server for one in group] for group in groups(rows)] == [
        ["ailoop", "peer"],
        ["ailoop"],
    ]


def test_the_same_figures_make_the_same_chart(tmp_path: Path) -> None:
    rows = [row("ailoop", 1, 2, 3), row("fastapi", 2), row("ailoop", 5, workload="lone-post")]
    for name in ("one", "two"):
        draw(rows, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_chart_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing"):
        draw([row("ailoop", 1, workload="other")], tmp_path / "chart.svg")


def test_workloads_are_chosen_by_how_they_begin() -> None:
    assert chosen([]) == list(WORKLOADS)
    assert [one.name for one in chosen(["lone"])] == ["lone-frame", "lone-post"]
    assert [one.name for one in chosen(["fan-out-1"])] == ["fan-out-1"]
    with pytest.raises(ValueError, match="no workload nothing"):
        chosen(["lone", "nothing"])
    assert len({workload.name for workload in WORKLOADS}) == len(WORKLOADS)
