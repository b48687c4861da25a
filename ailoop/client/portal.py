"""An asyncio loop in a thread of its own, for callers that have none."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Coroutine
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
        self._process = os.getpid()
        self._failed: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop
        self._stopping: asyncio.Event
        self._lock = threading.Lock()
        self._closed = False
        self._open: dict[Future[Any], Coroutine[Any, Any, Any]] = {}
        """Who waits for what. Behind the lock: nobody may come after the last look at it."""

    def start(self) -> None:
        """Start the thread; return when it takes calls."""
        self._thread.start()
        self._ready.wait()
        if self._failed is not None:
            raise AiloopError(f"a blocking client cannot start: {self._failed}")

    def stop(self) -> None:
        """End the thread, and return when it has."""
        if os.getpid() == self._process:
            with suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001, ASYNC103 -- start() tells it
            self._failed = error
        finally:
            with self._lock:
                self._closed = True
                left = {**self._open}
            for done, coroutine in left.items():
                coroutine.close()
                done.set_exception(CancelledError())
            self._ready.set()

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
        :raises ConnectionLost: the portal is closed.
        """
        self._check(coroutine)
        done: Future[R] = Future()
        running: list[asyncio.Task[R]] = []

        def start() -> None:
            running.append(self._loop.create_task(coroutine))
            running[0].add_done_callback(lambda task: self._settle(done, task))

        def cancel() -> None:
            if running:
                running[0].cancel()

        try:
            self._schedule(start, done, coroutine)
            return done.result(seconds)
        except BaseException as error:
            if done.done() and done.exception() is error:  # the coroutine's own
                if isinstance(error, CancelledError):
                    why = "the connection to ailoop has been closed"
                    raise ConnectionLost(why) from None  # noqa: ASYNC104 -- no task of a loop
                raise
            if done not in self._open and not done.done():
                raise  # it was never begun
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(cancel)
            with suppress(Exception, CancelledError):
                outcome = done.result()  # for a prompt to be withdrawn
                if seconds is not None and isinstance(error, TimeoutError):
                    return outcome  # noqa: ASYNC104 -- what came just now is not thrown away
            if seconds is not None and isinstance(error, TimeoutError):
                why = "the time set with fail_after is over"
                raise TimeoutError(why) from None  # noqa: ASYNC104 -- no task of a loop
            raise

    def _check(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Refuse a call that could never be answered."""
        if threading.current_thread() is self._thread:
            why = "a blocking client cannot be called by its own on_event"
        elif os.getpid() != self._process:
            why = "this client was opened in another process; open one in each"
        elif sys.is_finalizing():
            why = "this program is ending"
        else:
            return
        coroutine.close()
        raise AiloopError(why)

    def _schedule(
        self, start: Callable[[], None], done: Future[Any], coroutine: Coroutine[Any, Any, Any]
    ) -> None:
        with self._lock:
            if not self._closed:
                self._open[done] = coroutine
                done.add_done_callback(lambda _: self._open.pop(done, None))
                self._loop.call_soon_threadsafe(start)
                return
        coroutine.close()
        raise ConnectionLost("the connection to ailoop has been closed")

    def _settle(self, done: Future[R], task: asyncio.Task[R]) -> None:
        """Hand over how a task ended; also of one that was cancelled before its first step."""
        if task.cancelled():
            done.set_exception(CancelledError())
        elif (error := task.exception()) is not None:
            done.set_exception(error)
        else:
            done.set_result(task.result())
