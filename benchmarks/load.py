"""Connects a publisher and its subscribers, and brings them in step."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.counter import Counter, InexactError
from benchmarks.fan_out import FanOut
from benchmarks.frames import PATIENCE, FrameReader, connect, served
from benchmarks.messages import Traffic
from benchmarks.server import Server

__all__ = ["open_fan_out"]

_START = "start"
_PROBE_SECONDS = 0.2


@contextmanager
def open_fan_out(server: Server, subscribers: int, traffic: Traffic) -> Iterator[FanOut]:
    """Connect a publisher and subscribers; entered when every subscriber follows."""
    dialect = traffic.dialect
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(connect(server.ws_port, subprotocol=dialect.subprotocol))
            for _ in range(1 + subscribers)
        ]
        publisher, *followers = sockets
        for sock in followers:
            sock.sendall(dialect.subscribe())
        probes = _probe(publisher, followers, traffic)
        publisher.sendall(traffic.frame(_START))
        counters = [_counter_in_step(sock) for sock in followers]
        acknowledgements = None
        if dialect.acknowledges:
            size = _acknowledgement_bytes(publisher, probes + 1)
            acknowledgements = Counter(publisher, size, traffic.batch)
        fan_out = FanOut(server, publisher, counters, acknowledgements, traffic)
        stack.callback(fan_out.close)
        yield fan_out


def _probe(publisher: socket.socket, followers: list[socket.socket], traffic: Traffic) -> int:
    """Publish until every subscriber has received something; return how many frames it took.

    Frames of different connections have no order, so that a subscriber may miss the first.
    """
    deadline = time.monotonic() + PATIENCE
    probes = 0
    with selectors.DefaultSelector() as selector:
        for sock in followers:
            selector.register(sock, selectors.EVENT_READ)
        while selector.get_map():
            if time.monotonic() > deadline:
                raise InexactError(f"{len(selector.get_map())} subscribers receive nothing")
            publisher.sendall(traffic.frame())
            probes += 1
            while ready := selector.select(_PROBE_SECONDS):
                for key, _ in ready:
                    selector.unregister(key.fileobj)
                if not selector.get_map():
                    break
    return probes


def _counter_in_step(sock: socket.socket) -> Counter:
    """Read up to the message after which all are counted."""
    reader = FrameReader(sock)
    while _START.encode() not in (payload := reader.read()):
        pass
    if reader.rest:
        raise InexactError(f"more has come than was sent: {reader.rest!r}")
    return Counter(sock, len(served(payload)))


def _acknowledgement_bytes(publisher: socket.socket, frames: int) -> int:
    """Read the acknowledgements of what has been sent so far; all have one size."""
    reader = FrameReader(publisher)
    replies = [reader.read() for _ in range(frames)]
    if not all(b'"op":"ack"' in reply for reply in replies) or reader.rest:
        raise InexactError(f"the publisher is told {replies!r}")
    return len(served(replies[-1]))
