"""Asking in steps: post a prompt, wait for it here or elsewhere, take it back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar, overload
from uuid import UUID

import anyio

from ailoop.client.contents import make_authorization, make_message, make_question
from ailoop.client.errors import AiloopError, Conflict
from ailoop.client.form_answer import FormAnswer, Schema, WantedForm
from ailoop.client.kept import Kept
from ailoop.client.link import Link
from ailoop.client.opened import OpenedResponse, open_answer
from ailoop.client.receipts import Receipts
from ailoop.client.rest import RestLink
from ailoop.client.sealing import Sealing, same_prompt
from ailoop.client.ticket import Ticket, prompt_id_of
from ailoop.model.codec import load_message
from ailoop.model.envelope import sealed_part
from ailoop.model.message import (
    Content,
    Message,
    Navigate,
    PromptContent,
    ResponseMessage,
)

__all__ = ["StepVerbs"]

T = TypeVar("T")

_WITHDRAW_SECONDS = 2
"""How long a cancelled caller is held up by taking its prompt back."""


class StepVerbs:
    """The part of a client that asks and waits in steps."""

    _link: Link
    _rest: RestLink
    _sealing: Sealing | None
    _receipts: Receipts | None = None
    """What verifies approvals, if they have to be proved."""

    async def post_question(
        self,
        channel: str,
        text: str,
        *,
        choices: Iterable[str] | None = None,
        schema: Schema | None = None,
        timeout: int = 60,
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Ticket:
        """Ask a question and return when the server has it; :meth:`wait` takes the ticket."""
        wanted = None if schema is None else WantedForm.of(schema)
        content = make_question(text, choices, timeout, wanted)
        return await self._post(channel, content, metadata, key)

    async def post_authorization(
        self,
        channel: str,
        action: str,
        *,
        context: Any = None,
        editable: bool = False,
        timeout: int = 300,
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Ticket:
        """Ask for permission and return when the server has it.

        ``Approval(await client.wait(ticket))`` is true only if a person approved;
        ``approval_of`` also verifies the receipt, where the client has a key.

        :raises ValueError: with a ``receipt_key``, what is asked has no canonical form; or it
            is ``editable`` and its context is no object.
        """
        content = make_authorization(action, context, timeout, editable=editable)
        self._check_provable(content)
        return await self._post(channel, content, metadata, key)

    async def post_navigate(
        self,
        channel: str,
        url: str,
        *,
        context: Any = None,
        timeout: int = 300,
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Ticket:
        """Ask a person to open a page and return when the server has it."""
        content = Navigate(url=url, context=context, timeout_seconds=timeout)
        return await self._post(channel, content, metadata, key)

    async def post(
        self,
        channel: str,
        content: Content,
        *,
        metadata: Mapping[str, Any] | None = None,
    ) -> Message:
        """Post any content and return the message; a prompt's id is what :meth:`wait` takes."""
        message = make_message(channel, content, metadata)
        await self._send(message)
        return message

    @overload
    async def wait(
        self, prompt: Ticket | UUID | str, *, schema: None = None
    ) -> ResponseMessage: ...

    @overload
    async def wait(self, prompt: Ticket | UUID | str, *, schema: type[T]) -> FormAnswer[T]: ...

    @overload
    async def wait(
        self, prompt: Ticket | UUID | str, *, schema: Mapping[str, Any]
    ) -> FormAnswer[dict[str, Any]]: ...

    async def wait(
        self, prompt: Ticket | UUID | str, *, schema: Schema | None = None
    ) -> ResponseMessage:
        """Return the response to a prompt, asked by this process or by another.

        Cancelling it leaves the prompt open.

        :param prompt: a ticket, or the prompt's id.
        :param schema: of the form that was asked: the response has a ``value`` then.
        :raises UnfitAnswer: the answer does not fit the schema.
        :raises NotFound: the server does not know the prompt; :class:`PromptLost` if it
            must have known it, as for a ticket.
        :raises UnreadAnswer: the prompt was encrypted, and whoever answered had not read it.
        """
        wanted = None if schema is None else WantedForm.of(schema)
        taken = isinstance(prompt, Ticket)
        kept = prompt.kept if isinstance(prompt, Ticket) else None
        response = await self._link.wait(prompt_id_of(prompt), taken=taken)
        opened = self._open_answer(response, kept)
        return opened if wanted is None else wanted.answer(opened)

    async def withdraw(self, prompt: Ticket | UUID | str) -> ResponseMessage:
        """Take a prompt back; return the response ``cancelled``.

        :raises AlreadySettled: a person was faster.
        """
        return await self._link.withdraw(prompt_id_of(prompt))

    async def _post(
        self,
        channel: str,
        content: PromptContent,
        metadata: Mapping[str, Any] | None,
        key: str | None,
    ) -> Ticket:
        prompt = make_message(channel, content, metadata, key)
        kept = await self._send(prompt, key)
        return Ticket.of(prompt, content.timeout_seconds, kept)

    async def _ask(
        self,
        channel: str,
        content: PromptContent,
        metadata: Mapping[str, Any] | None,
        key: str | None,
        leave_open: bool | None,
    ) -> ResponseMessage:
        prompt = make_message(channel, content, metadata, key)
        stays = key is not None if leave_open is None else leave_open
        async with self._withdrawn_if_cancelled(prompt.id, stays=stays):
            kept = await self._send(prompt, key)
            response = await self._link.wait(prompt.id, taken=True)
        return self._open_answer(response, kept)

    def _check_provable(self, content: PromptContent) -> None:
        """Refuse to ask for what no receipt can be about, where one will be wanted.

        A server refuses it too, unless it cannot read it.
        """
        if self._receipts is not None:
            self._receipts.check_action(content)

    async def _send(self, message: Message, key: str | None = None) -> Kept | None:
        """Post a message, sealed where this client seals; return when the server has it.

        :returns: what is kept of a sealed prompt.
        """
        if self._sealing is None:
            await self._link.send(message)
            return None
        self._sealing.check_key(key)
        sealed, kept = self._sealing.seal(message)
        conflict = None
        try:
            await self._link.send(sealed)
        except Conflict as error:
            if error.code != "id_conflict" or key is None or kept is None:
                raise
            conflict = error
        if conflict is not None and kept is not None:
            # What is sealed twice is never the same to the server; it may be to us.
            _, posted = await self._rest.insist("GET", f"/api/v1/messages/{message.id}")
            before = load_message(posted)
            if not same_prompt(sealed, before):
                raise conflict
            kept = kept.posted_as(before)
        if kept is not None:
            self._sealing.remember(message.id, kept)
        return kept

    def _open_answer(
        self, response: ResponseMessage, kept: Kept | None = None
    ) -> ResponseMessage:
        """Return an answer as it was given; where this client seals, sealed ones alone."""
        if isinstance(response, OpenedResponse):
            return response
        if kept is None and self._sealing is not None:
            kept = self._sealing.kept_of(response.correlation_id)
        if kept is None and self._sealing is None and not sealed_part(response.metadata):
            return response
        return open_answer(response, kept)

    @asynccontextmanager
    async def _withdrawn_if_cancelled(
        self, prompt_id: UUID, *, stays: bool
    ) -> AsyncIterator[None]:
        try:
            yield
        except BaseException as interrupt:
            # Cancelled, or Ctrl-C, or whatever else is no error of the call.
            if not stays and not isinstance(interrupt, Exception | GeneratorExit):
                await self._take_back(prompt_id)  # noqa: ASYNC102 -- it is shielded in there
            raise

    async def _take_back(self, prompt_id: UUID) -> None:
        """Withdraw a prompt for a caller that has been cancelled."""
        with anyio.move_on_after(_WITHDRAW_SECONDS, shield=True) as scope:
            while True:
                try:
                    with suppress(AiloopError):  # settled meanwhile, or never taken
                        await self._link.withdraw(prompt_id)
                except anyio.get_cancelled_exc_class():  # noqa: ASYNC103
                    # A shield holds off scopes, and no second `cancel()` of an asyncio task.
                    # The caller is on its way out already; somebody must not be asked in vain.
                    if scope.cancel_called:
                        raise
                else:
                    return
