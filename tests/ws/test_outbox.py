"""What is written to an outbox arrives, whole and in order, or its writers are told."""

from __future__ import annotations

import math
import os
import socket as stdlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from ailoop.transport.outbox import Outbox

MUCH = 4 * 1024 * 1024
"""More than a socket of these takes at once."""


@contextmanager
def pair(patience: float = math.inf) -> Iterator[tuple[Outbox, trio.SocketStream]]:
    """Return an outbox, and the stream of its peer, over small socket buffers."""
    ours, theirs = stdlib.socketpair()
    for one in (ours, theirs):
        one.setsockopt(stdlib.SOL_SOCKET, stdlib.SO_SNDBUF, 4096)
    with ours, theirs:
        ours.setblocking(False)
        near, far = map(trio.socket.from_stdlib_socket, (ours, theirs))
        yield Outbox(trio.SocketStream(near), patience), trio.SocketStream(far)


async def read(stream: trio.SocketStream, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = await stream.receive_some(size - len(data))
        assert part, "the stream has ended"
        data += part
    return bytes(data)


async def test_a_lone_frame_is_out_at_once() -> None:
    """What the socket has room for needs no task to send it."""
    with pair() as (outbox, peer):
        outbox.offer(b"one")
        outbox.offer(b"two")
        assert outbox.pending == 0
        assert await read(peer, 6) == b"onetwo"


WRITES = st.lists(
    st.tuples(st.sampled_from(["offer", "send", "read"]), st.integers(1, 40_000)), max_size=30
)


@given(writes=WRITES)
@settings(deadline=None, max_examples=60)
def test_everything_arrives_in_order(writes: list[tuple[str, int]]) -> None:
    """Synchronous and asynchronous writers share one order, and no frame is cut by another."""

    async def life() -> None:
        sent, got = bytearray(), bytearray()
        with pair() as (outbox, peer):
            async with trio.open_nursery() as nursery:
                for number, (how, size) in enumerate(writes):
                    frame = bytes([number]) * size
                    if how == "offer":
                        outbox.offer(frame)
                        sent += frame
                    elif how == "send":
                        nursery.start_soon(outbox.send_all, frame)
                        await wait_all_tasks_blocked()
                        sent += frame
                    elif outbox.pending:
                        nursery.start_soon(outbox.flush)
                        got += await peer.receive_some(size)
                    assert outbox.pending <= len(sent)
                nursery.start_soon(outbox.flush)
                got += await read(peer, len(sent) - len(got))
            assert outbox.pending == 0
        assert got == sent

    trio.run(life)


async def test_a_peer_that_takes_nothing(autojump_clock: MockClock) -> None:
    """The writer is told after its patience, and what is left stays to be written."""
    with pair(30) as (outbox, peer):
        outbox.offer(b"x" * MUCH)
        assert 0 < outbox.pending < MUCH
        with pytest.raises(trio.TooSlowError):
            await outbox.flush()
        assert trio.current_time() == pytest.approx(30)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(outbox.flush)
            assert await read(peer, MUCH) == b"x" * MUCH


async def test_everybody_who_waits_is_told(autojump_clock: MockClock) -> None:
    """Who waits behind another for the socket learns as soon that it takes nothing."""
    with pair(30) as (outbox, _):
        outbox.offer(b"x" * MUCH)
        async with trio.open_nursery() as nursery:

            async def pong() -> None:
                with pytest.raises(trio.BrokenResourceError):
                    await outbox.send_all(b"pong")

            nursery.start_soon(pong)
            await wait_all_tasks_blocked()
            with pytest.raises(trio.TooSlowError):
                await outbox.flush()
        assert trio.current_time() == pytest.approx(30)


async def test_a_peer_that_is_slow_but_reads(autojump_clock: MockClock) -> None:
    """Patience is for a peer that stands still, however long all of it takes."""
    with pair(30) as (outbox, peer):
        outbox.offer(b"x" * MUCH)

        async def read_slowly() -> None:
            left = MUCH
            while left:
                await trio.sleep(20)
                left -= len(await peer.receive_some(64 * 1024))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read_slowly)
            await outbox.flush()
        assert trio.current_time() > 60


async def test_a_wait_that_is_cancelled_loses_nothing(autojump_clock: MockClock) -> None:
    """Frames are whole whatever becomes of the task that waited for them."""
    with pair() as (outbox, peer):
        for byte in (b"x", b"y"):
            with trio.move_on_after(1):
                await outbox.send_all(byte * MUCH)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(outbox.flush)
            assert await read(peer, 2 * MUCH) == b"x" * MUCH + b"y" * MUCH


async def test_a_peer_that_has_gone() -> None:
    """What is offered is dropped, keeps no memory, and whoever waits is told."""
    with pair() as (outbox, peer):
        outbox.offer(b"x" * MUCH)
        await peer.aclose()
        with pytest.raises(trio.BrokenResourceError):
            await outbox.flush()
        outbox.offer(b"more")
        assert outbox.pending == 0
        with pytest.raises(trio.BrokenResourceError):
            await outbox.send_all(b"more")


async def test_closed_while_somebody_waits(autojump_clock: MockClock) -> None:
    """Closing wakes the writer; nothing is written to a descriptor that is another's now."""
    with pair() as (outbox, _):
        outbox.offer(b"x" * MUCH)
        async with trio.open_nursery() as nursery:

            async def wait() -> None:
                with pytest.raises(trio.BrokenResourceError):
                    await outbox.flush()

            nursery.start_soon(wait)
            await wait_all_tasks_blocked()
            await outbox.aclose()
        reading, writing = os.pipe()
        try:
            outbox.offer(b"secret")
            os.set_blocking(reading, False)
            with pytest.raises(BlockingIOError):
                os.read(reading, 9)
        finally:
            os.close(reading)
            os.close(writing)
