"""The tool calls that wait, by which a client can cancel one.

A call that is cancelled is not a client that vanishes: the one takes its prompt back, the
other leaves it open, as every agent does that goes away.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager

import trio
from attrs import define, field

from ailoop.transport.mcp.desk import DeskFault

__all__ = ["Calls"]


@define
class Calls:
    """The calls in progress.

    :param most: how many there may be; the next is refused (``too_many_waiters``).
    """

    most: int = 1000
    refused: int = 0
    """How many there was no room for."""
    _scopes: dict[Hashable, trio.CancelScope] = field(factory=dict)
    _running: int = 0

    def __len__(self) -> int:
        return self._running

    @contextmanager
    def enter(self, key: Hashable) -> Iterator[trio.CancelScope]:
        """Hold a call's place for as long as the block runs.

        :param key: what the client calls it; of two with one key the later can be cancelled.
        :returns: the block's scope; :meth:`cancel` has been called if it says so.
        :raises DeskFault: there is no room.
        """
        if self._running >= self.most:
            self.refused += 1
            raise DeskFault(
                "too_many_waiters", "Too many tool calls are waiting for people; try later."
            )
        with trio.CancelScope() as scope:
            self._running += 1
            self._scopes[key] = scope
            try:
                yield scope
            finally:
                self._running -= 1
                if self._scopes.get(key) is scope:
                    del self._scopes[key]

    def cancel(self, key: Hashable) -> None:
        """Cancel a call, if it is still in progress."""
        scope = self._scopes.get(key)
        if scope is not None:
            scope.cancel()
