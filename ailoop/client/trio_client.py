"""The client's Trio face."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio

from ailoop.client.errors import AiloopError
from ailoop.client.face import Face
from ailoop.client.socket import OpenHold
from ailoop.client.trio_socket import hold

__all__ = ["AiloopClient"]


class AiloopClient(Face):
    """A connection to a daemon, for an agent or for a program that serves a person.

    ::

        async with AiloopClient() as client:
            answer = await client.ask("general", "Which branch?", choices=["main", "dev"])
            print(answer.content.answer)

    Once entered it connects again by itself whenever the connection is lost, and takes up
    what was open: nothing is sent or delivered twice, nothing is skipped silently.

    :param base_url: the server's REST address; else ``AILOOP_SERVER`` or
        ``AILOOP_BASE_URL``, else ``http://127.0.0.1:8081``.
    :param transport: ``websocket`` (the same port, at ``/ws``), or ``rest`` where only
        plain HTTP gets through.
    :param role: ``agent``, ``human`` or ``observer``: the server then refuses what this
        role may not do.
    :param token: an API key or a token, or what returns it, asked at each connection; else
        ``AILOOP_TOKEN``, else what the file ``AILOOP_TOKEN_FILE`` holds at the time.
    :param patience: how long to wait for what; see :class:`Patience`.
    :param tls: for an ``https://`` address, whom to trust and how to prove who this is; else
        ``AILOOP_CA_FILE``, ``AILOOP_CERT_FILE`` and ``AILOOP_KEY_FILE`` say so.
    :param on_event: called with what becomes of the WebSocket: :class:`Connected`,
        :class:`Lost`, :class:`Reconnecting`. It must neither wait nor raise.
    :param receipt_key: the path of the daemon's public key, or the key; else
        ``AILOOP_RECEIPT_KEY``. With one, an approval counts only with a receipt that verifies
        against exactly what was asked; see :meth:`Approval.redeem`.
    :param seal_for: files of the public keys of those who alone may read what is asked and
        said; else ``AILOOP_SEAL_FOR``, files with ``:`` between them. See
        :doc:`encryption`.
    :param keys: files of the private keys that open what is sealed for their owner; else
        ``AILOOP_KEYS``.
    :raises BadKeyFile: a file of ``seal_for`` or ``keys`` cannot be used.
    :raises Unreachable: on entering, if nobody answers, or nobody who can be trusted.
    :raises Unauthenticated: on entering, and later, if the server does not know the token.
    :raises Incompatible: on entering, if the server's major version is another; for another
        minor version there is a :class:`VersionWarning`.
    """

    @staticmethod
    def _check_loop() -> None:
        if not trio.lowlevel.in_trio_run():
            raise AiloopError(
                "ailoop.AiloopClient runs on Trio; on asyncio use ailoop.aio.AiloopClient, "
                "without a loop ailoop.sync.AiloopClient"
            )

    @staticmethod
    def _hold() -> OpenHold:
        return hold

    @staticmethod
    def _background(function: Callable[[], Awaitable[None]]) -> _Background:
        return _Background(function)


class _Background:
    """A nursery for what runs behind an object.

    Unlike a plain nursery it does not wrap the error of the block in a group: the block is
    the caller's, who knows nothing of our tasks. A crash of a task still cancels the block.
    """

    def __init__(self, function: Callable[[], Awaitable[None]]) -> None:
        self._function = function
        self._manager = trio.open_nursery()

    async def __aenter__(self) -> None:
        self._nursery = await self._manager.__aenter__()
        self._nursery.start_soon(self._function)

    async def __aexit__(self, *_: object) -> None:
        self._nursery.cancel_scope.cancel()
        # The tasks have been cancelled, and none of them takes long to see it.
        await self._manager.__aexit__(None, None, None)  # noqa: ASYNC102
