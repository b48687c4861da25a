"""What the link needs of a WebSocket, whichever event loop it runs on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from ailoop.client.errors import AiloopError, ConnectionLost, Unreachable, refusal_of
from ailoop.model.codec import load_json
from ailoop.model.errors import Refusal

if TYPE_CHECKING:
    import ssl

__all__ = [
    "FRAME_BYTES",
    "QUEUED_MESSAGES",
    "Hold",
    "OpenHold",
    "Socket",
    "SocketClosedError",
    "lost",
    "why_rejected",
]

QUEUED_MESSAGES = 256
"""How many messages a library may hold before it stops reading."""

FRAME_BYTES = 16 * 1024 * 1024
"""The largest message that is taken from a server."""


class SocketClosedError(Exception):
    """The connection has ended.

    :param code: the WebSocket close code, 1006 if there was none (RFC 6455, section 7.4).
    """

    def __init__(self, code: int = 1006, words: str = "") -> None:
        self.code = code
        self.words = words
        super().__init__(f"{code} {words}")


class Socket(Protocol):
    """One open WebSocket."""

    async def receive(self) -> str | bytes:
        """Return the next message.

        :raises SocketClosedError: there is none any more.
        """
        ...

    async def send(self, message: str) -> None:
        """Send a message.

        :raises SocketClosedError: nobody takes it.
        """
        ...

    async def aclose(self) -> None:
        """Say goodbye, and wait for the server to do so."""
        ...


Converse = Callable[[Socket], Awaitable[AiloopError]]
"""Uses a WebSocket, and returns why it ended."""

Hold = Callable[[str, Mapping[str, str], float, Converse], Awaitable[AiloopError]]
"""Opens a WebSocket, has it used, closes it; returns why it ended or could not be opened.

Its arguments are the address, further headers of the handshake, for how many seconds opening
may take, and who uses it.
"""


class OpenHold(Protocol):
    """A :data:`Hold` that can be told what an ``wss://`` server is trusted by."""

    async def __call__(
        self,
        url: str,
        headers: Mapping[str, str],
        seconds: float,
        converse: Converse,
        *,
        tls: ssl.SSLContext | None,
    ) -> AiloopError:
        """Open a WebSocket, have it used, close it."""
        ...


def lost(closed: SocketClosedError) -> ConnectionLost:
    """Return what the end of a connection is to whoever expected something of it."""
    words = f"{closed.code} {closed.words}".strip()
    return ConnectionLost(f"the connection to ailoop ended ({words})", closed.code)


def why_rejected(
    url: str, status: int, headers: Iterable[tuple[str, str]], body: bytes
) -> AiloopError:
    """Return what a server said instead of opening a WebSocket."""
    try:
        said = load_json(body)
    except Refusal:
        said = None
    if not isinstance(said, dict) or "code" not in said:
        return Unreachable(f"cannot open {url}: HTTP {status}")
    known = {name.lower(): value for name, value in headers}
    return refusal_of(said, known.get("retry-after"))
