"""The report as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from attrs import asdict

from benchmarks.report import OURS, Goal, Row

__all__ = ["groups", "to_json", "to_text"]

_BUSY_LOAD = 0.9
_MUCH_WAITING = 0.05
_HEAD = ("", "median", "min", "max", "ours/this", "load", "server", "waited")


def groups(rows: Iterable[Row]) -> list[list[Row]]:
    """Put rows together that are to be compared, in the order they came."""
    found: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.workload, row.case, row.unit), []).append(row)
    return list(found.values())


def to_json(machine: Mapping[str, str], method: Mapping[str, Any], rows: Sequence[Row]) -> Any:
    """Return everything, with all samples, as JSON-ready values."""
    return {
        "machine": dict(machine),
        "method": dict(method),
        "rows": [_row_json(row, group) for group in groups(rows) for row in group],
    }


def _row_json(row: Row, group: Sequence[Row]) -> dict[str, Any]:
    return {
        "workload": row.workload,
        "case": row.case,
        "server": row.server,
        "unit": row.unit,
        "median": row.median,
        "samples": [asdict(sample) for sample in row.samples],
        "goals": [{"goal": str(goal), "met": _met(goal, row, group)} for goal in row.goals],
    }


def _met(goal: Goal, row: Row, group: Sequence[Row]) -> bool | None:
    return goal.met_by(row.median, {other.server: other.median for other in group})


def to_text(machine: Mapping[str, str], rows: Sequence[Row]) -> str:
    """Return the tables, and what they mean."""
    lines = [f"{name}: {value}" for name, value in machine.items()]
    for group in groups(rows):
        lines += ["", f"{group[0].workload}, {group[0].case} ({group[0].unit})"]
        lines += _aligned([_HEAD, *(_cells(row, group) for row in group)])
        lines += [f"  {line}" for line in (*_verdicts(group), *_doubts(group))]
    lines += [
        "",
        "load, server: shares of a core that the load generator and the server used.",
        "waited: share of the time in which the server had work and no core. Where server",
        "and waited come to 100 %, the server was the limit.",
    ]
    return "\n".join(lines) + "\n"


def _cells(row: Row, group: Sequence[Row]) -> tuple[str, ...]:
    ours = [other.median for other in group if other.server == OURS]
    compared = ours and row.server != OURS and row.median
    return (
        row.server,
        _number(row.median),
        _number(min(row.values)),
        _number(max(row.values)),
        f"{ours[0] / row.median:.2f}" if compared else "",
        _share(row, "load"),
        _share(row, "server"),
        _share(row, "waited"),
    )


def _verdicts(group: Sequence[Row]) -> list[str]:
    words = {True: "met", False: "MISSED", None: "not measured"}
    return [
        f"{row.server}: goal {goal}: {words[_met(goal, row, group)]}"
        for row in group
        for goal in row.goals
    ]


def _doubts(group: Sequence[Row]) -> list[str]:
    """Say where a figure may tell of something else than the server."""
    doubts = (
        ("the load generator may have been the limit for", "load", _BUSY_LOAD),
        ("something else ran on the core of", "waited", _MUCH_WAITING),
    )
    return [
        f"{sentence} {'; '.join(found)}"
        for sentence, share, bound in doubts
        if (found := [row.server for row in group if (_largest(row, share) or 0) > bound])
    ]


def _largest(row: Row, share: str) -> float | None:
    found = [getattr(sample, share) for sample in row.samples]
    return max((value for value in found if value is not None), default=None)


def _share(row: Row, name: str) -> str:
    found = [getattr(sample, name) for sample in row.samples]
    known = [value for value in found if value is not None]
    return f"{median(known):.0%}" if known else ""


def _number(value: float) -> str:
    digits = 0 if abs(value) >= 100 else 2
    return f"{value:,.{digits}f}"


def _aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """Line up the columns, without those that have nothing below their heading."""
    columns = [column for column in zip(*table, strict=True) if any(column[1:])]
    widths = [max(map(len, column)) for column in columns]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in zip(*columns, strict=True)
    ]
