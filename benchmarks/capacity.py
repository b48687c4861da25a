"""How much one server holds, and what each takes: connections, and messages that are kept.

Sizes are of the resident memory.
"""

from __future__ import annotations

import resource
import selectors
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing

from benchmarks.effort import Watch
from benchmarks.fill import MESSAGE_BYTES, fill_history
from benchmarks.frames import PATIENCE, connect
from benchmarks.keepalive import Ask, Connection
from benchmarks.messages import CHANNEL, PLAIN, notification
from benchmarks.report import OURS, Row, Sample, at_most
from benchmarks.server import Server, ailoop_server
from benchmarks.talk import Talk
from benchmarks.workload import Context, Workload

__all__ = ["WORKLOADS", "allow_files"]

_MIB = 1024 * 1024

_SPARE_FILES = 100
_READ_BYTES = 64 * 1024


def _base(context: Context) -> list[Row]:
    """Start it several times, and look before anybody comes."""
    ready, started, asked = [], [], []
    for turn in range(context.repeat):
        context.say(f"base · {turn + 1}/{context.repeat}")
        with ailoop_server() as server:
            ready.append(Sample(server.ready_seconds))
            started.append(Sample(server.rss() / _MIB))
            with closing(Connection(server.rest_port)) as connection:
                connection.send(Ask.of("GET", "/api/v1/health", b"", 200, b'"healthy"'))
                connection.finish()
            asked.append(Sample(server.rss() / _MIB))
    return [
        _row("base", "start → ready", "s", ready, 1),
        _row("base", "memory at the start", "MiB", started),
        _row("base", "memory after a request", "MiB", asked, 60),
    ]


def _row(
    workload: str, case: str, unit: str, samples: Sequence[Sample], most: float | None = None
) -> Row:
    goals = () if most is None else (at_most(most),)
    return Row(
        workload=workload,
        case=case,
        server=OURS,
        unit=unit,
        samples=tuple(samples),
        goals=goals,
    )


def allow_files(count: int) -> None:
    """Let this process have so many files open, which servers that it starts inherit.

    :raises OSError: the system does not allow it.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + _SPARE_FILES
    if most != resource.RLIM_INFINITY and most < wanted:
        raise OSError(
            f"{count} connections need {wanted} open files, and the system allows {most}: "
            f"raise the limit (`ulimit -Hn {wanted}`) and try again"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if most < 0 else most, most))


def _connections(context: Context) -> list[Row]:
    """Have many follow a channel on which nothing happens, until something does."""
    count = context.count(2000, 20)
    allow_files(count)
    with ailoop_server() as server, ExitStack() as stack:
        # The first connection brings code and tables that are there once.
        talks = [stack.enter_context(Talk(server.ws_port))]
        _follow(talks)
        before = server.rss()
        context.say(f"connections · opening {count:,}")
        talks += [stack.enter_context(Talk(server.ws_port)) for _ in range(count)]
        _follow(talks[1:])
        memory = (server.rss() - before) / count / 1024
        publisher = stack.enter_context(connect(server.ws_port))
        selector = stack.enter_context(selectors.DefaultSelector())
        for talk in talks:
            selector.register(talk.sock, selectors.EVENT_READ, talk.sock)
        first, next_one = [], []
        for turn in range(context.repeat):
            context.say(f"connections · {turn + 1}/{context.repeat}")
            first.append(_broadcast(server, publisher, selector, 2 * turn))
            next_one.append(_broadcast(server, publisher, selector, 2 * turn + 1))
            # Then they are as new again.
            for talk in talks:
                talk.request("unsubscribe", channels=[CHANNEL])
            _follow(talks)
    workload = f"{count:,} connections"
    return [
        _row(workload, "memory of one", "KiB", [Sample(memory)], 25),
        _row(workload, "their first message → all have it", "ms", first, 60),
        _row(workload, "the next message → all have it", "ms", next_one, 60),
    ]


def _follow(talks: Sequence[Talk]) -> None:
    for talk in talks:
        talk.request("subscribe", channels=[CHANNEL])


def _broadcast(
    server: Server, publisher: socket.socket, selector: selectors.BaseSelector, number: int
) -> Sample:
    """Publish one message, and return the milliseconds until all followers have it."""
    waiting = {key.fd for key in selector.get_map().values()}
    watch = Watch(server)
    publisher.sendall(PLAIN.publish([notification(number)]))
    while waiting:
        ready = selector.select(PATIENCE)
        if not ready:
            raise TimeoutError(f"{len(waiting)} connections have not got the message")
        for key, _ in ready:
            # One message is one segment, so that it has come as a whole.
            if not key.data.recv(_READ_BYTES):
                raise ConnectionError("the server closed a connection")
            waiting.discard(key.fd)
    effort = watch.stop()
    return effort.sample(effort.seconds * 1000)


def _stored(context: Context) -> list[Row]:
    """Have it keep very many messages."""
    count = context.count(1_000_000, 2000)
    channels = [f"b{number:04}" for number in range(10)]
    settings = {"history_messages": count, "history_bytes": 2 * count * MESSAGE_BYTES}
    with ailoop_server(**settings) as server, Talk(server.ws_port) as talk:
        # The buffers of arrays of this size are there once.
        fill_history(talk, channels[:1], 1000, first=count)
        before = server.rss()
        context.say(f"stored · sending {count:,}")
        start = time.monotonic()
        fill_history(talk, channels, count)
        rate = count / (time.monotonic() - start)
        memory = (server.rss() - before) / count
    workload = f"{count:,} stored messages of {MESSAGE_BYTES} B"
    return [
        _row(workload, "memory of one", "KiB", [Sample(memory / 1024)], 1.2),
        _row(workload, "sent in arrays, acknowledged", "msg/s", [Sample(rate)]),
    ]


WORKLOADS = (
    Workload("base", "time to start, and memory before anybody comes", _base),
    Workload(
        "connections", "2,000 idle WebSockets: memory, and one message to all", _connections
    ),
    Workload("stored", "1,000,000 stored messages: memory", _stored),
)
