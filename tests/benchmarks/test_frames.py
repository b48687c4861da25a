"""The load generator's frames are those of RFC 6455, as wsproto knows it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage

from benchmarks.frames import (
    ClosedByServerError,
    FrameParser,
    FrameReader,
    masked,
    served,
    unmasked,
)

SIZES = [0, 1, 3, 4, 125, 126, 127, 65_535, 65_536, 100_000]


def at_server(data: bytes) -> list[Event]:
    """Return what a server understands of a client's bytes."""
    connection = Connection(ConnectionType.SERVER)
    connection.receive_data(data)
    return list(connection.events())


def from_server(*events: Event) -> bytes:
    """Return what a server sends."""
    connection = Connection(ConnectionType.SERVER)
    return b"".join(connection.send(event) for event in events)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a connection: the server's and the load generator's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.settimeout(5)
        yield ours, theirs


@pytest.mark.parametrize("size", SIZES)
def test_a_server_reads_a_masked_frame(size: int) -> None:
    text = ("aé" * size)[:size]
    (event,) = at_server(masked(text.encode()))
    assert isinstance(event, TextMessage)
    assert event.data == text


def test_frames_follow_one_another() -> None:
    events = at_server(masked(b"one") + masked(b"two"))
    assert [event.data for event in events if isinstance(event, TextMessage)] == ["one", "two"]


@pytest.mark.parametrize("size", SIZES)
def test_unmasking_undoes_masking(size: int) -> None:
    payload = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert unmasked(masked(payload)) == payload


@pytest.mark.parametrize("size", SIZES)
def test_a_served_frame_is_what_a_server_sends(size: int) -> None:
    assert served(b"x" * size) == from_server(TextMessage(data="x" * size))


@pytest.mark.parametrize("piece", [1, 2, 7, 1000])
def test_the_parser_takes_frames_in_any_pieces(piece: int) -> None:
    texts = ["", "a", "b" * 125, "c" * 126, "d" * 70_000 if piece > 2 else "d" * 300]
    stream = from_server(*(TextMessage(data=text) for text in texts))
    parser = FrameParser()
    seen = []
    for at in range(0, len(stream), piece):
        parser.feed(stream[at : at + piece])
        while (frame := parser.take()) is not None:
            seen.append(frame)
    assert seen == [(1, text.encode()) for text in texts]
    assert parser.rest == b""


def test_the_parser_keeps_what_is_not_whole() -> None:
    parser = FrameParser()
    parser.feed(served(b"whole") + served(b"half")[:3])
    assert parser.take() == (1, b"whole")
    assert parser.take() is None
    assert parser.rest == served(b"half")[:3]


@pytest.mark.parametrize(
    "frame", [masked(b"x"), b"\x01\x01x", b"\xc1\x01x"], ids=["masked", "in parts", "extended"]
)
def test_the_parser_refuses_what_no_server_sends_here(frame: bytes) -> None:
    """Masked, fragmented, or of an extension."""
    parser = FrameParser()
    parser.feed(frame)
    with pytest.raises(ValueError, match="frame"):
        parser.take()


def test_the_reader_answers_a_ping(pair: tuple[socket.socket, socket.socket]) -> None:
    server, client = pair
    server.sendall(from_server(Ping(payload=b"?"), BytesMessage(data=b"after")))
    assert FrameReader(client).read() == b"after"
    (event,) = at_server(server.recv(100))
    assert event == Pong(payload=b"?")


def test_the_reader_tells_the_code_of_a_close(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    server, client = pair
    server.sendall(from_server(CloseConnection(code=4008, reason="slow")))
    with pytest.raises(ClosedByServerError, match="4008 slow") as caught:
        FrameReader(client).read()
    assert caught.value.code == 4008


def test_the_reader_tells_of_an_end_without_a_close(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    server, client = pair
    server.close()
    with pytest.raises(ClosedByServerError, match="1006"):
        FrameReader(client).read()
