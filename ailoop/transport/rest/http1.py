"""HTTP/1.1 as Hypercorn speaks it, and strictly.

It reads heads by our rules, speaks no HTTP/2, which it would without being asked (a request
smuggled past a proxy that way is a known attack), and never agrees on compression of a
WebSocket: a few bytes could become many before anybody counts them.
"""

from __future__ import annotations

from typing import cast

import h11
from h11._receivebuffer import ReceiveBuffer
from hypercorn.events import Closed
from hypercorn.protocol import ProtocolWrapper
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import WSStream
from hypercorn.typing import ConnectionState

from ailoop.model.errors import CATALOGUE, Refusal
from ailoop.transport.gateway import Gateway
from ailoop.transport.head import HeadLimits, check_head, refusal_response

__all__ = ["Http1"]

_CODES = {CATALOGUE[code].status: code for code in ("head_too_large", "too_slow")}
_VERSIONS = (b" HTTP/1.1", b" HTTP/1.0")


class _HeadBuffer(ReceiveBuffer):
    """Where h11 keeps what has come; each block of lines is checked as it was sent."""

    def __init__(self, connection: h11.Connection, limits: HeadLimits) -> None:
        super().__init__()
        self._connection = connection
        self._limits = limits
        self._taken = bytearray()

    def _extract(self, count: int) -> bytearray:
        self._taken = super()._extract(count)
        return self._taken

    def maybe_extract_lines(self) -> list[bytearray] | None:
        """Return the lines of a head, or of the trailers of a body in pieces."""
        lines = super().maybe_extract_lines()
        if lines:
            try:
                check_head(self._taken, self._limits)
            except Refusal as refusal:
                raise h11.RemoteProtocolError(
                    refusal.sentence, error_status_hint=refusal.spec.status
                ) from None
            is_head = self._connection.their_state is h11.IDLE
            if is_head and not lines[0].endswith(_VERSIONS):
                raise h11.RemoteProtocolError("not HTTP/1")
        return lines


class Http1(H11Protocol):
    """One connection's side of the protocol.

    :param wrapper: Hypercorn's choice of a protocol, whose place this takes.
    """

    def __init__(self, wrapper: ProtocolWrapper, gateway: Gateway) -> None:
        super().__init__(
            wrapper.app,
            wrapper.config,
            wrapper.context,
            wrapper.task_group,
            ConnectionState(wrapper.state),
            wrapper.ssl,
            wrapper.client,
            wrapper.server,
            wrapper.send,
        )
        self._gateway = gateway
        connection = cast("h11.Connection", self.connection)
        self._buffer = _HeadBuffer(connection, gateway.limits.head)
        # h11 has no other way to look at what was sent; the reason why its version is pinned.
        connection._receive_buffer = self._buffer  # noqa: SLF001

    @property
    def awaits_head(self) -> bool:
        """Whether the next that has to come is a request."""
        return self.connection.their_state is h11.IDLE

    @property
    def awaits_body(self) -> bool:
        """Whether a request has begun and its body is not complete."""
        return self.connection.their_state is h11.SEND_BODY

    @property
    def is_overfull(self) -> bool:
        """Whether a WebSocket's message has become too large, which its peer has been told.

        Hypercorn would go on to read it, to no purpose.
        """
        stream = self.stream
        return isinstance(stream, WSStream) and stream.buffer.length > stream.buffer.max_length

    @property
    def is_sent_more(self) -> bool:
        """Whether there is more to come that nobody will read."""
        return self.awaits_body or self.is_overfull

    @property
    def has_begun(self) -> bool:
        """Whether some of the next head has come."""
        return len(self._buffer) > 0

    async def _check_protocol(self, event: h11.Request) -> None:
        """Change to no other protocol; who offers one is answered in this (RFC 9110, 7.8)."""

    async def _create_stream(self, request: h11.Request) -> None:
        """Hand a request on, without the extensions that a WebSocket offers."""
        kept = [one for one in request.headers if one[0] != b"sec-websocket-extensions"]
        if len(kept) != len(request.headers):
            request = h11.Request(
                method=request.method,
                target=request.target,
                headers=kept,
                http_version=request.http_version,
            )
        await super()._create_stream(request)

    async def _handle_events(self) -> None:
        """Act on what has come, and end a WebSocket that is none or has sent too much.

        Hypercorn says so and then keeps the connection, for as long as its peer likes.
        """
        await super()._handle_events()
        if self.stream is not None and (self.stream.closed or self.is_overfull):
            await self.send(Closed())

    async def _send_error_response(self, status_code: int) -> None:
        """Say in JSON what is wrong with a head, as with anything else."""
        await self.refuse(_CODES.get(status_code, "bad_request"))

    async def refuse(self, code: str) -> None:
        """Answer with a refusal, before there is a request."""
        refusal = Refusal(code)
        self._gateway.counts.refuse(refusal.code)
        whole = refusal_response(refusal)
        head, _, body = whole.partition(b"\r\n\r\n")
        fields = [line.partition(b": ")[::2] for line in head.split(b"\r\n")[1:]]
        await self._send_h11_event(
            h11.Response(status_code=refusal.spec.status, headers=list(fields))
        )
        await self._send_h11_event(h11.Data(data=body))
        await self._send_h11_event(h11.EndOfMessage())
