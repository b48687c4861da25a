"""Calls under way, and servers that are none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import trio

from ailoop.broker import Prompt
from tests.serving import PATIENCE, Served, until


class Call:
    """A call under way in a nursery, and what it returned."""

    def __init__(
        self, nursery: trio.Nursery, function: Callable[..., Awaitable[Any]], *args: Any
    ) -> None:
        self.scope = trio.CancelScope()
        self._done = trio.Event()
        self._value: Any = None
        self._error: Exception | None = None
        nursery.start_soon(self._run, function, args)

    async def _run(
        self, function: Callable[..., Awaitable[Any]], args: tuple[Any, ...]
    ) -> None:
        with self.scope:
            try:
                self._value = await function(*args)
            except Exception as error:  # noqa: BLE001 -- it is raised again by result()
                self._error = error
            self._done.set()

    async def result(self) -> Any:
        """Return what the call returned, or raise what it raised."""
        with trio.fail_after(PATIENCE):
            await self._done.wait()
        if self._error is not None:
            raise self._error
        return self._value


async def asked(server: Served, count: int = 1) -> Prompt:
    """Wait until so many prompts are open and waited for, and return the newest."""

    def prompts() -> list[Prompt]:
        return [prompt for prompt in server.broker.pending() if prompt._watchers]

    await until(lambda: len(prompts()) == count)
    return prompts()[-1]


async def settle(server: Served, prompt: Prompt, **decision: Any) -> UUID:
    """Answer a prompt for a person and return the response's id."""
    answer = await server.respond({"id": str(prompt.entry.id)}, **decision)
    assert answer.status_code == 200, answer.text
    return UUID(answer.json()["id"])


@asynccontextmanager
async def impostor(
    serve: Callable[[trio.SocketStream], Awaitable[None]],
) -> AsyncIterator[str]:
    """Listen like a server, and do something else; give the address."""
    async with trio.open_nursery() as nursery:
        (listener,) = await nursery.start(_listen, serve)
        yield f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        nursery.cancel_scope.cancel()


async def _listen(
    serve: Callable[[trio.SocketStream], Awaitable[None]],
    *,
    task_status: trio.TaskStatus[list[trio.SocketListener]],
) -> None:
    await trio.serve_tcp(serve, 0, host="127.0.0.1", task_status=task_status)


def answering(status: str, body: bytes) -> Callable[[trio.SocketStream], Awaitable[None]]:
    """Return what answers every request the same way."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    async def serve(stream: trio.SocketStream) -> None:
        async with stream:
            while b"\r\n\r\n" in await stream.receive_some():
                await stream.send_all(head + body)

    return serve
