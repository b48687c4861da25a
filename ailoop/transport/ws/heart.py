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
        self._due: dict[WebSocketConnection, float] = {}  # when each is asked, the next first

    def add(self, connection: WebSocketConnection) -> None:
        """Ask a connection from now on."""
        self._due[connection] = trio.current_time() + self._seconds

    def discard(self, connection: WebSocketConnection) -> None:
        """Ask it no more."""
        self._due.pop(connection, None)

    async def beat(self) -> None:
        """Ask each when it is due, until cancelled."""
        async with trio.open_nursery() as pings:
            while True:
                now = trio.current_time()
                connection, due = next(iter(self._due.items()), (None, now + self._seconds))
                if connection is None or due > now:
                    # Whoever comes meanwhile is due later than that.
                    await trio.sleep_until(due)
                    continue
                self.discard(connection)
                self.add(connection)
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
