"""One stream from its begin to its end: a task that reads, and one that sends."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

import trio
from attrs import frozen

from ailoop.client import AiloopError, Patience, Refused
from ailoop.client.steps import StepVerbs
from ailoop.forward.buffer import Buffer, Item
from ailoop.forward.lines import LONGEST, Line, LineSplitter
from ailoop.forward.messages import Messages
from ailoop.forward.parser import BadLineError, Parser
from ailoop.forward.position import Place, PositionFile
from ailoop.forward.pump import Pump
from ailoop.forward.source import Began, Piece

__all__ = ["Counts", "Forwarder"]

_INTERRUPTED_SECONDS = 2.0
"""How long an interrupted stream may take to send what it has read."""

Copy = Callable[[bytes], Awaitable[None]]


@frozen(kw_only=True)
class Counts:
    """What has become of a stream.

    :param waiting: messages that are still to be sent.
    :param bad: lines that were no JSON where it was expected; they went as text.
    :param too_long: lines that were not read into memory; a notice went for each.
    :param dropped: messages that a full buffer let go.
    :param refused: messages that the server does not take.
    :param undelivered: messages that the server had no chance to take.
    """

    agent: str
    lines: int
    sent: int
    waiting: int
    bad: int
    too_long: int
    dropped: int
    refused: int
    undelivered: int


class Forwarder:
    """Forwards one stream.

    :param source: what to read.
    :param copy: takes every byte as it comes, before it is forwarded, if given.
    :param flush_seconds: how long sending may take after the end of the input.
    :param reads_on: whether a stream of which nothing more can be sent is read to its end all
        the same, so that who writes it does not suffer.
    """

    def __init__(
        self,
        client: StepVerbs,
        source: AsyncGenerator[Piece, None],
        parser: Parser,
        messages: Messages,
        buffer: Buffer,
        *,
        patience: Patience,
        position: PositionFile | None = None,
        copy: Copy | None = None,
        flush_seconds: float = 30,
        reads_on: bool = False,
    ) -> None:
        self.fault: OSError | BadLineError | None = None
        """What ended the reading before its time."""
        self.failure: AiloopError | None = None
        """What ended the sending before its time."""
        self.late = False
        """Whether there was no time to send what was left at the end."""
        self._source = source
        self._parser = parser
        self._messages = messages
        self._buffer = buffer
        self._position = position
        self._copy = copy
        self._flush_seconds = flush_seconds
        self._reads_on = reads_on
        self._pump = Pump(client, buffer, patience, notice=self._notice, done=self._save)
        self._sending = trio.CancelScope(shield=True)
        self._ended = trio.Event()
        self._splitter = LineSplitter()
        self._began: Place | None = None
        self._lines = 0
        self._too_long = 0

    @property
    def refusal(self) -> Refused | None:
        """Why the server has refused a message, if it has."""
        return self._pump.refusal

    def counts(self) -> Counts:
        """Return how it stands."""
        ended = self.late or self.failure is not None
        return Counts(
            agent=self._parser.agent,
            lines=self._lines,
            sent=self._pump.sent,
            waiting=0 if ended else len(self._buffer) + self._pump.in_flight,
            bad=self._parser.bad,
            too_long=self._too_long,
            dropped=self._buffer.dropped,
            refused=self._pump.refused,
            undelivered=self._buffer.undelivered + (self._pump.in_flight if ended else 0),
        )

    async def run(self) -> None:
        """Read to the end and send all of it; :attr:`fault` and :attr:`failure` tell the rest.

        Interrupted, it sends what it has read if that goes quickly.
        """
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._read)
            nursery.start_soon(self._hasten)
            with self._sending:
                await self._send()
            self.late = self._sending.cancelled_caught
            if self.late:
                self._buffer.abandon()
            if self._reads_on and self.failure is not None:
                await self._ended.wait()
            nursery.cancel_scope.cancel()
        await trio.lowlevel.checkpoint_if_cancelled()

    async def _send(self) -> None:
        try:
            await self._pump.run()
        except AiloopError as error:
            self.failure = error
            self._buffer.abandon()
        except OSError as error:  # of the file of positions
            self.fault = error
            self._buffer.abandon()

    async def _hasten(self) -> None:
        """Leave little time for sending from the moment of an interruption on."""
        try:
            await trio.sleep_forever()
        finally:
            self._end_sending(_INTERRUPTED_SECONDS)

    def _end_sending(self, seconds: float) -> None:
        deadline = trio.current_time() + seconds
        self._sending.deadline = min(self._sending.deadline, deadline)

    async def _read(self) -> None:
        try:
            async with aclosing(self._source):
                async for piece in self._source:
                    if isinstance(piece, Began):
                        await self._begin(piece.place)
                    else:
                        await self._read_chunk(piece)
            await self._take(self._splitter.rest())
        except (OSError, BadLineError) as fault:
            self.fault = fault
        finally:
            self._buffer.close()
            self._end_sending(self._flush_seconds)
            self._ended.set()

    async def _begin(self, place: Place | None) -> None:
        await self._take(self._splitter.rest())  # of the file before, which got no end
        self._began = place
        self._splitter = LineSplitter(place.offset if place else 0)

    async def _read_chunk(self, chunk: bytes) -> None:
        if self._copy is not None:
            await self._copy(chunk)
        if self._position is not None and self._began is not None:
            self._position.read(self._began, chunk)
        for line in self._splitter.feed(chunk):
            await self._take(line)

    async def _take(self, line: Line | None) -> None:
        """Put into the buffer what a line becomes.

        It has been read, so an interruption has to wait; not for long, for then the sending
        ends, and with it the buffer's being full.
        """
        if line is None:
            return
        self._lines += 1
        with trio.CancelScope(shield=True):
            for item in self._items_of(line):
                await self._buffer.put(item)

    def _items_of(self, line: Line) -> list[Item]:
        place = Place(self._began.life, line.end) if self._began else None
        if line.data is None:
            self._too_long += 1
            text = f"A line of {line.size} bytes was skipped; at most {LONGEST} are read"
            return [self._messages.notice(text, self._parser.agent, place)]
        try:
            return [*self._messages.of_line(self._parser, line.data, place)]
        except BadLineError as error:
            raise BadLineError(f"line {self._lines}: {error}") from None

    def _notice(self, text: str) -> Item:
        return self._messages.notice(text, self._parser.agent)

    def _save(self, place: Place) -> None:
        if self._position is not None:
            self._position.save(place)
