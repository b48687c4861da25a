"""One course of steps for callers that wait and for callers that block.

What an adapter does is a generator. It yields what is to be called and gets what came of it;
it never waits itself, so there is one of it for asyncio and for plain functions.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeVar

__all__ = ["Steps", "blocking", "waiting"]

T = TypeVar("T")

Steps = Generator[Callable[[], Any], Any, T]
"""Yields calls, is sent their values or thrown their errors, and returns a ``T``."""


def blocking(steps: Steps[T]) -> T:
    """Take steps whose calls block."""
    try:
        call = next(steps)
        while True:
            try:
                value = call()
            except Exception as error:  # noqa: BLE001 -- the steps decide about it
                call = steps.throw(error)
            else:
                call = steps.send(value)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


async def waiting(steps: Steps[T]) -> T:
    """Take steps whose calls return what is awaited; cancelling ends them where they are."""
    try:
        call: Callable[[], Awaitable[Any]] = next(steps)
        while True:
            try:
                value = await call()
            except Exception as error:  # noqa: BLE001 -- the steps decide about it
                call = steps.throw(error)
            else:
                call = steps.send(value)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
