"""The head of an HTTP request, before any library believes it.

What two readers could read in two ways is refused: where a proxy and this server disagree on
where a request ends, a stranger's bytes become somebody else's request (RFC 9112, section
11.2). The libraries are liberal there, and have no bound on a head that comes in one piece.
"""

from __future__ import annotations

import re
from http import HTTPStatus

import orjson
import trio
from attrs import frozen

from ailoop.model.errors import Refusal

__all__ = ["SECURITY_HEADERS", "HeadLimits", "check_head", "read_head", "refusal_response"]

_END = re.compile(rb"\n\r?\n")
_LOOSE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_ONCE = (b"host", b"content-length", b"transfer-encoding", b"authorization", b"x-api-key")
"""Fields of which one reader could take the first and another the last."""
_HOST_BYTES = 255  # the longest name there is (RFC 1035, section 2.3.4)

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""What every answer tells a browser, unless its route knows better."""


@frozen(kw_only=True)
class HeadLimits:
    """Bounds of the head of a request.

    :param size: bytes of its lines together (``head_too_large``).
    :param fields: its header fields (``head_too_large``).
    :param seconds: how long it may take to arrive; then the connection is closed.
    """

    size: int = 16 * 1024
    fields: int = 100
    seconds: float = 10.0


def check_head(head: bytes | bytearray, limits: HeadLimits) -> None:
    """Refuse a whole head, with its empty line, that is too large or reads in two ways.

    :raises Refusal: ``head_too_large`` or ``bad_request``.
    """
    if len(head) > limits.size:
        raise Refusal("head_too_large", limit=limits.size)
    lines = head.rstrip(b"\r\n").split(b"\r\n")
    if len(lines) - 1 > limits.fields:
        raise Refusal("head_too_large", "The head has too many fields", limit=limits.fields)
    if _LOOSE.search(head):
        raise Refusal("bad_request", "A line of the head ends with something else than CR LF")
    names = []
    for line in lines[1:]:
        if line[:1] in (b" ", b"\t"):
            raise Refusal("bad_request", "A field of the head goes on over a second line")
        name, _, value = line.partition(b":")
        names.append(name.strip().lower())
        if names[-1] == b"host" and len(value) > _HOST_BYTES:
            raise Refusal("bad_request", "The Host field is longer than any name")
    if b"transfer-encoding" in names and b"content-length" in names:
        raise Refusal("bad_request", "The body has two lengths")
    for once in _ONCE:
        if names.count(once) > 1:
            raise Refusal("bad_request", f"The field {once.decode()} is there twice")


async def read_head(stream: trio.abc.ReceiveStream, limits: HeadLimits) -> bytes:
    """Return what comes up to the end of a head, and perhaps beyond it.

    :raises trio.TooSlowError: nothing comes in time.
    :raises trio.BrokenResourceError: its sender has left.
    :raises Refusal: ``head_too_large``, ``bad_request``, or ``too_slow`` where it has begun.
    """
    seen = bytearray()
    with trio.move_on_after(limits.seconds):
        while True:
            more = await stream.receive_some(limits.size)
            if not more:
                raise trio.BrokenResourceError("closed before the end of the head")
            looked_at = max(0, len(seen) - 2)
            seen += more
            if end := _END.search(seen, looked_at):
                check_head(seen[: end.end()], limits)
                return bytes(seen)
            if len(seen) > limits.size:
                raise Refusal("head_too_large", limit=limits.size)
    if seen:
        raise Refusal("too_slow")
    raise trio.TooSlowError


def refusal_response(refusal: Refusal) -> bytes:
    """Return a refusal as a whole HTTP response, after which the connection ends."""
    status = HTTPStatus(refusal.spec.status)
    body = orjson.dumps(refusal.body())
    fields = {
        **SECURITY_HEADERS,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
