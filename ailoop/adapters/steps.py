"""One course of steps for callers that wait and for callers that block.

What an adapter does is a generator. It yields what is to be called and gets what came of it;
it never waits itself, so there is one of it for asyncio and for plain functions. What
interrupts a call is thrown into it as well: what it still yields then has little time.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from math import inf
from typing import Any, TypeVar

import anyio

from ailoop.client.deadline import fail_after

__all__ = ["Steps", "blocking", "waiting"]

T = TypeVar("T")

Steps = Generator[Callable[[], Any], Any, T]
"""Yields calls, is sent their values or thrown their errors, and returns a ``T``."""

_LEAVING_SECONDS = 2
"""How long a caller that was interrupted is held up, all together."""


def blocking(steps: Steps[T]) -> T:
    """Take steps whose calls block."""
    until = inf
    try:
        call = next(steps)
        while True:
            value = None
            try:
                if until == inf:
                    value = call()
                elif (left := until - time.monotonic()) > 0:
                    with suppress(TimeoutError), fail_after(left):
                        value = call()
            except BaseException as error:  # noqa: ASYNC103, BLE001 -- the steps raise it again
                until = _leaving(error, until)
                call = steps.throw(error)
            else:
                call = steps.send(value)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


async def waiting(steps: Steps[T]) -> T:
    """Take steps whose calls return what is awaited, on asyncio."""
    until = inf
    try:
        call: Callable[[], Awaitable[Any]] = next(steps)
        while True:
            value = None
            try:
                if until == inf:
                    value = await call()
                elif (left := until - time.monotonic()) > 0:
                    with anyio.move_on_after(left, shield=True):
                        value = await call()
            except BaseException as error:  # noqa: ASYNC103, BLE001 -- the steps raise it again
                until = _leaving(error, until)
                call = steps.throw(error)
            else:
                call = steps.send(value)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def _leaving(error: BaseException, until: float) -> float:
    """Return when there is to be an end, after what has been raised."""
    if isinstance(error, Exception) or until != inf:
        return until
    return time.monotonic() + _LEAVING_SECONDS
