"""A desk in front of a daemon that is another process, or answers at an address of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import trio
from attrs import define, field

from ailoop.client.approval import Approval
from ailoop.client.errors import (
    AiloopError,
    AlreadySettled,
    NotFound,
    Refused,
    Unreachable,
)
from ailoop.client.trio_client import AiloopClient
from ailoop.model.codec import load_message
from ailoop.model.message import Authorization, Message, ResponseMessage
from ailoop.transport.mcp.desk import DeskFault, Standing

__all__ = ["ClientDesk", "DeskClient"]


class DeskClient(AiloopClient):
    """A client that can post what has been made already, and look at a prompt."""

    async def take(self, message: Message) -> None:
        """Post a message, sealed where this client seals."""
        content = message.content
        if isinstance(content, Authorization):
            self._check_provable(content)
        await self._send(message)

    async def read(self, prompt_id: UUID) -> dict[str, Any]:
        """Return a prompt as REST shows it."""
        _, body = await self._rest.insist("GET", f"/api/v1/messages/{prompt_id}")
        return dict(body)


@define
class ClientDesk:
    """A desk that opens its client when it is first needed, and again when that gave up.

    :param find: returns a client for the daemon to use now.
    """

    _find: Callable[[], Awaitable[DeskClient]]
    _nursery: trio.Nursery
    _client: DeskClient | None = None
    _closing: trio.CancelScope = field(factory=trio.CancelScope)
    _lock: trio.Lock = field(factory=trio.Lock)

    @property
    def page(self) -> str | None:
        """Where people answer in a browser."""
        return None if self._client is None else f"{self._client.base_url}/"

    async def post(self, message: Message) -> None:
        """Return when the server has a message."""
        async with self._calling() as client:
            try:
                await client.take(message)
            except (TypeError, ValueError) as error:
                raise DeskFault("invalid_message", f"This cannot be sent: {error}") from None

    async def wait(self, prompt: Message) -> ResponseMessage:
        """Return the response to a prompt once it exists, and an approval only if proved."""
        async with self._calling() as client:
            response = await client.wait(prompt.id)
            content = prompt.content
            if isinstance(content, Authorization):
                approval = client.approval_of(
                    response, prompt.channel, content.action, context=content.context
                )
                return _believed(approval, content)
            return response

    async def look_up(self, prompt_id: UUID) -> Standing:
        """Return how a prompt stands."""
        async with self._calling() as client:
            body = await client.read(prompt_id)
        told = body.get("prompt")
        if told is None:
            raise DeskFault("not_a_prompt", "That message does not wait for a response")
        return Standing(
            load_message(body),
            told["state"] == "pending",
            told["delivery"]["delivered_at"] is not None,
            told["expires_at"],
        )

    async def withdraw(self, prompt_id: UUID) -> None:
        """Take a prompt back, if it is still open."""
        async with self._calling() as client:
            with suppress(AlreadySettled, NotFound):
                await client.withdraw(prompt_id)

    @asynccontextmanager
    async def _calling(self) -> AsyncIterator[DeskClient]:
        """Lend the client; whatever it raises becomes a fault."""
        try:
            client = await self._opened()
            try:
                yield client
            except Unreachable:
                self._drop(client)
                raise
        except AiloopError as error:
            raise _fault(error) from None

    async def _opened(self) -> DeskClient:
        async with self._lock:
            if self._client is None:
                client = await self._find()
                self._closing = trio.CancelScope()
                failed = await self._nursery.start(self._hold, client, self._closing)
                if failed is not None:
                    raise failed
                self._client = client
            return self._client

    async def _hold(
        self,
        client: DeskClient,
        closing: trio.CancelScope,
        *,
        task_status: trio.TaskStatus[AiloopError | None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Keep a client open, in a task of its own: it is entered and left in the same."""
        started = False
        try:
            with closing:
                async with client:
                    started = True
                    task_status.started(None)
                    await trio.sleep_forever()
        except AiloopError as error:
            if not started:
                task_status.started(error)
        finally:
            self._drop(client)

    def _drop(self, client: DeskClient) -> None:
        """Forget a client that reaches nobody; the next call opens another."""
        if self._client is client:
            self._client = None
            self._closing.cancel()


def _believed(approval: Approval, asked: Authorization) -> ResponseMessage:
    doubt = approval.doubt or Approval.of(approval.response, asked).doubt
    if doubt is not None:
        raise DeskFault("unproved", f"This is no approval, do not do it: {doubt}")
    return approval.response


def _fault(error: AiloopError) -> DeskFault:
    if isinstance(error, Refused):
        return DeskFault(error.code, str(error))
    code = "unreachable" if isinstance(error, Unreachable) else "unproved"
    return DeskFault(code, str(error))
