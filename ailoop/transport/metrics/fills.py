"""How full the buffers are."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import Metric

from ailoop.transport.buffers import buffers
from ailoop.transport.gateway import Gateway
from ailoop.transport.metrics.shapes import gauge

__all__ = ["fill_metrics"]


def fill_metrics(gateway: Gateway) -> Iterator[Metric]:
    """Yield used and limit of every buffer, so that one alert can divide them all."""
    fills = buffers(gateway)
    yield gauge(
        "ailoop_buffer_used",
        "How much is in a buffer; of several of a kind, in the fullest",
        {name: fill.used for name, fill in fills.items()},
        "buffer",
    )
    yield gauge(
        "ailoop_buffer_limit",
        "How much a buffer holds",
        {name: fill.limit for name, fill in fills.items()},
        "buffer",
    )
