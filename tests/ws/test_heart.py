"""A connection is asked every so many seconds from its beginning on, and left if it is mute."""

from __future__ import annotations

from typing import Any

import trio
from structlog.testing import capture_logs
from trio.testing import MockClock
from trio_websocket import CloseReason, ConnectionClosed

from ailoop.transport.ws.heart import Heart


class Peer:
    """A connection whose peer answers pings, or does not."""

    def __init__(self, answers: Any = True) -> None:
        self.asked: list[float] = []
        self.closed_with: int | None = None
        self._answers = answers

    async def ping(self) -> None:
        self.asked.append(round(trio.current_time(), 1))
        if isinstance(self._answers, Exception):
            raise self._answers
        if not self._answers:
            await trio.sleep_forever()

    async def aclose(self, code: int, _: str) -> None:
        self.closed_with = code
        await trio.sleep_forever()  # it does not answer this either


async def beat(seconds: float, *peers: tuple[float, Peer]) -> None:
    """Let a heart beat for so long, with peers that come at their time."""
    heart = Heart(30)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(heart.beat)

        async def come(after: float, peer: Any) -> None:
            await trio.sleep(after)
            heart.add(peer)

        for after, peer in peers:
            nursery.start_soon(come, after, peer)
        await trio.sleep(seconds)
        nursery.cancel_scope.cancel()


async def test_each_is_asked_in_its_own_time(autojump_clock: MockClock) -> None:
    """Whenever a connection comes, it is asked thirty seconds later and so on."""
    first, second = Peer(), Peer()
    await beat(100, (0.1, first), (20, second))
    assert first.asked == [30.1, 60.1, 90.1]
    assert second.asked == [50, 80]


async def test_a_mute_peer_is_left(autojump_clock: MockClock) -> None:
    """Without a pong for as long again, the connection is closed; others are not kept by it."""
    mute, other = Peer(answers=False), Peer()
    await beat(70, (0, mute), (1, other))
    assert mute.closed_with == 1001
    assert other.closed_with is None
    assert other.asked == [31, 61]


async def test_a_fault_stays_with_its_connection(autojump_clock: MockClock) -> None:
    """One that has ended is nothing to tell of; a fault of ours is logged; the rest goes on."""
    ended = Peer(ConnectionClosed(CloseReason(1000, None)))
    faulty, other = Peer(RuntimeError("nobody has thought of this")), Peer()
    with capture_logs() as logs:
        await beat(40, (0, ended), (1, faulty), (2, other))
    assert [one["event"] for one in logs] == ["ping_failed"]
    assert other.asked == [32]


async def test_who_has_gone_is_not_asked(autojump_clock: MockClock) -> None:
    """A connection that is taken off is asked no more."""
    heart, peer = Heart(30), Peer()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(heart.beat)
        heart.add(peer)  # type: ignore[arg-type]
        await trio.sleep(31)
        heart.discard(peer)  # type: ignore[arg-type]
        await trio.sleep(100)
        nursery.cancel_scope.cancel()
    assert peer.asked == [30]
