"""Requests to a program in another language, and what it tells by itself: lines of JSON.

``typescript/tests/bridge/`` is the other end. Each request has an id and is answered once, with
a ``value`` or an ``error``. The other end may also tell of an ``event``, and ``need`` something
of ours, such as a token; both belong to an object of theirs, which has a number.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

import orjson
import trio

__all__ = ["Bridge", "Reply"]

Reply = dict[str, Any]
Handler = Callable[[Reply], None]

PATIENCE = 20
"""Seconds after which the other end counts as dead."""


class Bridge:
    """One end of it, for any number of Trio runs, one after the other.

    :param write: sends a line; called from any thread.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._ids = count(1)
        self._replies: dict[int, Handler] = {}
        self._listeners: dict[int, Handler] = {}
        self._ended: str | None = None

    def listen(self, target: int, handler: Handler) -> None:
        """Have what an object tells by itself handled in the Trio run that calls this."""
        token = trio.lowlevel.current_trio_token()

        def tell(word: Reply) -> None:
            with suppress(trio.RunFinishedError):  # it told of its end when nobody was left
                token.run_sync_soon(handler, word)

        self._listeners[target] = tell

    def forget(self, target: int) -> None:
        """Handle no more of what an object tells."""
        self._listeners.pop(target, None)

    def tell(self, op: str, **members: Any) -> None:
        """Send what has no answer."""
        self._write(orjson.dumps({"op": op, **members}).decode())

    async def call(self, op: str, **members: Any) -> Reply:
        """Send a request and return its reply; cancelling aborts it and awaits its end."""
        token, done = trio.lowlevel.current_trio_token(), trio.Event()
        replies: list[Reply] = []

        def keep(reply: Reply) -> None:
            replies.append(reply)
            with suppress(trio.RunFinishedError):
                token.run_sync_soon(done.set)

        number = self._send(keep, op, members)
        try:
            await done.wait()
        except trio.Cancelled:
            self.tell("abort", id=number)
            with trio.move_on_after(PATIENCE, shield=True):
                await done.wait()
            raise
        return replies[0]

    def get(self, op: str, **members: Any) -> Reply:
        """Send a request and block until its reply: for what is a mere attribute."""
        done = threading.Event()
        replies: list[Reply] = []

        def keep(reply: Reply) -> None:
            replies.append(reply)
            done.set()

        self._send(keep, op, members)
        assert done.wait(PATIENCE), f"{op}: no reply"
        return replies[0]

    def _send(self, keep: Handler, op: str, members: Reply) -> int:
        if self._ended is not None:
            raise RuntimeError(self._ended)
        number = next(self._ids)
        self._replies[number] = keep
        self.tell(op, id=number, **members)
        return number

    def take(self, line: str | bytes) -> None:
        """Take what the other end says, in whatever thread."""
        word: Reply = orjson.loads(line)
        if "id" in word:
            self._replies.pop(word["id"])(word)
        elif listener := self._listeners.get(word.get("target", 0)):
            listener(word)

    def end(self, why: str) -> None:
        """Have every request fail: the other end is gone."""
        self._ended = why
        while self._replies:
            _, keep = self._replies.popitem()
            keep({"error": {"name": "Error", "message": why}})
