"""Whether it gets slower as there is more of it: channels, and messages that are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial

from benchmarks.fill import MESSAGE_BYTES, fill_history
from benchmarks.report import Row, Sample, at_least
from benchmarks.spread import channel_names, open_spread, quiet_server
from benchmarks.talk import Talk
from benchmarks.workload import Context, Workload, take_turns

__all__ = ["WORKLOADS"]

_LEFT = 0.85
"""How much of the speed must be left when there is more."""


def _channels(context: Context) -> list[Row]:
    counts = (1, 3) if context.smoke else (1, 10, 100, 1000)
    with ExitStack() as stack:
        runs = {}
        for count in counts:
            server = stack.enter_context(quiet_server(max_channels=max(counts)))
            spread = stack.enter_context(open_spread(server, channel_names(count)))
            runs[f"{count:,} channel{'s' if count > 1 else ''}"] = partial(
                spread.run, context.count(40_000, 2000)
            )
        return _compare(context, "growth-channels", runs)


def _stored(context: Context) -> list[Row]:
    """Both histories are full, so that both let a message go for each that comes."""
    counts = (100, 1000) if context.smoke else (1000, 100_000)
    channels = channel_names(1)
    with ExitStack() as stack:
        runs = {}
        for count in counts:
            server = stack.enter_context(
                quiet_server(history_messages=count, history_bytes=2 * count * MESSAGE_BYTES)
            )
            with Talk(server.ws_port) as talk:
                fill_history(talk, channels, count)
            spread = stack.enter_context(open_spread(server, channels))
            runs[f"{count:,} stored"] = partial(spread.run, context.count(40_000, 2000))
        return _compare(context, "growth-stored", runs)


def _compare(
    context: Context, workload: str, runs: Mapping[str, Callable[[], Sample]]
) -> list[Row]:
    """Measure in turns; the first is what the others are held against."""
    taken = take_turns(context, workload, runs)
    first = next(iter(runs))
    return [
        Row(
            workload=workload,
            case="10 subscribers",
            server=size,
            unit="deliveries/s",
            samples=tuple(samples),
            goals=() if size == first else (at_least(_LEFT, of=first),),
        )
        for size, samples in taken.items()
    ]


WORKLOADS = (
    Workload("growth-channels", "deliveries a second over more and more channels", _channels),
    Workload("growth-stored", "deliveries a second with more and more kept", _stored),
)
