"""What a task hands to whoever waits for it."""

from __future__ import annotations

from typing import Generic, TypeVar

import anyio

__all__ = ["Slot"]

T = TypeVar("T")


class Slot(Generic[T]):
    """Where one awaited outcome arrives."""

    def __init__(self) -> None:
        self._arrived = anyio.Event()
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
