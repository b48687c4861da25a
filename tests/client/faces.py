"""One client, five faces in two languages, behind one way to call it from a test.

The tests of this folder run on Trio. The Trio face is used as it is; the asyncio face lives in
a loop in another thread, the blocking face is called in worker threads; the TypeScript client
runs in Node and in Chromium, at the other end of a bridge. ``face`` opens a client of each, and
what it yields is called alike: a conformance suite needs no copy for each face.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import pytest
import trio

import ailoop
import ailoop.aio
import ailoop.sync
from tests.client.typescript import in_chromium, in_node
from tests.needs import needs, needs_npm_ci

__all__ = ["EACH_FACE", "FACES", "PYTHON", "OpenClient", "alone", "but"]

Test = TypeVar("Test", bound=Callable[..., Any])

OpenClient = Callable[..., AbstractAsyncContextManager[Any]]
"""Opens a client; takes the arguments of ``AiloopClient``."""


class _Loop:
    """An asyncio loop in a thread, from which Trio tasks await coroutines."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self.loop.run_forever()
        self.loop.close()

    async def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Await a coroutine there; cancelling here cancels it there, and waits for its end."""
        token, done = trio.lowlevel.current_trio_token(), trio.Event()
        outcome: list[Any] = []

        async def run() -> None:
            try:
                outcome.append(await function(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001, ASYNC103 -- it is raised where it was called
                outcome.append(error)
            finally:
                token.run_sync_soon(done.set)

        future = asyncio.run_coroutine_threadsafe(run(), self.loop)
        try:
            await done.wait()
        except trio.Cancelled:
            future.cancel()
            with trio.CancelScope(shield=True):
                await done.wait()
            raise
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()


class _Remote:
    """A client or a feed elsewhere: its methods are awaited, its attributes read."""

    def __init__(self, inner: Any, call: Callable[..., Any]) -> None:
        self._inner = inner
        self._call = call

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if name.startswith("_") or not callable(value):
            return value
        return partial(self._call, value)

    def subscribe(self, *args: Any, **kwargs: Any) -> AbstractAsyncContextManager[Any]:
        return self._entered(self._inner.subscribe(*args, **kwargs))

    def deliveries(self) -> AbstractAsyncContextManager[Any]:
        return self._entered(self._inner.deliveries())

    @asynccontextmanager
    async def _entered(self, manager: Any) -> AsyncIterator[Any]:
        awaited = hasattr(manager, "__aenter__")
        enter = manager.__aenter__ if awaited else manager.__enter__
        leave = manager.__aexit__ if awaited else manager.__exit__
        feed = await self._call(enter)
        try:
            yield _RemoteFeed(feed, self._call)
        finally:
            with trio.CancelScope(shield=True):
                await self._call(leave, None, None, None)


class _RemoteFeed:
    def __init__(self, feed: Any, call: Callable[..., Any]) -> None:
        self._feed = feed
        self._call = call

    @property
    def cursors(self) -> dict[str, int]:
        return self._feed.cursors  # type: ignore[no-any-return]

    def __aiter__(self) -> _RemoteFeed:
        return self

    async def __anext__(self) -> Any:
        step = getattr(self._feed, "__anext__", None) or self._feed.__next__
        return await self._call(step)


@asynccontextmanager
async def _on_asyncio(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
    loop = _Loop()
    try:
        client = ailoop.aio.AiloopClient(*args, **kwargs)
        await loop.call(client.__aenter__)
        try:
            yield _Remote(client, loop.call)
        finally:
            with trio.CancelScope(shield=True):
                await loop.call(client.__aexit__, None, None, None)
    finally:
        loop.stop()


async def _in_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    # A test that is cancelled leaves the call behind; closing the client ends it.
    return await trio.to_thread.run_sync(
        partial(function, *args, **kwargs), abandon_on_cancel=True, limiter=_threads
    )


_threads = trio.CapacityLimiter(200)


@asynccontextmanager
async def _blocking(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
    client = ailoop.sync.AiloopClient(*args, **kwargs)
    await _in_thread(client.__enter__)
    try:
        remote = _Remote(client, _in_thread)
        remote._link = client._client._link  # type: ignore[attr-defined]
        yield remote
    finally:
        with trio.CancelScope(shield=True):
            await _in_thread(client.__exit__, None, None, None)


FACES: dict[str, OpenClient] = {
    "trio": ailoop.AiloopClient,
    "asyncio": _on_asyncio,
    "sync": _blocking,
    "node": in_node,
    "chromium": in_chromium,
}

PYTHON = ("trio", "asyncio", "sync")
"""The faces that are Python."""

_MARKS = {
    "node": [needs("node", "apt-get install nodejs npm"), needs_npm_ci],
    "chromium": [needs("chromium", "apt-get install chromium"), needs_npm_ci],
}

EACH_FACE = [pytest.param(name, id=name, marks=_MARKS.get(name, [])) for name in FACES]
"""What a fixture ``face`` takes as its parameters."""


def but(**reasons: str) -> pytest.MarkDecorator:
    """Run a test on each face but some, each of which is left out for a reason.

    The reasons are in ``README.rst`` beside this; a face that is no more is a mistake.
    """
    assert reasons.keys() < FACES.keys()
    assert all(reasons.values())
    left = [one for one in EACH_FACE if one.id not in reasons]
    return pytest.mark.parametrize("face", left, indirect=True)


def alone(because: str) -> Callable[[Test], Test]:
    """Mark a test that is not run on each face, for a reason; ``README.rst`` lists it."""
    assert because
    return lambda test: test
