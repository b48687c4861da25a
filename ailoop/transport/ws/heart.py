"""Asks every WebSocket now and then whether its peer is there, and hangs up if it is not."""

from __future__ import annotations

import structlog
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection
from wsproto.utilities import LocalProtocolError

__all__ = ["Heart"]

log = structlog.get_logger()

_CLOSE_SECONDS = 2.0


class Heart:
    """One task for all connections, as a sleeping task for each would be memory for each.

    :param seconds: how often each is asked, and how long it may take over its pong.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.connections: set[WebSocketConnection] = set()
        """Those that are asked."""

    async def beat(self) -> None:
        """Ask one after the other, spread over the time there is, until cancelled."""
        async with trio.open_nursery() as pings:
            while True:
                around = list(self.connections)
                if not around:
                    await trio.sleep(self._seconds)
                for connection in around:
                    await trio.sleep(self._seconds / len(around))
                    if connection in self.connections:
                        pings.start_soon(self._ask, connection)

    async def _ask(self, connection: WebSocketConnection) -> None:
        try:
            with trio.move_on_after(self._seconds) as patience:
                await connection.ping()
            if patience.cancelled_caught:
                with trio.move_on_after(_CLOSE_SECONDS):
                    await connection.aclose(1001, "no pong")
        except (ConnectionClosed, LocalProtocolError, trio.BrokenResourceError):
            pass  # it has ended meanwhile
        except Exception:
            # It belongs to one connection; its fault must not reach the others.
            log.exception("ping_failed")
