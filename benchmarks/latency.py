"""How long a lone message takes, and a question and its answer, when nothing else is going on.

Between two of them there is a pause, so that the server is idle each time. What is measured
has the time in it that the load generator takes to wake up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from functools import partial
from itertools import count
from typing import Any

import orjson
from attrs import frozen

from benchmarks.contenders import AILOOP, AILOOP_V1, FASTAPI, WEBSOCKETS, Contender
from benchmarks.effort import Effort, Watch
from benchmarks.frames import FrameReader, connect, masked
from benchmarks.keepalive import Connection
from benchmarks.messages import Dialect, notification
from benchmarks.report import OURS, Goal, Row, Sample, at_most, percentile
from benchmarks.requests import post
from benchmarks.server import Server
from benchmarks.workload import Context, Workload, take_turns

__all__ = ["WORKLOADS"]

_PAUSE_SECONDS = 0.005
_TIMES, _SMOKE_TIMES = 200, 5

Once = Callable[[int], float]
"""Does it once and returns the seconds it took; the number is a new one each time."""


@contextmanager
def _following(server: Server, dialect: Dialect) -> Iterator[FrameReader]:
    """Subscribe, and be sure that it holds."""
    with connect(server.ws_port, subprotocol=dialect.subprotocol) as sock:
        reader = FrameReader(sock)
        sock.sendall(dialect.subscribe())
        # Frames of one connection are handled in order: this one comes back to its sender.
        sock.sendall(dialect.publish([notification(0, "in step")]))
        awaited = [b"in step"]
        if dialect.acknowledges:
            awaited.append(b'"op":"ack"')
        while awaited:
            payload = reader.read()
            awaited = [mark for mark in awaited if mark not in payload]
        yield reader


@contextmanager
def _lone_frame(server: Server, dialect: Dialect) -> Iterator[Once]:
    """From a frame to its arrival at a subscriber."""
    with (
        _following(server, dialect) as reader,
        connect(server.ws_port, subprotocol=dialect.subprotocol) as publisher,
    ):
        replies = FrameReader(publisher)

        def once(number: int) -> float:
            message = notification(number)
            frame = dialect.publish([message])
            start = time.perf_counter()
            publisher.sendall(frame)
            taken = _until(reader, message["id"], start)
            if dialect.acknowledges:
                replies.read()
            return taken

        yield once


@contextmanager
def _lone_post(server: Server, dialect: Dialect) -> Iterator[Once]:
    """From a request to its arrival at a subscriber."""
    with (
        _following(server, dialect) as reader,
        closing(Connection(server.rest_port)) as connection,
    ):

        def once(number: int) -> float:
            ask = post(number)
            start = time.perf_counter()
            connection.send(ask)
            taken = _until(reader, ask.holds.decode(), start)
            connection.finish()
            return taken

        yield once


def _until(reader: FrameReader, message_id: str, start: float) -> float:
    payload = reader.read()
    taken = time.perf_counter() - start
    if message_id.encode() not in payload:
        raise ValueError(f"not the message {message_id}: {payload!r}")
    return taken


@contextmanager
def _question(server: Server, dialect: Dialect) -> Iterator[Once]:
    """From an agent's question to the agent's having the answer of a person at once."""
    with (
        _following(server, dialect) as person,
        connect(server.ws_port, subprotocol=dialect.subprotocol) as agent,
        connect(server.ws_port, subprotocol=dialect.subprotocol) as answering,
    ):
        told, replies = FrameReader(agent), FrameReader(answering)

        def once(number: int) -> float:
            question = notification(number)
            question["content"] = {"type": "question", "text": "Which region?"}
            ask = dialect.publish([question])
            answer = {"op": "respond", "ref": 2, "id": question["id"], "answer": "eu"}
            respond = masked(orjson.dumps(answer))
            start = time.perf_counter()
            agent.sendall(ask)
            _until(person, question["id"], start)
            answering.sendall(respond)
            while (frame := _load(told))["op"] != "response":
                pass
            taken = time.perf_counter() - start
            if frame["message"]["content"]["answer"] != "eu" or _load(replies)["op"] != "ack":
                raise ValueError(f"not the answer: {frame}")
            person.read()
            return taken

        yield once


def _load(reader: FrameReader) -> dict[str, Any]:
    value: dict[str, Any] = orjson.loads(reader.read())
    return value


@frozen
class _Turn:
    """What the times of one turn were, in milliseconds."""

    times: list[float]
    effort: Effort

    def sample(self, percent: int) -> Sample:
        """Return one of their percentiles."""
        return self.effort.sample(percentile(self.times, percent))


def _turn(context: Context, server: Server, once: Once, numbers: Iterator[int]) -> _Turn:
    times = []
    watch = Watch(server)
    for _ in range(context.count(_TIMES, _SMOKE_TIMES)):
        time.sleep(_PAUSE_SECONDS)
        times.append(1e3 * once(next(numbers)))
    return _Turn(times, watch.stop())


def _measure(
    context: Context,
    workload: str,
    contenders: Sequence[Contender],
    open_one: Callable[[Server, Dialect], AbstractContextManager[Once]],
    goals: dict[int, Goal],
) -> list[Row]:
    """Measure many times a turn; each turn gives a sample of each percentile."""
    with ExitStack() as stack:
        measures = {}
        for one in contenders:
            context.say(f"starting {one.name}")
            server = stack.enter_context(one.start())
            once = stack.enter_context(open_one(server, one.dialect))
            measure = partial(_turn, context, server, once, count(1))
            measure()
            measures[one.name] = measure
        taken = take_turns(context, workload, measures)
    return [
        Row(
            workload=workload,
            case=f"p{percent}",
            server=name,
            unit="ms",
            samples=[turn.sample(percent) for turn in turns],
            goals=(goals[percent],) if name.startswith(OURS) and percent in goals else (),
        )
        for percent in (50, 99)
        for name, turns in taken.items()
    ]


_LONE = {50: at_most(1), 99: at_most(3)}

WORKLOADS = (
    Workload(
        "lone-frame",
        "WebSocket, a lone message from its frame to a subscriber's socket",
        lambda context: _measure(
            context, "lone-frame", (AILOOP, AILOOP_V1, FASTAPI, WEBSOCKETS), _lone_frame, _LONE
        ),
    ),
    Workload(
        "lone-post",
        "HTTP to WebSocket, a lone message from its POST to a subscriber's socket",
        lambda context: _measure(context, "lone-post", (AILOOP, FASTAPI), _lone_post, _LONE),
    ),
    Workload(
        "ask-answer",
        "WebSocket, a question, its answer, and the agent has it",
        lambda context: _measure(
            context, "ask-answer", (AILOOP_V1,), _question, {50: at_most(2)}
        ),
    ),
)
