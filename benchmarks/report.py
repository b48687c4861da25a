"""What is measured, as records: a row is one figure of one server, with a sample a turn.

A workload returns rows. Rows with the same ``workload``, ``case`` and ``unit`` are compared
with one another: goals may be factors of what another server of these reached.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import median

from attrs import field, frozen

__all__ = ["OURS", "Goal", "Row", "Sample", "at_least", "at_most", "percentile"]

OURS = "ailoop"
"""The name of the server that the goals are about."""


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many percent of all values do not exceed."""
    rank = math.ceil(len(values) * percent / 100)
    return sorted(values)[max(rank, 1) - 1]


@frozen
class Sample:
    """One measurement.

    The shares are those of :class:`benchmarks.effort.Effort`, where they matter.

    :param load: of a core, used by the load generator.
    :param server: of a core, used by the server.
    :param waited: of the time in which the server waited for its core.
    """

    value: float
    load: float | None = None
    server: float | None = None
    waited: float | None = None


@frozen
class Goal:
    """A bound for a row's median: a number, or a factor of another server's median.

    :param of: the other server, if it is a factor.
    """

    bound: float
    least: bool
    of: str = ""

    def __str__(self) -> str:
        sign = "≥" if self.least else "≤"
        factor = f" × {self.of}" if self.of else ""  # noqa: RUF001 -- the sign is meant
        return f"{sign} {self.bound:,g}{factor}"

    def met_by(self, value: float, others: dict[str, float]) -> bool | None:
        """Whether a median is within the bound; ``None`` where the other was not measured."""
        if self.of and self.of not in others:
            return None
        bound = self.bound * (others[self.of] if self.of else 1)
        return value >= bound if self.least else value <= bound


def at_least(bound: float, of: str = "") -> Goal:
    """Make a goal that a higher figure meets."""
    return Goal(bound, least=True, of=of)


def at_most(bound: float, of: str = "") -> Goal:
    """Make a goal that a lower figure meets."""
    return Goal(bound, least=False, of=of)


def _tuple(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    return tuple(samples)


@frozen(kw_only=True)
class Row:
    """One figure of one server.

    :param case: which of the workload's figures, such as ``1 → 10`` or ``p99``.
    :param unit: such as ``msg/s`` or ``ms``.
    :param samples: one for each turn.
    :param goals: bounds of this row's median; usually only our server has them.
    """

    workload: str
    case: str
    server: str
    unit: str
    samples: tuple[Sample, ...] = field(converter=_tuple)
    goals: tuple[Goal, ...] = ()

    @property
    def values(self) -> list[float]:
        """The samples' values."""
        return [sample.value for sample in self.samples]

    @property
    def median(self) -> float:
        """The middle of the samples."""
        return median(self.values)
