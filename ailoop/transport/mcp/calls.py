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

__all__ = ["Calls", "Held"]


@define
class Held:
    """A call in progress.

    :param scope: what ends with it.
    :param taken_back: whether its client has cancelled it.
    """

    scope: trio.CancelScope
    taken_back: bool = False


@define
class Calls:
    """The calls in progress.

    :param most: how many there may be; the next is refused (``too_many_waiters``).
    """

    most: int = 1000
    refused: int = 0
    """How many there was no room for."""
    _held: dict[Hashable, Held] = field(factory=dict)
    _running: int = 0

    def __len__(self) -> int:
        return self._running

    @contextmanager
    def enter(self, key: Hashable) -> Iterator[Held]:
        """Hold a call's place for as long as the block runs.

        :param key: what the client calls it; of two with one key the later can be cancelled.
        :returns: what :meth:`cancel` and :meth:`take_back` change.
        :raises DeskFault: there is no room.
        """
        if self._running >= self.most:
            self.refused += 1
            raise DeskFault(
                "too_many_waiters", "Too many tool calls are waiting for people; try later."
            )
        with trio.CancelScope() as scope:
            self._running += 1
            self._held[key] = held = Held(scope)
            try:
                yield held
            finally:
                self._running -= 1
                if self._held.get(key) is held:
                    del self._held[key]

    def cancel(self, key: Hashable) -> None:
        """Cancel a call, if it is still in progress."""
        held = self.take_back(key)
        if held is not None:
            held.scope.cancel()

    def take_back(self, key: Hashable) -> Held | None:
        """Note that a client cancels a call, which somebody else then ends; return it."""
        held = self._held.get(key)
        if held is not None:
            held.taken_back = True
        return held
