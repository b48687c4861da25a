"""The client's asyncio face."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ailoop.client.asyncio_socket import hold
from ailoop.client.errors import AiloopError
from ailoop.client.face import Face
from ailoop.client.socket import OpenHold

__all__ = ["AiloopClient"]


class AiloopClient(Face):
    """A connection to a daemon, for an agent on asyncio.

    ::

        async with AiloopClient() as client:
            answer = await client.ask("general", "Which branch?", choices=["main", "dev"])
            print(answer.content.answer)

    It has the arguments, the methods and the errors of :class:`ailoop.AiloopClient`. It may be
    entered in one task and left in another, as test fixtures and web frameworks do.
    """

    @staticmethod
    def _check_loop() -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise AiloopError(
                "ailoop.aio.AiloopClient runs on asyncio; on Trio use ailoop.AiloopClient, "
                "without a loop ailoop.sync.AiloopClient"
            ) from None

    @staticmethod
    def _hold() -> OpenHold:
        return hold

    @staticmethod
    def _background(function: Callable[[], Awaitable[None]]) -> _Background:
        return _Background(function)


class _Background:
    """A task that runs behind an object, whichever task that object is entered and left in."""

    def __init__(self, function: Callable[[], Awaitable[None]]) -> None:
        self._function = function

    async def __aenter__(self) -> None:
        self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        await self._function()

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.result()  # a fault of ours is not to pass unnoticed
