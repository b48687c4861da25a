"""An asyncio loop in a thread of its own, for callers that have none."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from math import inf
from typing import Any, TypeVar

from ailoop.client.errors import AiloopError, ConnectionLost

__all__ = ["Portal", "fail_after"]

R = TypeVar("R")

_deadline: ContextVar[float] = ContextVar("deadline", default=inf)


@contextmanager
def fail_after(seconds: float) -> Iterator[None]:
    """Bound how long calls of a blocking client in this block may take, all together.

    ::

        with fail_after(30):
            answer = client.ask("deploys", "Which region?")

    A call that is cut short is cancelled as it is on the other faces: ``ask`` and its like
    withdraw their prompt, ``wait`` leaves it open. Blocks nest; the earliest end counts.

    :raises TimeoutError: by the call that takes too long.
    """
    token = _deadline.set(min(_deadline.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _deadline.reset(token)


class Portal:
    """Runs coroutines for other threads, which wait for them."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        # A program that ends without closing its client is not held up by it.
        self._thread = threading.Thread(target=self._run, name="ailoop client", daemon=True)
        self._loop: asyncio.AbstractEventLoop
        self._stopping: asyncio.Event

    def start(self) -> None:
        """Start the thread; return when it takes calls."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """End the thread, and return when it has."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._ready.set()
        await self._stopping.wait()

    def call(self, coroutine: Coroutine[Any, Any, R]) -> R:
        """Run a coroutine to its end and return what it returns.

        Whatever interrupts the wait, such as Ctrl-C, cancels it first.

        :raises TimeoutError: the time of :func:`fail_after` is over.
        """
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise AiloopError("a blocking client cannot be called by its own on_event")
        done: Future[R] = Future()
        running: list[asyncio.Task[None]] = []

        def start() -> None:
            running.append(self._loop.create_task(_settle(done, coroutine)))

        def cancel() -> None:
            running[0].cancel()

        left = _deadline.get() - time.monotonic()
        try:
            self._loop.call_soon_threadsafe(start)
        except RuntimeError:  # the loop has ended
            coroutine.close()
            raise ConnectionLost("the connection to ailoop has been closed") from None
        try:
            return done.result(None if left == inf else max(0, left))
        except CancelledError:
            raise ConnectionLost("the connection to ailoop has been closed") from None
        except TimeoutError:
            if left == inf:
                raise
            self._loop.call_soon_threadsafe(cancel)
            with suppress(CancelledError):
                return done.result()  # what came just now is not thrown away
            raise TimeoutError("the time set with fail_after is over") from None
        except KeyboardInterrupt:
            self._loop.call_soon_threadsafe(cancel)
            with suppress(Exception):
                done.result()  # for the prompt to be withdrawn
            raise


async def _settle(done: Future[R], coroutine: Coroutine[Any, Any, R]) -> None:
    try:
        done.set_result(await coroutine)
    except asyncio.CancelledError:
        done.set_exception(CancelledError())
    except BaseException as error:  # noqa: BLE001 -- it is raised where it was called
        done.set_exception(error)
