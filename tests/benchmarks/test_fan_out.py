"""A burst is measured only if everything has arrived; a server that cheats fails the run."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from benchmarks import fan_out
from benchmarks.counter import Counter, InexactError
from benchmarks.fan_out import FanOut
from benchmarks.frames import ClosedByServerError, served, unmasked
from benchmarks.messages import Traffic
from benchmarks.server import Server


def forward(inward: socket.socket, outward: socket.socket, fault: str | None) -> None:
    """Send on what comes, and do something wrong with the 51st message."""
    size = len(Traffic().frame())
    buffer, number = b"", 0
    while data := inward.recv(2**16):
        buffer += data
        while len(buffer) >= size:
            frame, buffer = served(unmasked(buffer[:size])), buffer[size:]
            faulty, number = number == 50, number + 1
            match fault if faulty else None:
                case "lose":
                    continue
                case "double":
                    outward.sendall(frame)
                case "complain":
                    inward.sendall(served(b'{"type":"error"}'))
                case "hang up":
                    outward.close()
                    return
            outward.sendall(frame)


@contextmanager
def connected(fault: str | None = None) -> Iterator[FanOut]:
    """A publisher, a server, and one subscriber."""
    publisher, inward = socket.socketpair()
    outward, subscriber = socket.socketpair()
    traffic = Traffic()
    frame_bytes = len(served(unmasked(traffic.frame())))
    with publisher, inward, outward, subscriber:
        server = Thread(target=forward, args=(inward, outward, fault))
        server.start()
        fan = FanOut(
            Server(os.getpid(), 0, 0, 0.0),
            publisher,
            [Counter(subscriber, frame_bytes)],
            None,
            traffic,
        )
        try:
            yield fan
        finally:
            fan.close()
            publisher.close()
            server.join()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fan_out, "PATIENCE", 0.3)


def test_a_burst_counts_what_arrived() -> None:
    with connected() as fan:
        first, second = fan.burst(0.05, 100), fan.burst(0.05, 100)
    assert first.messages > 100
    assert second.messages > 100
    assert second.rate == second.messages / second.effort.seconds


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        ("lose", InexactError, "nothing comes any more"),
        ("double", InexactError, "instead of|another one"),
        ("complain", InexactError, "the publisher is told .*error"),
        ("hang up", ClosedByServerError, "after 50 messages"),
    ],
)
def test_what_goes_wrong_fails_the_run(fault: str, error: type[Exception], said: str) -> None:
    with connected(fault) as fan, pytest.raises(error, match=said):
        fan.burst(0.05, 100)
