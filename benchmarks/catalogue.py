"""Everything that can be measured, in the order it is."""

from __future__ import annotations

from benchmarks import (
    capacity,
    growth,
    isolation,
    journal_cost,
    journal_start,
    journal_turns,
    latency,
    open_prompts,
    rate_cost,
    requests,
    soak,
    throughput,
)
from benchmarks.workload import Workload

__all__ = ["WORKLOADS", "chosen"]

WORKLOADS: tuple[Workload, ...] = (
    *throughput.WORKLOADS,
    *requests.WORKLOADS,
    *latency.WORKLOADS,
    *capacity.WORKLOADS,
    *open_prompts.WORKLOADS,
    *growth.WORKLOADS,
    *isolation.WORKLOADS,
    *journal_cost.WORKLOADS,
    *journal_turns.WORKLOADS,
    *journal_start.WORKLOADS,
    *rate_cost.WORKLOADS,
    *soak.WORKLOADS,
)


def chosen(names: list[str]) -> list[Workload]:
    """Return the workloads whose names begin with one of those given; all if none is.

    :raises ValueError: one of them is the beginning of no workload's name.
    """
    for name in names:
        if not any(workload.name.startswith(name) for workload in WORKLOADS):
            raise ValueError(f"there is no workload {name}; --list shows those there are")
    # An exact name means just that one: fan-out-1 is not fan-out-10.
    exact = {workload.name for workload in WORKLOADS}
    return [
        workload
        for workload in WORKLOADS
        if not names
        or workload.name in names
        or any(workload.name.startswith(name) for name in names if name not in exact)
    ]
