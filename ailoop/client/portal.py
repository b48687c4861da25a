"""An asyncio loop in a thread of its own, for callers that have none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import Any, TypeVar

from ailoop.client.errors import AiloopError, ConnectionLost

__all__ = ["Portal"]

R = TypeVar("R")


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

    def call(self, coroutine: Coroutine[Any, Any, R], seconds: float | None = None) -> R:
        """Run a coroutine to its end and return what it returns.

        Whatever interrupts the wait, such as Ctrl-C, cancels it first.

        :param seconds: how long it may take, if that is bounded.
        :raises TimeoutError: it takes longer.
        """
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise AiloopError("a blocking client cannot be called by its own on_event")
        done: Future[R] = Future()
        running: list[asyncio.Task[R]] = []

        def start() -> None:
            running.append(self._loop.create_task(coroutine))
            running[0].add_done_callback(lambda task: _settle(done, task))

        def cancel() -> None:
            running[0].cancel()

        try:
            self._loop.call_soon_threadsafe(start)
        except RuntimeError:  # the loop has ended
            coroutine.close()
            raise ConnectionLost("the connection to ailoop has been closed") from None
        try:
            return done.result(seconds)
        except CancelledError:
            raise ConnectionLost("the connection to ailoop has been closed") from None
        except TimeoutError:
            if seconds is None:
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


def _settle(done: Future[R], task: asyncio.Task[R]) -> None:
    """Hand over how a task ended; also of one that was cancelled before its first step."""
    if task.cancelled():
        done.set_exception(CancelledError())
    elif (error := task.exception()) is not None:
        done.set_exception(error)
    else:
        done.set_result(task.result())
