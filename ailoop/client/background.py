"""Tasks that run behind an object, and what they hand to whoever waits."""

from __future__ import annotations

from typing import Generic, TypeVar

import trio

__all__ = ["Background", "Slot"]

T = TypeVar("T")


class Slot(Generic[T]):
    """Where one awaited outcome arrives."""

    def __init__(self) -> None:
        self._arrived = trio.Event()
        self._outcome: T | Exception

    def put(self, outcome: T | Exception) -> None:
        """Hand over the outcome; the first one counts."""
        if not self._arrived.is_set():
            self._outcome = outcome
            self._arrived.set()

    async def get(self) -> T:
        """Wait for the outcome; raise it if it is an exception."""
        await self._arrived.wait()
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


class Background:
    """A nursery for what runs behind an object.

    Unlike a plain nursery it does not wrap the error of the block in a group: the block is
    the caller's, who knows nothing of our tasks. A crash of a task still cancels the block.
    """

    def __init__(self) -> None:
        self._manager = trio.open_nursery()

    async def __aenter__(self) -> trio.Nursery:
        self._nursery = await self._manager.__aenter__()
        return self._nursery

    async def __aexit__(self, *_: object) -> None:
        self._nursery.cancel_scope.cancel()
        # The tasks have been cancelled, and none of them takes long to see it.
        await self._manager.__aexit__(None, None, None)  # noqa: ASYNC102
