"""The tables of measured figures, made of the file that a run of the benchmarks has written.

``.. measured:: performance.json`` shows every figure of ours with its goal and, beside it,
those of the other servers; ``.. measured-on:: performance.json`` shows the machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from tables import Table

__all__ = ["machine_rows", "measured_rows"]

OURS = "ailoop"
HERE = Path(__file__).resolve().parent


def measured_rows(report: Any) -> Iterator[Sequence[str]]:
    """Yield a row for each figure: what, ours, the others', the goals."""
    found: dict[tuple[str, str, str], list[Any]] = {}
    for row in report["rows"]:
        found.setdefault((row["workload"], row["case"], row["unit"]), []).append(row)
    for (workload, case, unit), group in found.items():
        ours = [row for row in group if row["server"].startswith(OURS)]
        first = ours[0]["median"] if ours else None
        others = [_beside(row, first) for row in group if row not in ours]
        goals = [_goal(goal) for row in ours for goal in row["goals"]]
        yield (
            f"{workload}, {case} ({unit})",
            "; ".join(_ours(row) for row in ours),
            "; ".join(others) or "–",
            "; ".join(goals) or "–",
        )


def _ours(row: Any) -> str:
    values = [sample["value"] for sample in row["samples"]]
    extra = row["server"].removeprefix(OURS).strip(", ")
    told = f"{_number(row['median'])} ({_number(min(values))}–{_number(max(values))})"
    return f"{extra}: {told}" if extra else f"**{told}**"


def _beside(row: Any, ours: float | None) -> str:
    ratio = f" ({ours / row['median']:.2f} ×)" if ours and row["median"] else ""
    return f"{row['server']} {_number(row['median'])}{ratio}"


def _goal(goal: Any) -> str:
    told = {True: "met", False: "**missed**", None: "not measured"}
    return f"{goal['goal']}: {told[goal['met']]}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"


def machine_rows(report: Any) -> Iterator[Sequence[str]]:
    """Yield a row for each thing that is known of the machine and the run."""
    yield from ((name, str(value)) for name, value in report["machine"].items())
    yield from ((name, str(value)) for name, value in report["method"].items())


class _Measured(Table):
    required_arguments = 1

    def report(self) -> Any:
        path = HERE / self.arguments[0]
        self.env.note_dependency(str(path))
        return json.loads(path.read_text())


class Measured(_Measured):
    """``.. measured:: FILE``"""

    heads = ("Workload", "ailoop: median (min–max)", "Others (ours / theirs)", "Goal")
    widths = "26 24 30 20"

    def rows(self) -> Iterable[Sequence[str]]:
        return measured_rows(self.report())


class MeasuredOn(_Measured):
    """``.. measured-on:: FILE``"""

    heads = ("", "")
    widths = "20 80"

    def rows(self) -> Iterable[Sequence[str]]:
        return machine_rows(self.report())


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the directives known."""
    app.add_directive("measured", Measured)
    app.add_directive("measured-on", MeasuredOn)
    return {"parallel_read_safe": True}
