"""All metrics of one daemon, each part behind a fence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import structlog
from prometheus_client import GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from ailoop.transport.gateway import Gateway
from ailoop.transport.metrics.broker import broker_metrics
from ailoop.transport.metrics.doors import door_metrics
from ailoop.transport.metrics.fills import fill_metrics
from ailoop.version import __version__

__all__ = ["make_registry"]

log = structlog.get_logger()

Source = Callable[[], Iterable[Metric]]


def make_registry(gateway: Gateway) -> CollectorRegistry:
    """Return the metrics of one daemon.

    A registry of its own: several daemons may run in one process, and the library's global
    one cannot tell them apart.
    """
    registry = CollectorRegistry()
    registry.register(_Fenced(gateway))
    return registry


class _Fenced(Collector):
    """Asks every source; one that fails is left out, logged and counted."""

    def __init__(self, gateway: Gateway) -> None:
        self._counts = gateway.counts
        elsewhere = CollectorRegistry()  # where these want to be is behind no fence
        self._sources: list[Source] = [
            lambda: [InfoMetricFamily("ailoop_build", "This server", {"version": __version__})],
            lambda: fill_metrics(gateway),
            lambda: broker_metrics(gateway.broker),
            lambda: door_metrics(gateway),
            ProcessCollector(registry=elsewhere).collect,
            PlatformCollector(registry=elsewhere).collect,
            GCCollector(registry=elsewhere).collect,
        ]

    def collect(self) -> Iterator[Metric]:
        """Yield what can be told; never raise."""
        for source in self._sources:
            try:
                told = list(source())
            except Exception:
                # Monitoring is for the worst hour: half an answer is better than none.
                log.exception("metrics_failed")
                self._counts.failures += 1
            else:
                yield from told
        yield CounterMetricFamily(
            "ailoop_metrics_failures",
            "Parts of an answer that could not be made and were left out",
            self._counts.failures,
        )
