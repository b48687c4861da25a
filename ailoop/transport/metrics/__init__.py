"""What monitoring reads, in Prometheus' words; ``docs/metrics.rst`` tells what each means.

The daemon counts with plain numbers, where things happen. Here they become metrics, at the
moment somebody asks, so that nobody pays who does not.
"""

from ailoop.transport.metrics.registry import make_registry

__all__ = ["make_registry"]
