"""What has happened at the doors: connections, frames, refusals; and how late Trio is."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import Metric

from ailoop.transport.gateway import Gateway
from ailoop.transport.metrics.shapes import counter, gauge, histogram

__all__ = ["door_metrics"]


def door_metrics(gateway: Gateway) -> Iterator[Metric]:
    """Yield what the transports have counted, and who is connected."""
    counts, presence = gateway.counts, gateway.presence
    yield gauge(
        "ailoop_connections",
        "Open WebSocket connections",
        presence.kinds(),
        *("port", "protocol", "role"),
    )
    yield counter(
        "ailoop_connections_closed",
        "WebSocket connections that have ended",
        presence.closed,
        "code",
    )
    yield counter(
        "ailoop_frames_received", "WebSocket frames that were read", counts.frames_received
    )
    yield counter(
        "ailoop_sockets_closed",
        "TCP connections closed because there were too many",
        {"evicted": gateway.lobby.evicted, "turned_away": gateway.lobby.turned_away},
        "reason",
    )
    yield counter("ailoop_frames_sent", "WebSocket frames that were sent", counts.frames_sent)
    yield counter(
        "ailoop_reads_paused",
        "How often a connection was not read because its replies were not",
        counts.reads_paused,
    )
    yield counter(
        "ailoop_feeds_dropped",
        "Feeds whose connection was closed with 4008",
        counts.feeds_dropped,
        "reason",
    )
    yield counter(
        "ailoop_refusals",
        "Requests, frames and messages in frames that were refused",
        counts.refusals,
        "code",
    )
    yield counter(
        "ailoop_rate_limited",
        "Requests, handshakes and messages that a rate limit refused",
        gateway.rates.refused,
        "limit",
    )
    authenticator = gateway.authenticator
    yield counter(
        "ailoop_bad_credentials",
        "Credentials that were not good",
        authenticator.failures if authenticator is not None else 0,
    )
    yield histogram("ailoop_loop_lag_seconds", "How late a task was woken", {(): counts.lag})
