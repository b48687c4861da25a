"""HTTP: one request at a time on a connection, and messages posted a hundred at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from itertools import cycle

import orjson
from attrs import frozen

from benchmarks.contenders import AILOOP, FASTAPI, HYPERCORN, QUART, Contender
from benchmarks.effort import Effort, Watch
from benchmarks.keepalive import Ask, Connection, keep_asking
from benchmarks.messages import notification
from benchmarks.report import OURS, Goal, Row, Sample, at_least, at_most, percentile
from benchmarks.server import Server
from benchmarks.workload import Context, Workload, take_turns

__all__ = ["BATCH", "WORKLOADS", "Answered", "ask_in_turns", "post", "posts"]

BATCH = 100
_POST_PATH = "/api/v1/messages"

_MANY = 16
_POOL = 10_000
"""Messages that are made before the clock runs; far more than the server's history has."""
_WARM_SECONDS = 0.3


def post(first: int, count: int = 1) -> Ask:
    """Make the request that posts messages, as an array if there are several."""
    messages = [notification(number) for number in range(first, first + count)]
    body = orjson.dumps(messages if count > 1 else messages[0])
    return Ask.of("POST", _POST_PATH, body, 201, messages[-1]["id"].encode())


def posts(batch: int) -> list[Ask]:
    """Make requests that post so many messages each, all of them other ones."""
    return [post(first, batch) for first in range(0, _POOL, batch)]


def _health() -> list[Ask]:
    return [Ask.of("GET", "/api/v1/health", b"", 200, b'"healthy"')]


@frozen
class Answered:
    """Requests that were answered, how many seconds each took, and with what effort."""

    seconds: list[float]
    effort: Effort

    def rate(self, times: int) -> Sample:
        """Return how many there were in a second, times what each stands for."""
        return self.effort.sample(times * len(self.seconds) / self.effort.seconds)

    def each(self) -> Sample:
        """Return how much time passed for each, in microseconds."""
        return self.effort.sample(1e6 * self.effort.seconds / len(self.seconds))

    def percentile(self, percent: float) -> Sample:
        """Return the time that so many percent of the answers took at most, in milliseconds."""
        return self.effort.sample(1e3 * percentile(self.seconds, percent))


@frozen
class _Asked:
    """A server and what it is to be asked next; a message posted twice would be known."""

    server: Server
    asks: Iterator[Ask]


class _Asking:
    """Connections to one server."""

    def __init__(self, stack: ExitStack, asked: _Asked, many: int) -> None:
        self._asked = asked
        self._connections = [
            stack.enter_context(closing(Connection(asked.server.rest_port)))
            for _ in range(many)
        ]

    def ask(self, seconds: float) -> Answered:
        """Ask for some time."""
        watch = Watch(self._asked.server)
        taken = keep_asking(self._connections, self._asked.asks, seconds)
        return Answered(taken, watch.stop())


def _single(context: Context, workload: str, asks: Sequence[Ask]) -> list[Row]:
    """Measure single requests on one connection and on several."""
    rows = []
    goals = (at_most(1.15, of=QUART.name),)
    contenders = (AILOOP, QUART, HYPERCORN, FASTAPI)
    for many in (1, context.count(_MANY, 3)):
        case = f"{many} connection{'s' * (many > 1)}"
        taken = ask_in_turns(context, f"{workload}, {case}", contenders, asks, many)
        times = {name: [one.each() for one in answered] for name, answered in taken.items()}
        rows += _rows(workload, case, "µs/request", goals, times)
    return rows


def _batched(context: Context) -> list[Row]:
    contenders = (AILOOP, QUART, FASTAPI)
    taken = ask_in_turns(context, "batch-post", contenders, posts(BATCH), 1)
    rates = {name: [one.rate(BATCH) for one in answered] for name, answered in taken.items()}
    return _rows("batch-post", "1 connection", "msg/s", (at_least(20_000),), rates)


def ask_in_turns(
    context: Context,
    title: str,
    contenders: Sequence[Contender],
    asks: Sequence[Ask],
    many: int,
) -> dict[str, list[Answered]]:
    """Start servers and ask them in turns, each over so many connections."""
    with ExitStack() as stack:
        asking = {}
        for one in contenders:
            context.say(f"starting {one.name}")
            asked = _Asked(stack.enter_context(one.start()), cycle(asks))
            asking[one.name] = _Asking(stack, asked, many)
        for each in asking.values():
            each.ask(min(_WARM_SECONDS, context.seconds))
        return take_turns(
            context,
            title,
            {name: partial(one.ask, context.seconds) for name, one in asking.items()},
        )


def _rows(
    workload: str,
    case: str,
    unit: str,
    goals: tuple[Goal, ...],
    taken: dict[str, list[Sample]],
) -> list[Row]:
    return [
        Row(
            workload=workload,
            case=case,
            server=name,
            unit=unit,
            samples=samples,
            goals=goals if name == OURS else (),
        )
        for name, samples in taken.items()
    ]


WORKLOADS = (
    Workload(
        "get-health",
        f"HTTP, GET health on 1 connection and on {_MANY}",
        lambda context: _single(context, "get-health", _health()),
    ),
    Workload(
        "post-one",
        f"HTTP, POST of a message on 1 connection and on {_MANY}",
        lambda context: _single(context, "post-one", posts(1)),
    ),
    Workload("batch-post", f"HTTP, POST of {BATCH} messages", _batched),
)
