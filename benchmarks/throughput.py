"""Messages over WebSockets, as many as go through: one publisher to one or many subscribers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial

from benchmarks.contenders import AILOOP, AILOOP_V1, FASTAPI, TCP, WEBSOCKETS, Contender
from benchmarks.fan_out import Burst, FanOut
from benchmarks.load import open_fan_out
from benchmarks.messages import Traffic
from benchmarks.report import OURS, Goal, Row, Sample, at_least
from benchmarks.workload import Context, Workload, take_turns

__all__ = ["BATCH", "WORKLOADS", "fan_out"]

BATCH = 50

_SMOKE_SUBSCRIBERS = 5
_WARM_SECONDS, _WARM_WINDOW = 0.3, 100


def fan_out(
    context: Context,
    workload: str,
    subscribers: int,
    contenders: Sequence[Contender],
    goals: Mapping[str, Sequence[Goal]],
    batch: int = 1,
) -> list[Row]:
    """Measure one publisher and so many subscribers.

    :param goals: by the server's name.
    :param batch: messages in a frame.
    """
    case = f"1 → {subscribers}"
    with ExitStack() as stack:
        fan_outs = {
            one.name: _open(stack, context, one, subscribers, batch) for one in contenders
        }
        taken = take_turns(
            context,
            f"{workload} {case}",
            {name: partial(one.burst, context.seconds) for name, one in fan_outs.items()},
        )
    return [
        Row(
            workload=workload,
            case=case,
            server=name,
            unit="deliveries/s",
            samples=[_sample(burst, subscribers) for burst in bursts],
            goals=tuple(goals.get(name, ())),
        )
        for name, bursts in taken.items()
    ]


def _open(
    stack: ExitStack, context: Context, contender: Contender, subscribers: int, batch: int
) -> FanOut:
    """Start a server, connect the load and let it run a little."""
    context.say(f"starting {contender.name}")
    server = stack.enter_context(contender.start())
    traffic = Traffic(contender.dialect, batch)
    opened = stack.enter_context(open_fan_out(server, subscribers, traffic))
    opened.burst(min(_WARM_SECONDS, context.seconds), _WARM_WINDOW)
    return opened


def _sample(burst: Burst, subscribers: int) -> Sample:
    return burst.effort.sample(burst.rate * subscribers)


def _one_by_one(
    subscribers: int, contenders: Sequence[Contender], goals: Sequence[Goal]
) -> Workload:
    """Make the workload with one message a frame."""

    def run(context: Context) -> list[Row]:
        count = context.count(subscribers, min(subscribers, _SMOKE_SUBSCRIBERS))
        return fan_out(context, "fan-out", count, contenders, {OURS: goals})

    about = f"WebSocket, one message a frame, 1 publisher to {subscribers}"
    return Workload(f"fan-out-{subscribers}", about, run)


def _batched(context: Context) -> list[Row]:
    goals = (at_least(60_000), at_least(1, of=FASTAPI.name))
    contenders = (AILOOP, AILOOP_V1, FASTAPI, WEBSOCKETS)
    return fan_out(context, "batch-frames", 1, contenders, {OURS: goals}, BATCH)


_ALL = (AILOOP, AILOOP_V1, FASTAPI, WEBSOCKETS, TCP)

WORKLOADS = (
    _one_by_one(1, _ALL, (at_least(20_000), at_least(0.6, of=FASTAPI.name))),
    _one_by_one(10, _ALL, (at_least(2.5, of=FASTAPI.name),)),
    _one_by_one(100, _ALL, (at_least(15, of=FASTAPI.name),)),
    # With so many, a window of messages takes the naive loop half a minute.
    _one_by_one(500, (AILOOP, AILOOP_V1, FASTAPI, TCP), (at_least(20, of=FASTAPI.name),)),
    Workload("batch-frames", f"WebSocket, {BATCH} messages a frame, 1 to 1", _batched),
)
