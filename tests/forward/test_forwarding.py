"""A stream to a real daemon over a wire that fails: all of it, once, in order, or told."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from ailoop import AiloopClient, Invalid, NotAllowed, Patience, Unreachable
from ailoop.forward import Buffer, Forwarder, Messages, Parser
from ailoop.forward.position import Place
from ailoop.forward.source import Began, Piece
from tests.client.proxy import Wire, wired
from tests.serving import Served, serving, until

SOON = Patience(first_seconds=0.01, longest_seconds=0.05)
LIMIT = 20


def numbered(first: int, last: int) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(first, last))


async def pieces(*given: Piece) -> AsyncGenerator[Piece, None]:
    """A source of what is given, and its end."""
    for piece in given:
        await trio.lowlevel.checkpoint()
        yield piece


class Tap:
    """A source that a test opens piece by piece, and that counts what has been taken."""

    def __init__(self) -> None:
        self._send, self._receive = trio.open_memory_channel[bytes](0)
        self.taken = 0

    async def source(self) -> AsyncGenerator[Piece, None]:
        async for chunk in self._receive:
            yield chunk
            self.taken += 1

    async def give(self, chunk: bytes) -> None:
        await self._send.send(chunk)

    def end(self) -> None:
        self._send.close()


@asynccontextmanager
async def forwarding(
    url: str,
    source: AsyncGenerator[Piece, None],
    *,
    patience: Patience = SOON,
    room: int = 1000,
    drops: bool = False,
    **more: Any,
) -> AsyncIterator[Forwarder]:
    """Make a forwarder with a client of its own."""
    async with AiloopClient(url, transport="rest", role="agent", patience=patience) as client:
        yield Forwarder(
            client,
            source,
            Parser(),
            Messages(channel="a"),
            Buffer(room, drops=drops),
            patience=patience,
            **more,
        )


async def texts(server: Served, channel: str = "a") -> list[str]:
    path = f"/api/channels/{channel}/messages"
    answer = await server.http.get(path, params={"limit": 1000})
    return [one["content"]["text"] for one in answer.json()["messages"]]


def expected(first: int, last: int) -> list[str]:
    return numbered(first, last).decode().splitlines()


async def test_cut_and_doubled(server: Served, wire: Wire) -> None:
    """A wire that is cut anywhere, and repeats requests, changes nothing at the other end."""

    async def cutting() -> AsyncGenerator[Piece, None]:
        for number in range(0, 500, 5):
            yield numbered(number, number + 5)
            if number % 50 == 0:
                wire.cut()
            await until(lambda number=number: forwarder.counts().sent >= number - 20)  # type: ignore[misc]

    async with forwarding(wire.url, cutting()) as forwarder:
        wire.cut_chance, wire.double_chance = 0.2, 0.2
        with trio.fail_after(LIMIT):
            await forwarder.run()
        wire.cut_chance = wire.double_chance = 0
    assert wire.cuts > 0
    assert wire.connections > 3
    assert await texts(server) == expected(0, 500)
    counts = forwarder.counts()
    assert (counts.sent, counts.lines, counts.undelivered) == (500, 500, 0)


async def test_the_acknowledgement_is_lost(
    server: Served, wire: Wire, nursery: trio.Nursery
) -> None:
    """What the server had taken already is sent again, and is there once."""
    async with forwarding(wire.url, pieces(numbered(0, 50))) as forwarder:
        wire.stall("back")
        nursery.start_soon(forwarder.run)
        await until(lambda: server.broker.tables.messages)
        wire.cut()
        await until(lambda: forwarder.counts().sent == 50)
    assert await texts(server) == expected(0, 50)


async def run_daemon(
    journal: str,
    stop: trio.Event,
    stopped: trio.Event,
    *,
    task_status: trio.TaskStatus[Served],
) -> None:
    async with serving(journal=journal) as served:
        task_status.started(served)
        await stop.wait()
    stopped.set()


async def test_the_daemon_is_restarted(tmp_path: Path, nursery: trio.Nursery) -> None:
    """Its successor gets what the first one had not, in order, and nothing twice."""
    journal = f"sqlite:{tmp_path / 'journal.db'}"
    tap, stop, stopped, end = Tap(), trio.Event(), trio.Event(), trio.Event()
    first = await nursery.start(run_daemon, journal, stop, stopped)
    async with wired(first.address("rest")) as wire:
        async with forwarding(wire.url, tap.source()) as forwarder:
            nursery.start_soon(forwarder.run)
            await tap.give(numbered(0, 120))
            await until(lambda: forwarder.counts().sent == 120)
            wire.stall("back")  # what comes now is taken, and nobody is told
            await tap.give(numbered(120, 240))
            await until(lambda: len(first.broker.tables.messages) > 120)
            stop.set()
            wire.refusing = True
            wire.cut()
            await stopped.wait()
            second = await nursery.start(run_daemon, journal, end, trio.Event())
            wire.address = second.address("rest")
            wire.refusing = False
            await tap.give(numbered(240, 300))
            tap.end()
            await until(lambda: forwarder.counts().sent == 300)
        assert await texts(second) == expected(0, 300)
        end.set()


async def test_a_slow_server_holds_up_who_writes(
    server: Served, wire: Wire, nursery: trio.Nursery
) -> None:
    """A full buffer reads no more; nothing is lost, and no more is held than it may."""
    tap = Tap()

    async def write() -> None:
        for number in range(400):
            await tap.give(numbered(number, number + 1))
        tap.end()

    async with forwarding(wire.url, tap.source(), room=50) as forwarder:
        wire.stall()
        nursery.start_soon(forwarder.run)
        nursery.start_soon(write)
        await until(lambda: forwarder.counts().waiting >= 50)
        for _ in range(200):
            await trio.lowlevel.checkpoint()
        assert tap.taken <= 50 + 100  # and what is on its way
        assert forwarder.counts().lines <= tap.taken + 1
        wire.cut()
        await until(lambda: forwarder.counts().sent == 400)
    assert await texts(server) == expected(0, 400)


async def test_dropping(server: Served, wire: Wire, nursery: trio.Nursery) -> None:
    """Who may drop reads on: the oldest go, and in their place it says how many they were."""
    tap = Tap()
    async with forwarding(wire.url, tap.source(), room=50, drops=True) as forwarder:
        wire.stall()
        nursery.start_soon(forwarder.run)
        await tap.give(numbered(0, 1))
        await until(lambda: forwarder._pump.in_flight == 1)
        await tap.give(numbered(1, 1000))
        tap.end()
        await until(lambda: forwarder.counts().dropped == 949)
        wire.cut()
        await until(lambda: forwarder.counts().sent == 52)
    lost = "949 messages are missing here: they came faster than the server took them"
    assert await texts(server) == ["line 0", lost, *expected(950, 1000)]


async def test_no_time_at_the_end(server: Served, wire: Wire) -> None:
    """What cannot be sent in the time there is after the end is counted as not delivered."""
    async with forwarding(wire.url, pieces(numbered(0, 150)), flush_seconds=0.1) as forwarder:
        wire.stall()
        with trio.fail_after(LIMIT):
            await forwarder.run()
    counts = forwarder.counts()
    assert forwarder.late
    assert (counts.sent, counts.undelivered, counts.waiting) == (0, 150, 0)


@pytest.mark.parametrize("reads_on", [False, True])
async def test_beyond_patience(server: Served, wire: Wire, reads_on: bool) -> None:
    """When the server has gone for too long it ends, or reads on for who writes."""
    patience = Patience(give_up_seconds=0.1, first_seconds=0.01)
    copied = bytearray()

    async def copy(chunk: bytes) -> None:
        copied.extend(chunk)

    async def endless() -> AsyncGenerator[Piece, None]:
        for number in range(1000):
            yield numbered(number, number + 1)
            await trio.lowlevel.checkpoint()

    async with forwarding(
        wire.url, endless(), patience=patience, room=10, reads_on=reads_on, copy=copy
    ) as forwarder:
        wire.refusing = True
        wire.cut()
        with trio.fail_after(LIMIT):
            await forwarder.run()
    assert isinstance(forwarder.failure, Unreachable)
    counts = forwarder.counts()
    assert (counts.sent, counts.waiting) == (0, 0)
    assert counts.undelivered == counts.lines
    assert (counts.lines == 1000) is reads_on
    assert (bytes(copied) == numbered(0, 1000)) is reads_on


async def test_one_that_is_refused() -> None:
    """A message that the server does not take is counted; those around it are there."""
    async with serving(text_bytes=100) as server:
        long = b"x" * 200 + b"\n"
        source = pieces(numbered(0, 30) + long + numbered(30, 60))
        async with forwarding(server.daemon.rest_url, source) as forwarder:
            await forwarder.run()
        assert await texts(server) == expected(0, 60)
    counts = forwarder.counts()
    assert (counts.sent, counts.refused) == (60, 1)
    assert isinstance(forwarder.refusal, Invalid)


async def test_a_rate_limit_is_waited_out() -> None:
    """Who is told to come again later does, with the same, in order."""
    async with serving(rate_messages=100.0, rate_burst_seconds=1.0) as server:
        source = pieces(numbered(0, 180))
        async with forwarding(server.daemon.rest_url, source) as forwarder:
            with trio.fail_after(LIMIT):
                await forwarder.run()
        assert await texts(server) == expected(0, 180)
        (limit,) = (await server.http.get("/api/v1/health")).json()["rates"].values()
        assert limit["refused"] > 0


async def test_a_batch_larger_than_a_rate_limit_lets_through() -> None:
    """It is halved until it passes."""
    async with serving(rate_messages=30.0, rate_burst_seconds=1.0) as server:
        async with forwarding(server.daemon.rest_url, pieces(numbered(0, 50))) as forwarder:
            with trio.fail_after(LIMIT):
                await forwarder.run()
        assert await texts(server) == expected(0, 50)


async def test_who_may_not_send() -> None:
    """The first refusal of who is not allowed ends it: no line would fare better."""
    async with serving() as server:
        source = pieces(numbered(0, 3))
        async with forwarding(server.daemon.rest_url, source) as forwarder:
            forwarder._messages = Messages(channel="a")
            refused = NotAllowed({"code": "not_granted", "error": "not on this channel"})

            async def post_all(_: Any) -> None:
                await trio.lowlevel.checkpoint()
                raise refused

            forwarder._pump._client.post_all = post_all  # type: ignore[method-assign]
            await forwarder.run()
    assert forwarder.failure is refused
    assert forwarder.counts().undelivered == 3


async def test_interrupted(server: Served, nursery: trio.Nursery) -> None:
    """What has been read by then is sent, and the interruption passes."""
    tap = Tap()
    scope = trio.CancelScope()
    async with forwarding(server.daemon.rest_url, tap.source()) as forwarder:

        async def run() -> None:
            with scope:
                await forwarder.run()

        nursery.start_soon(run)
        await tap.give(numbered(0, 250) + b"half a li")
        scope.cancel()
        await until(lambda: scope.cancelled_caught)
    assert await texts(server) == expected(0, 250)


async def test_the_same_place_again(server: Served) -> None:
    """Who begins again at the same place posts the same ids, which are there already."""
    life = Began(Place("life", 0))
    for _ in range(2):
        source = pieces(life, numbered(0, 20))
        async with forwarding(server.daemon.rest_url, source) as forwarder:
            await forwarder.run()
        assert forwarder.counts().sent == 20
    # As another agent's line there: it counts as there, and is not written over.
    source = pieces(life, numbered(0, 20).replace(b"0", b"9"))
    async with forwarding(server.daemon.rest_url, source) as forwarder:
        await forwarder.run()
    assert (forwarder.counts().sent, forwarder.counts().refused) == (20, 0)
    assert await texts(server) == expected(0, 20)


async def test_long_lines(server: Served) -> None:
    """A line that is too long is not kept, and a notice stands in its place."""

    def chunks() -> Iterator[bytes]:
        yield b"before\n"
        for _ in range(40):
            yield b"x" * 64 * 1024
        yield b"\nafter"

    async with forwarding(server.daemon.rest_url, pieces(*chunks())) as forwarder:
        await forwarder.run()
    size = 40 * 64 * 1024
    assert await texts(server) == [
        "before",
        f"A line of {size} bytes was skipped; at most {1024 * 1024} are read",
        "after",
    ]
    assert forwarder.counts().too_long == 1
