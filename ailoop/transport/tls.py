"""TLS under an outbox: what is written is sealed at once, what comes is opened as it is read.

Trio's own ``SSLStream`` seals in a task that waits, and a wait that is cancelled in the middle
of a record leaves a stream that nobody can use any more, not even to say why it ends. Here
sealing never waits: it happens in memory, where the order of records is that of the calls, and
the outbox keeps what the socket does not take, as it does without TLS.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

import orjson
import structlog
import trio

from ailoop.model.errors import Refusal
from ailoop.transport.outbox import Outbox

__all__ = ["CurrentContext", "TlsOutbox", "open_outbox"]

log = structlog.get_logger()

_HANDSHAKE_SECONDS = 10.0
"""How long a peer may take from its connection to the end of its handshake."""

_PARTING_SECONDS = 1.0
"""How long a peer that is turned away may take to read why."""

_READ_BYTES = 64 * 1024

CurrentContext = Callable[[], ssl.SSLContext]
"""Returns what the next connection is accepted with."""

T = TypeVar("T")


async def open_outbox(
    stream: trio.SocketStream, tls: CurrentContext | None, patience: float
) -> Outbox | None:
    """Return what to write to a new connection through; ``None`` if its peer is of no use.

    :param tls: if given, the peer has to shake hands first.
    :param patience: for how many seconds the socket may take nothing while something waits.
    """
    if tls is None:
        return Outbox(stream, patience)
    outbox = TlsOutbox(stream, tls(), patience)
    why = "too slow"
    with trio.move_on_after(_HANDSHAKE_SECONDS):
        try:
            await outbox.do_handshake()
        except trio.BrokenResourceError as error:
            why = str(error.__cause__ or "the peer has gone")
            await _part(stream, outbox, error.__cause__)
        else:
            return outbox
    log.debug("handshake_failed", why=why)
    return None


async def _part(
    stream: trio.SocketStream, outbox: TlsOutbox, why: BaseException | None
) -> None:
    """Have the peer learn why it is turned away: closed at once, its system may drop that."""
    with trio.move_on_after(_PARTING_SECONDS), suppress(trio.BrokenResourceError):
        if isinstance(why, ssl.SSLError) and why.reason == "HTTP_REQUEST":
            await stream.send_all(_PLAIN_HTTP)
        else:
            await stream.send_all(outbox.last_words)
        await stream.send_eof()
        while await stream.receive_some(_READ_BYTES):
            pass


def _plain_http() -> bytes:
    refusal = Refusal("tls_required")
    body = orjson.dumps(refusal.body())
    return (
        b"HTTP/1.1 %d \r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
        b"connection: close\r\n\r\n%s" % (refusal.spec.status, len(body), body)
    )


_PLAIN_HTTP = _plain_http()
"""What is said to who speaks HTTP without TLS."""


class TlsOutbox(Outbox):
    """The server's side of a TLS connection; it is used as one without TLS is.

    :param stream: the accepted connection, which this takes over.
    :param patience: for how many seconds the socket may take nothing while something waits.
    """

    def __init__(
        self, stream: trio.SocketStream, context: ssl.SSLContext, patience: float
    ) -> None:
        super().__init__(stream, patience)
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._must_flush = False
        self.last_words = b""
        """What TLS has to say to a peer with which it failed."""

    def offer(self, data: bytes) -> None:
        """Seal and write, as :meth:`Outbox.offer`."""
        if self._broken or not data:
            return
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._tls.write(rest) :]
        except ssl.SSLError:
            self._break()
            return
        super().offer(self._outgoing.read())

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """Read what has come; nothing once the peer has ended, properly or not."""
        await trio.lowlevel.checkpoint_if_cancelled()
        if self._unread:
            await trio.lowlevel.cancel_shielded_checkpoint()
            return self._take_unread()
        try:
            return await self._open(partial(self._tls.read, max_bytes or _READ_BYTES))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            # HTTP and WebSocket tell by themselves where a message ends.
            return b""
        except ssl.SSLError as error:
            self._break()
            raise trio.BrokenResourceError from error

    async def do_handshake(self) -> None:
        """Agree on keys; at once if that has been done.

        :raises trio.BrokenResourceError: it cannot be; its cause says why, if that is known.
        """
        try:
            await self._open(self._tls.do_handshake)
        except ssl.SSLError as error:
            self._break()
            self.last_words = self._outgoing.read()
            raise trio.BrokenResourceError from error

    async def _open(self, take: Callable[[], T]) -> T:
        """Call what fails as long as more has to come from the peer.

        TLS itself may have to answer; what it has to say goes out before more is read, so that
        a peer that asks and does not read fills no memory.
        """
        waited = False
        while True:
            try:
                taken = take()
            except ssl.SSLWantReadError:
                pass
            else:
                self._answer()
                if not waited:
                    await trio.lowlevel.cancel_shielded_checkpoint()
                return taken
            self._answer()
            if self._must_flush:
                await self._flush_answer()
            data = await self._stream.receive_some(_READ_BYTES)
            waited = True
            if data:
                self._incoming.write(data)
            else:
                self._incoming.write_eof()

    def _answer(self) -> None:
        if self._outgoing.pending:
            super().offer(self._outgoing.read())
            self._must_flush = self.pending > 0

    async def _flush_answer(self) -> None:
        self._must_flush = False
        try:
            await self.flush()
        except trio.TooSlowError:
            raise trio.BrokenResourceError from None

    async def aclose(self) -> None:
        """Say that this is the end, if the socket takes it, and close as an outbox does."""
        if not (self._broken or self.pending):
            with suppress(ssl.SSLError):  # the peer's own end is not waited for
                self._tls.unwrap()
            super().offer(self._outgoing.read())
        await super().aclose()

    # -- what Hypercorn asks of a stream with TLS --------------------------------------

    @property
    def transport_stream(self) -> trio.SocketStream:
        """The accepted connection."""
        return self._stream

    def selected_alpn_protocol(self) -> str | None:
        """Return the protocol that was agreed on in the handshake."""
        return self._tls.selected_alpn_protocol()
