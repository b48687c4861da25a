"""What carries a session, over a socket that does what the test wants, on a virtual clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from ailoop.broker import open_broker
from ailoop.journal import MemoryJournal
from ailoop.model.codec import Codec
from ailoop.model.limits import MessageLimits
from ailoop.transport.gateway import Gateway, TransportLimits
from ailoop.transport.ws.connection import SocketClosedError, serve_connection
from ailoop.transport.ws.plain import PlainSession


class StuckSocket:
    """A socket whose peer says a few things and then neither speaks nor reads."""

    port = "ws"

    def __init__(self, *said: str, closes: bool = True) -> None:
        self.closed_with: tuple[int, str] | None = None
        self.sending = 0
        self.patience = 30.0
        self._said = list(said)
        self._closes = closes

    async def listen(self, receive: Callable[[str | bytes], Awaitable[None]]) -> int:
        for message in self._said:
            await trio.lowlevel.checkpoint()
            await receive(message)
        await trio.sleep_forever()
        raise AssertionError

    def express(self, *_: object) -> bool:
        return False

    def unsent(self) -> int:
        return 0

    async def send(self, frames: Sequence[bytes]) -> None:
        self.sending += len(frames)
        with trio.fail_after(self.patience):
            await trio.sleep_forever()

    async def close(self, code: int, reason: str) -> None:
        self.closed_with = (code, reason)
        if not self._closes:
            await trio.sleep_forever()


async def serve(socket: StuckSocket, send_seconds: float) -> float:
    """Serve a connection to its end and return how long that took."""
    async with open_broker(MemoryJournal()) as broker:
        limits = TransportLimits(send_seconds=send_seconds)
        gateway = Gateway(broker, Codec(MessageLimits()), limits)
        started = trio.current_time()
        async with trio.open_nursery() as nursery:
            await serve_connection(gateway, PlainSession(gateway), socket, nursery)
        assert len(gateway.presence) == 0
        assert broker.tables.feeds == 0
        return trio.current_time() - started


async def test_peer_that_does_not_read(autojump_clock: MockClock) -> None:
    """A frame waits for its reader as long as the setting says; then the code is 4008."""
    socket = StuckSocket('{"subscribe":["a"]}', "?")
    assert await serve(socket, 30) == 30
    assert socket.closed_with is not None
    assert socket.closed_with[0] == 4008
    assert socket.sending == 1


async def test_peer_that_does_not_even_close(autojump_clock: MockClock) -> None:
    """Nor does a peer that takes no leave hold its connection for longer than a moment."""
    socket = StuckSocket("?", closes=False)
    assert 30 < await serve(socket, 30) < 40


async def test_peer_that_goes_while_it_is_sent_to(autojump_clock: MockClock) -> None:
    """A peer that goes away ends its connection at once, without a close."""

    class Gone(StuckSocket):
        async def send(self, frames: Sequence[bytes]) -> None:
            raise SocketClosedError

    socket = Gone("?")
    assert await serve(socket, 30) == 0
    assert socket.closed_with is None


class QuickSocket(StuckSocket):
    """A socket that takes everything at once, which is no checkpoint."""

    async def send(self, frames: Sequence[bytes]) -> None:
        self.sending += len(frames)


async def test_a_reader_that_catches_up(autojump_clock: MockClock) -> None:
    """While much is sent to one reader that takes it all, other tasks have their turns."""
    async with open_broker(MemoryJournal()) as broker:
        limits = TransportLimits(outbox_bytes=1000)
        gateway = Gateway(broker, Codec(MessageLimits()), limits)
        notes = [{"channel": "a", "content": {"type": "notification", "text": "x" * 500}}] * 500
        await broker.publish(gateway.codec.structure_all(notes))
        socket = QuickSocket('{"subscribe":["a"]}')
        turns = 0
        async with trio.open_nursery() as nursery:
            nursery.start_soon(
                serve_connection, gateway, PlainSession(gateway), socket, nursery
            )
            while socket.sending < 400:
                await trio.lowlevel.checkpoint()
                turns += 1
            nursery.cancel_scope.cancel()
        assert turns > 5


async def test_what_is_counted_meanwhile(autojump_clock: MockClock) -> None:
    """Frames of other connections that go out while this one waits stay counted."""
    async with open_broker(MemoryJournal()) as broker:
        gateway = Gateway(broker, Codec(MessageLimits()))
        sending, taken = trio.Event(), trio.Event()

        class SlowSocket(StuckSocket):
            async def send(self, frames: Sequence[bytes]) -> None:
                sending.set()
                await taken.wait()

        async with trio.open_nursery() as nursery:
            session = PlainSession(gateway)
            nursery.start_soon(serve_connection, gateway, session, SlowSocket("?"), nursery)
            await sending.wait()
            gateway.counts.frames_sent += 100
            taken.set()
            await wait_all_tasks_blocked()
            assert gateway.counts.frames_sent == 101
            nursery.cancel_scope.cancel()
