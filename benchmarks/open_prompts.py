"""What very many open prompts cost: their memory, their deadlines, and the speed of others."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from datetime import datetime
from functools import partial
from http.client import HTTPConnection

import orjson
from attrs import frozen

from benchmarks.effort import Watch
from benchmarks.fill import fill_prompts
from benchmarks.frames import PATIENCE
from benchmarks.report import OURS, Row, Sample, at_least, at_most
from benchmarks.server import Server
from benchmarks.spread import channel_names, open_spread, quiet_server
from benchmarks.talk import Talk
from benchmarks.workload import Context, Workload, take_turns

__all__ = ["WORKLOADS"]

_PROMPTS, _SMOKE_PROMPTS = 100_000, 400
_DUE, _SMOKE_DUE = 1000, 50
_SHORT, _LONG = 2, 12 * 3600
"""Seconds that a prompt may wait."""

_WARM_PROMPTS = 200
_BEFORE_SECONDS = 0.1
_WITHOUT = f"{OURS}, no prompts"


def _run(context: Context) -> list[Row]:
    total = context.count(_PROMPTS, _SMOKE_PROMPTS)
    most = 2 * total
    settings = {"max_prompts": most, "max_channel_prompts": most, "max_watched": most}
    *desks, alarm, other = channel_names(22)
    with ExitStack() as stack:
        empty, full = (stack.enter_context(quiet_server(**settings)) for _ in range(2))
        asker = stack.enter_context(Talk(full.ws_port))
        memory, rate = _fill(context, full, asker, desks, total)
        runs = {}
        for name, server in ((_WITHOUT, empty), (OURS, full)):
            spread = stack.enter_context(open_spread(server, [other], subscribers=1))
            runs[name] = partial(spread.run, context.count(20_000, 2000))
        taken = take_turns(context, "open-prompts, another channel", runs)
        count = context.count(_DUE, _SMOKE_DUE)
        settled = []
        for turn in range(context.repeat):
            context.say(f"open-prompts, {count:,} due · {turn + 1}/{context.repeat}")
            settled.append(_settle(full, alarm, count, first=most + turn * count))
    row = partial(Row, workload=f"{total:,} open prompts")
    elsewhere = partial(row, case="another channel, 1 → 1", unit="msg/s")
    return [
        row(
            case="memory of one",
            server=OURS,
            unit="KiB",
            samples=(Sample(memory / 1024),),
            goals=(at_most(3),),
        ),
        row(case="asked, in arrays", server=OURS, unit="msg/s", samples=(Sample(rate),)),
        elsewhere(server=_WITHOUT, samples=tuple(taken[_WITHOUT])),
        elsewhere(server=OURS, samples=tuple(taken[OURS]), goals=(at_least(0.9, of=_WITHOUT),)),
        *(
            row(
                case=f"{count:,} due, {what}",
                server=OURS,
                unit="ms",
                samples=tuple(Sample(getattr(one, member) * 1000) for one in settled),
                goals=(at_most(most_ms),) if most_ms else (),
            )
            for what, member, most_ms in (
                ("deadline → last response", "late", 50),
                ("first → last response", "spread", 0),
                ("the server's work", "work", 0),
            )
        ),
    ]


def _fill(
    context: Context, server: Server, asker: Talk, desks: list[str], total: int
) -> tuple[float, float]:
    """Ask so many prompts; return the bytes of one, and how many were taken in a second."""
    # The first ones bring code and tables that are there once.
    fill_prompts(asker, desks, _WARM_PROMPTS, timeout_seconds=_LONG, first=total)
    before = server.rss()
    context.say(f"open-prompts · asking {total:,}")
    start = time.monotonic()
    fill_prompts(asker, desks, total, timeout_seconds=_LONG)
    seconds = time.monotonic() - start
    return (server.rss() - before) / total, total / seconds


@frozen
class _Settled:
    """How prompts with one deadline were settled, in seconds, as a follower sees it.

    :param late: from the deadline to the last response.
    :param spread: from the first response to the last.
    :param work: of the server.
    """

    late: float
    spread: float
    work: float


def _settle(server: Server, channel: str, count: int, first: int) -> _Settled:
    """Let prompts that one array asks run into their deadline."""
    with Talk(server.ws_port) as follower, Talk(server.ws_port) as asker:
        follower.request("subscribe", channels=[channel])
        fill_prompts(asker, [channel], count, timeout_seconds=_SHORT, first=first)
        for _ in range(count):
            asked = orjson.loads(follower.frames.read())
        deadline = _deadline(server, asked["message"]["id"])
        time.sleep(max(0, deadline - time.time() - _BEFORE_SECONDS))
        watch = Watch(server)
        begun = _read_response(follower)
        for _ in range(count - 1):
            ended = _read_response(follower)
        effort = watch.stop()
    return _Settled(ended - deadline, ended - begun, effort.server * effort.seconds)


def _read_response(follower: Talk) -> float:
    """Return when the next response has come."""
    if b'"response_type":"timeout"' not in follower.frames.read():
        raise ValueError("something else came than the response to a question nobody answered")
    return time.time()


def _deadline(server: Server, prompt: str) -> float:
    """Ask when a prompt's time is over, in seconds since the epoch."""
    connection = HTTPConnection("127.0.0.1", server.rest_port, timeout=PATIENCE)
    with closing(connection):
        connection.request("GET", f"/api/v1/messages/{prompt}")
        expires_at = orjson.loads(connection.getresponse().read())["prompt"]["expires_at"]
    return datetime.fromisoformat(expires_at).timestamp()


WORKLOADS = (
    Workload("open-prompts", "100,000 open prompts: memory, deadlines, other channels", _run),
)
