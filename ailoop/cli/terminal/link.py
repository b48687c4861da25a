"""How the inbox stands to its server, in words, and when it is there again."""

from __future__ import annotations

import trio

from ailoop.cli.text import one_line
from ailoop.client import Connected, ConnectionEvent, Lost, Reconnecting

__all__ = ["Link"]


class Link:
    """What the client tells of its connection.

    :param where: the server's address.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.connected = False
        self.count = 0
        """How many connections there have been."""
        self._why = ""
        self._next = 0.0
        self._again = trio.Event()

    def tell(self, event: ConnectionEvent) -> None:
        """Take in what has become of the connection."""
        match event:
            case Connected():
                self.connected = True
                self.count += 1
                self._again.set()
            case Lost(why):
                self.connected = False
                self._why = one_line(str(why))
            case Reconnecting(seconds):
                self._next = trio.current_time() + seconds

    async def reconnected(self) -> None:
        """Return when there is a connection that has not been told of yet."""
        await self._again.wait()
        self._again = trio.Event()

    def words(self, now: float) -> str:
        """Say how it stands."""
        if self.connected:
            return "connected"
        left = self._next - now
        when = f"in {left:.0f} s" if left >= 1 else "now"
        return f"NO CONNECTION, trying again {when}" if self._why else "connecting"
