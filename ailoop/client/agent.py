"""What agents call: ask, authorize, navigate, say; and the same in steps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import trio

from ailoop.client.approval import Approval
from ailoop.client.errors import AiloopError
from ailoop.client.guard import Guard
from ailoop.client.link import Link
from ailoop.client.ticket import Ticket, id_of_key, prompt_id_of
from ailoop.model.ids import new_id
from ailoop.model.message import (
    Authorization,
    Content,
    Message,
    Navigate,
    Notification,
    Priority,
    PromptContent,
    Question,
    ResponseMessage,
    SenderType,
)

__all__ = ["AgentVerbs"]

_WITHDRAW_SECONDS = 2
"""How long a cancelled caller is held up by taking its prompt back."""


class AgentVerbs:
    """The part of a client that serves an agent.

    What asks and waits (``ask``, ``authorize``, ``navigate``, ``wait``) goes on over lost
    connections for as long as the caller waits. Three arguments are common to what asks:

    ``timeout``
        Seconds after which the *server* settles the prompt; 0 asks for as long as it allows.
    ``key``
        Makes the prompt the same one each time: a program that has been restarted gets the
        answer, and asks nobody again. It goes for its channel and kind of prompt, and for as
        long as the server remembers the prompt.
    ``leave_open``
        Whether the prompt stays open when the caller is cancelled; otherwise it is withdrawn,
        which may hold up the caller for 2 seconds. By default only one with a ``key`` stays.

    All of them raise :class:`Refused` if the server does not take the prompt, such as
    :class:`Conflict` for another text under the same ``key``; :class:`PromptLost` if it had
    the prompt and lost it; :class:`Unreachable` when the client has given up.
    """

    _link: Link

    @property
    def dropped(self) -> int:
        """How many messages of ``say(…, wait=False)`` the server has not got: there were
        too many, it refused them, or the client closed first.
        """  # noqa: D205
        return self._link.dropped

    async def ask(
        self,
        channel: str,
        text: str,
        *,
        choices: Iterable[str] | None = None,
        timeout: int = 60,
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
        leave_open: bool | None = None,
    ) -> ResponseMessage:
        """Ask a question and return the response once it exists.

        :param choices: if given, the answer is one of them.
        :returns: the response; ``content.answer`` is the answer, ``content.response_type``
            tells an answer (``text``) from ``timeout`` and ``cancelled``.
        """
        content = _question(text, choices, timeout)
        return await self._ask(channel, content, metadata, key, leave_open)

    async def authorize(
        self,
        channel: str,
        action: str,
        *,
        context: Any = None,
        timeout: int = 300,
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
        leave_open: bool | None = None,
    ) -> Approval:
        """Ask for permission. The result is true only if a person approved.

        :param context: any JSON that helps the person decide.
        """
        content = Authorization(action=action, context=context, timeout_seconds=timeout)
        began = trio.current_time()
        response = await self._ask(channel, content, metadata, key, leave_open)
        return Approval(response, trio.current_time() - began)

    def requires_authorization(
        self, action: str, *, channel: str = "public", timeout: int = 300
    ) -> Guard:
        """Do something only with permission: a decorator, or a block.

        ::

            @client.requires_authorization("deploy {version}", channel="deploys")
            async def deploy(version): ...

            async with client.requires_authorization("drop the table") as approval: ...

        Each call and each block asks anew, and raises :class:`NotAuthorized` unless a person
        approves; nothing has been done then.

        :param action: what the person is asked; in a decorator, ``{name}`` is the argument
            of that name.
        """

        async def authorize(text: str) -> Approval:
            return await self.authorize(channel, text, timeout=timeout)

        return Guard(action, authorize)

    async def navigate(
        self,
        channel: str,
        url: str,
        *,
        context: Any = None,
        timeout: int = 300,
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
        leave_open: bool | None = None,
    ) -> ResponseMessage:
        """Ask a person to open a page; return the response once it exists."""
        content = Navigate(url=url, context=context, timeout_seconds=timeout)
        return await self._ask(channel, content, metadata, key, leave_open)

    async def say(
        self,
        channel: str,
        text: str,
        *,
        priority: Priority | str = Priority.NORMAL,
        metadata: Mapping[str, Any] | None = None,
        wait: bool = True,
    ) -> Message:
        """Tell people something; return when the server has taken it.

        :param wait: ``False`` returns at once. So many may be on their way as
            ``Patience.buffered_messages`` says; what is beyond it, and what the server
            refuses, is dropped and counted in :attr:`dropped`. Over HTTP alone it waits all
            the same.
        """
        content = Notification(text=text, priority=Priority(priority))
        message = _message(channel, content, metadata)
        await (self._link.send(message) if wait else self._link.send_later(message))
        return message

    # -- in steps ---------------------------------------------------------------------

    async def post_question(
        self,
        channel: str,
        text: str,
        *,
        choices: Iterable[str] | None = None,
        timeout: int = 60,
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Ticket:
        """Ask a question and return when the server has it; :meth:`wait` takes the ticket."""
        return await self._post(channel, _question(text, choices, timeout), metadata, key)

    async def post_authorization(
        self,
        channel: str,
        action: str,
        *,
        context: Any = None,
        timeout: int = 300,
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Ticket:
        """Ask for permission and return when the server has it.

        ``Approval(await client.wait(ticket))`` is true only if a person approved.
        """
        content = Authorization(action=action, context=context, timeout_seconds=timeout)
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
        message = _message(channel, content, metadata)
        await self._link.send(message)
        return message

    async def wait(self, prompt: Ticket | UUID | str) -> ResponseMessage:
        """Return the response to a prompt, asked by this process or by another.

        Cancelling it leaves the prompt open.

        :param prompt: a ticket, or the prompt's id.
        :raises NotFound: the server does not know the prompt; :class:`PromptLost` if it
            must have known it, as for a ticket.
        """
        taken = isinstance(prompt, Ticket)
        return await self._link.wait(prompt_id_of(prompt), taken=taken)

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
        prompt = _message(channel, content, metadata, key)
        await self._link.send(prompt)
        return Ticket.of(prompt, content.timeout_seconds)

    async def _ask(
        self,
        channel: str,
        content: PromptContent,
        metadata: Mapping[str, Any] | None,
        key: str | None,
        leave_open: bool | None,
    ) -> ResponseMessage:
        prompt = _message(channel, content, metadata, key)
        stays = key is not None if leave_open is None else leave_open
        async with self._withdrawn_if_cancelled(prompt.id, stays=stays):
            await self._link.send(prompt)
            return await self._link.wait(prompt.id, taken=True)

    @asynccontextmanager
    async def _withdrawn_if_cancelled(
        self, prompt_id: UUID, *, stays: bool
    ) -> AsyncIterator[None]:
        try:
            yield
        except trio.Cancelled:
            if not stays:
                with trio.move_on_after(_WITHDRAW_SECONDS, shield=True):
                    with suppress(AiloopError):  # settled meanwhile, or never taken
                        await self._link.withdraw(prompt_id)
            raise


def _question(text: str, choices: Iterable[str] | None, timeout: int) -> Question:
    listed = tuple(choices) if choices is not None else None
    return Question(text=text, choices=listed, timeout_seconds=timeout)


def _message(
    channel: str,
    content: Content,
    metadata: Mapping[str, Any] | None,
    key: str | None = None,
) -> Message:
    return Message(
        id=new_id() if key is None else id_of_key(channel, content, key),
        channel=channel,
        sender_type=SenderType.AGENT,
        content=content,
        metadata=dict(metadata) if metadata is not None else None,
    )
