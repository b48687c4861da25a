"""The report as a picture: a panel for each kind of figure, a bar for each server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from attrs import frozen
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.report import Row

__all__ = ["draw"]

# Without these two, the same figures would make another file each time.
mpl.rcParams["svg.hashsalt"] = "ailoop"
_METADATA = {"Date": None}

_COLOURS = {
    "ailoop": "#0b6e4f",
    "ailoop, ailoop.v1": "#7bc8a4",
    "fastapi": "#d1495b",
    "websockets-trio": "#edae49",
    "quart-floor": "#8d99ae",
    "hypercorn-floor": "#5c677d",
    "tcp-floor": "#adb5bd",
}


@frozen
class _Panel:
    """A panel shows the cases of some workloads.

    :param log: whether its axis is logarithmic.
    """

    title: str
    workloads: tuple[str, ...]
    log: bool = False


_PANELS = (
    _Panel("Deliveries a second, one message a frame: more is better", ("fan-out",), log=True),
    _Panel("Messages a second, many at a time: more is better", ("batch-frames", "batch-post")),
    _Panel("Microseconds a request: less is better", ("get-health", "post-one")),
    _Panel("Milliseconds, nothing else going on: less is better", ("lone-frame", "lone-post")),
)


def draw(rows: Sequence[Row], path: Path) -> None:
    """Write the chart as SVG.

    :raises ValueError: there is nothing among the rows that it shows.
    """
    shown = [
        (panel, wanted)
        for panel in _PANELS
        if (wanted := [row for row in rows if row.workload in panel.workloads])
    ]
    if not shown:
        raise ValueError("the chart shows nothing of what was measured")
    figure = Figure(figsize=(10, 3.6 * len(shown)), layout="constrained")
    axes = figure.subplots(len(shown), squeeze=False)[:, 0]
    for (panel, wanted), ax in zip(shown, axes, strict=True):
        _draw_panel(ax, panel, wanted)
    figure.savefig(path, format="svg", metadata=_METADATA)


def _draw_panel(ax: Axes, panel: _Panel, rows: Sequence[Row]) -> None:
    groups = list(dict.fromkeys((row.workload, row.case) for row in rows))
    servers = list(dict.fromkeys(row.server for row in rows))
    width = 0.8 / len(servers)
    for place, server in enumerate(servers):
        own = [row for row in rows if row.server == server]
        medians = [row.median for row in own]
        spread = [
            [row.median - min(row.values) for row in own],
            [max(row.values) - row.median for row in own],
        ]
        at = [
            groups.index((row.workload, row.case)) - 0.4 + width * (place + 0.5) for row in own
        ]
        bars = ax.bar(
            at, medians, width, yerr=spread, label=server, color=_COLOURS.get(server), capsize=2
        )
        ax.bar_label(bars, fmt=_short, fontsize=6, padding=2)
    several = len(panel.workloads) > 1
    labels = [f"{workload}\n{case}" if several else case for workload, case in groups]
    ax.set_xticks(range(len(groups)), labels)
    ax.set_title(panel.title, loc="left", fontsize=10)
    ax.spines[["top", "right"]].set_visible(False)
    ax.margins(y=0.15)
    if panel.log:
        ax.set_yscale("log")
    ax.yaxis.set_major_formatter(lambda value, _: _short(value))
    ax.legend(fontsize=7, ncols=len(servers), frameon=False, loc="upper left")


def _short(value: float) -> str:
    """Write a number in the little room above a bar."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g} {letter}"
    return f"{value:.3g}"
