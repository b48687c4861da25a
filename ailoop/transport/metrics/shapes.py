"""Metric families of plain numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.utils import floatToGoString

from ailoop.broker.counts import Histogram

__all__ = ["counter", "gauge", "histogram"]


def counter(name: str, about: str, values: float | Mapping[Any, float], *labels: str) -> Metric:
    """Return a counter.

    :param values: a number; with one label, numbers by its value; with more, by the tuple.
    """
    return _fill(CounterMetricFamily(name, about, labels=labels), values)


def gauge(name: str, about: str, values: float | Mapping[Any, float], *labels: str) -> Metric:
    """Return a gauge; arguments as for :func:`counter`."""
    return _fill(GaugeMetricFamily(name, about, labels=labels), values)


def _fill(
    family: CounterMetricFamily | GaugeMetricFamily, values: float | Mapping[Any, float]
) -> Metric:
    if not isinstance(values, Mapping):
        family.add_metric([], values)
        return family
    for key, value in values.items():
        family.add_metric([key] if isinstance(key, str) else list(key), value)
    return family


def histogram(
    name: str, about: str, values: Mapping[Sequence[str], Histogram], *labels: str
) -> Metric:
    """Return a histogram.

    :param values: one by the values of its labels, ``()`` where there are none.
    """
    family = HistogramMetricFamily(name, about, labels=labels)
    for key, one in values.items():
        ends = [*map(floatToGoString, one.bounds), "+Inf"]
        family.add_metric(key, list(zip(ends, accumulate(one.buckets), strict=True)), one.sum)
    return family
