"""MCP over standard input and output: one client, which has started this process.

The SDK reads in a thread that no signal can interrupt, so the lines are read and written
here. What else this process prints goes to standard error: a stray line would end the talk.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

import anyio
import trio
from attrs import define
from mcp.server import Server
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCNotification

from ailoop.transport.mcp.calls import Calls

__all__ = ["serve_stdio"]

_CHUNK = 64 * 1024
_LONGEST_LINE = 4 * 1024 * 1024
"""Bytes of one message; a client that sends more is broken, and its talk ends."""
_AT_ONCE = 4096
"""What a pipe that is ready takes without blocking (PIPE_BUF, pipe(7))."""


async def serve_stdio(server: Server[Any], calls: Calls) -> None:
    """Talk until the client closes our standard input.

    :param calls: where the server keeps its calls; those of this client have no session.
    """
    with _wires() as (source, target):
        lines = cast("anyio.AsyncFile[str]", _Lines(source))
        output = cast("anyio.AsyncFile[str]", _Output(target))
        async with stdio_server(lines, output) as (incoming, outgoing):
            watched: Any = _Watched(incoming, calls)
            await server.run(watched, outgoing, server.create_initialization_options())


@contextmanager
def _wires() -> Iterator[tuple[int, int]]:
    """Take standard input and output for the talk, and leave nothing of it to others."""
    source, target = os.dup(0), os.dup(1)
    sys.stdout.flush()
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    try:
        yield source, target
    finally:
        os.dup2(source, 0)
        os.dup2(target, 1)
        os.close(source)
        os.close(target)


class _Lines:
    """The lines of a descriptor, as the SDK reads them; waiting for one can be cancelled."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    async def __aiter__(self) -> AsyncIterator[str]:
        held = bytearray()
        while chunk := await self._read():
            held += chunk
            *lines, rest = held.split(b"\n")
            held = bytearray(rest)
            for line in lines:
                if line.strip():
                    yield line.decode(errors="replace")
            if len(held) > _LONGEST_LINE:
                return

    async def _read(self) -> bytes:
        with suppress(OSError):  # a plain file cannot be waited for, and need not be
            await trio.lowlevel.wait_readable(self._descriptor)
        try:
            return os.read(self._descriptor, _CHUNK)
        except OSError:
            return b""


class _Output:
    """What is written to a descriptor, as the SDK writes; a client that does not read waits.

    The descriptor stays blocking: it may be shared with other processes.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    async def write(self, text: str) -> None:
        left = memoryview(text.encode(errors="replace"))
        while left:
            with suppress(OSError):
                await trio.lowlevel.wait_writable(self._descriptor)
            try:
                left = left[os.write(self._descriptor, left[:_AT_ONCE]) :]
            except OSError:
                # The client has gone; its closed end of our input says so too.
                raise anyio.ClosedResourceError from None

    async def flush(self) -> None:
        await trio.lowlevel.checkpoint()


@define
class _Watched:
    """What comes from the client, with its cancelled calls told to the table of calls.

    The SDK ends them, and answers no more, as its client expects; but it does not tell a
    handler whether its client has cancelled it or has gone.
    """

    _inner: Any
    _calls: Calls

    async def receive(self) -> SessionMessage | Exception:
        """Return the next message."""
        return self._noted(await self._inner.receive())

    async def aclose(self) -> None:
        """Read no more."""
        await self._inner.aclose()

    @property
    def last_context(self) -> Any:
        """What the sender's context variables were."""
        return self._inner.last_context

    def __aiter__(self) -> _Watched:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        return self._noted(await self._inner.__anext__())

    async def __aenter__(self) -> _Watched:
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> bool | None:
        return cast("bool | None", await self._inner.__aexit__(*error))  # noqa: ASYNC102

    def _noted(self, item: SessionMessage | Exception) -> SessionMessage | Exception:
        if isinstance(item, SessionMessage) and isinstance(item.message, JSONRPCNotification):
            note = item.message
            if note.method == "notifications/cancelled":
                self._calls.take_back((None, str((note.params or {}).get("requestId"))))
        return item
