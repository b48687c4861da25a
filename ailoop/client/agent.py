"""What agents call: ask, authorize, navigate, say; and the same in steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import anyio

from ailoop.client.approval import Approval
from ailoop.client.guard import Guard
from ailoop.client.steps import StepVerbs, make_message, make_question
from ailoop.model.message import (
    Authorization,
    Message,
    Navigate,
    Notification,
    Priority,
    ResponseMessage,
)

__all__ = ["AgentVerbs"]


class AgentVerbs(StepVerbs):
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

    @property
    def dropped(self) -> int:
        """How many messages of ``say(…, wait=False)`` the server has not got.

        There were too many, it refused them, or the client closed first.
        """
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
        content = make_question(text, choices, timeout)
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
        :raises ReceiptInvalid: this client was given a ``receipt_key``, and the approval has no
            receipt that verifies against this action and context.
        :raises ValueError: with a ``receipt_key``, what is asked has no canonical form.
        """
        content = Authorization(action=action, context=context, timeout_seconds=timeout)
        self._check_provable(content)
        began = anyio.current_time()
        response = await self._ask(channel, content, metadata, key, leave_open)
        approval = Approval(response, anyio.current_time() - began)
        return self._proved(channel, content, approval)

    def approval_of(
        self, response: ResponseMessage, channel: str, action: str, *, context: Any = None
    ) -> Approval:
        """Return the decision that a response is, for who asks in steps.

        What :meth:`wait` returns is not held against a receipt; this does it. Of an encrypted
        prompt it takes what :meth:`wait` has returned, which knows what was encrypted.

        :param channel: where it was asked, and so on: what the receipt has to be about.
        :raises ReceiptInvalid: as by :meth:`authorize`.
        :raises UnreadAnswer: as by :meth:`wait`.
        """
        content = Authorization(action=action, context=context)
        return self._proved(channel, content, Approval(self._open_answer(response)))

    def _proved(self, channel: str, content: Authorization, approval: Approval) -> Approval:
        if self._receipts is None:
            return approval
        return self._receipts.prove(channel, content, approval)

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
            refuses, is dropped and counted in :attr:`dropped`.
        """
        content = Notification(text=text, priority=Priority(priority))
        message = make_message(channel, content, metadata)
        sent = self._sealing.seal(message)[0] if self._sealing else message
        await (self._link.send(sent) if wait else self._link.send_later(sent))
        return message
