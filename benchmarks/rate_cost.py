"""What rate limits cost: a server with none beside one with all, which refuse nothing."""

from __future__ import annotations

from functools import partial

from benchmarks.contenders import AILOOP, Contender
from benchmarks.messages import V1
from benchmarks.report import OURS, Row
from benchmarks.server import ailoop_server
from benchmarks.throughput import BATCH, fan_out
from benchmarks.workload import Context, Workload

__all__ = ["WORKLOADS"]

_LIMITS = ("messages", "prompts", "bytes")
_NEVER_REACHED = {
    f"rate_{whose}{limit}": 1e9 for whose in ("", "channel_") for limit in _LIMITS
}

OFF = Contender(f"{OURS}, no limit", AILOOP.start, V1)
ON = Contender(
    f"{OURS}, all limits",
    partial(ailoop_server, heartbeat_seconds=3600, **_NEVER_REACHED),
    V1,
)


def _frames(context: Context) -> list[Row]:
    single = fan_out(context, "rates-frames", 1, (OFF, ON), {})
    return single + fan_out(context, "rates-batch-frames", 1, (OFF, ON), {}, BATCH)


WORKLOADS = (Workload("rates", "WebSocket, with rate limits off and on", _frames),)
