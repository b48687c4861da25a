"""A count that is exact: what is lost, doubled or cut off is noticed."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from benchmarks.counter import Counter, InexactError
from benchmarks.frames import ClosedByServerError, served

MESSAGE = served(b"a message".ljust(40, b"."))
LAST = served(b"last".ljust(40, b"."))


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, Counter]]:
    """A server's end, and a counter at the other."""
    server, client = socket.socketpair()
    with server, client:
        client.settimeout(5)
        yield server, Counter(client, len(MESSAGE))


def count(pair: tuple[socket.socket, Counter], stream: bytes, expected: int) -> Counter:
    """Let a counter expect so many messages, and give it a stream, a few bytes at a time."""
    server, counter = pair
    counter.expect_last(expected)
    for at in range(0, len(stream), 17):
        server.sendall(stream[at : at + 17])
        counter.pull()
    return counter


def test_an_exact_stream_passes(pair: tuple[socket.socket, Counter]) -> None:
    counter = count(pair, MESSAGE * 9 + LAST, 10)
    assert counter.messages == 10
    counter.check(10, "last")


def test_a_lost_message_is_noticed(pair: tuple[socket.socket, Counter]) -> None:
    counter = count(pair, MESSAGE * 8 + LAST, 10)
    with pytest.raises(InexactError, match=r"9\.00 messages have come instead of 10"):
        counter.check(10, "last")


def test_a_doubled_message_is_noticed(pair: tuple[socket.socket, Counter]) -> None:
    counter = count(pair, MESSAGE * 10 + LAST, 10)
    with pytest.raises(InexactError, match=r"11\.00 messages have come instead of 10"):
        counter.check(10, "last")


def test_a_cut_message_is_noticed(pair: tuple[socket.socket, Counter]) -> None:
    counter = count(pair, MESSAGE * 9 + LAST[:-1], 10)
    assert counter.messages == 9
    with pytest.raises(InexactError, match="instead of 10"):
        counter.check(10, "last")


def test_one_lost_and_another_doubled_is_noticed(pair: tuple[socket.socket, Counter]) -> None:
    """The count is right, but the last message never came."""
    counter = count(pair, MESSAGE * 10, 10)
    with pytest.raises(InexactError, match="the last message is another one"):
        counter.check(10, "last")


def test_an_end_is_noticed(pair: tuple[socket.socket, Counter]) -> None:
    server, counter = pair
    server.sendall(MESSAGE * 3)
    counter.pull()
    server.close()
    with pytest.raises(ClosedByServerError, match="after 3 messages"):
        counter.pull()


def test_a_frame_may_stand_for_several_messages() -> None:
    server, client = socket.socketpair()
    with server, client:
        counter = Counter(client, len(MESSAGE), per_frame=50)
        server.sendall(MESSAGE * 2)
        counter.pull()
        assert counter.messages == 100
        counter.check(100)
