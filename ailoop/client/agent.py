"""What agents call: ask, authorize, navigate, say; and the same in steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, overload

import anyio
from attrs import evolve

from ailoop.client.approval import Approval
from ailoop.client.contents import make_authorization, make_message, make_question
from ailoop.client.form_answer import FormAnswer, Schema, WantedForm
from ailoop.client.guard import Guard
from ailoop.client.steps import StepVerbs
from ailoop.model.message import (
    Authorization,
    Message,
    Navigate,
    Notification,
    Priority,
    ResponseMessage,
)

__all__ = ["AgentVerbs"]

T = TypeVar("T")


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

    @overload
    async def ask(
        self,
        channel: str,
        text: str,
        *,
        choices: Iterable[str] | None = None,
        schema: None = None,
        timeout: int = 60,
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
        leave_open: bool | None = None,
    ) -> ResponseMessage: ...

    @overload
    async def ask(
        self,
        channel: str,
        text: str,
        *,
        schema: type[T],
        timeout: int = 60,
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
        leave_open: bool | None = None,
    ) -> FormAnswer[T]: ...

    @overload
    async def ask(
        self,
        channel: str,
        text: str,
        *,
        schema: Mapping[str, Any],
        timeout: int = 60,
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
        leave_open: bool | None = None,
    ) -> FormAnswer[dict[str, Any]]: ...

    async def ask(
        self,
        channel: str,
        text: str,
        *,
        choices: Iterable[str] | None = None,
        schema: Schema | None = None,
        timeout: int = 60,
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
        leave_open: bool | None = None,
    ) -> ResponseMessage:
        """Ask a question and return the response once it exists.

        :param choices: if given, the answer is one of them.
        :param schema: if given, the answer is a form that was filled in: a JSON Schema, or an
            attrs class whose fields are the form's; see :doc:`forms`.
        :returns: the response; ``content.answer`` is the answer, ``content.response_type``
            tells an answer (``text``) from ``timeout`` and ``cancelled``. With a ``schema`` it
            has a ``value``: a dict or an instance of the class, ``None`` unless answered.
        :raises Invalid: the schema is outside the part of JSON Schema that forms are made of.
        :raises UnfitAnswer: the answer does not fit, see there.
        """
        wanted = None if schema is None else WantedForm.of(schema)
        content = make_question(text, choices, timeout, wanted)
        response = await self._ask(channel, content, metadata, key, leave_open)
        return response if wanted is None else wanted.answer(response)

    async def authorize(
        self,
        channel: str,
        action: str,
        *,
        context: Any = None,
        editable: bool = False,
        timeout: int = 300,
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
        leave_open: bool | None = None,
    ) -> Approval:
        """Ask for permission. The result is true only if a person approved.

        :param context: any JSON that helps the person decide.
        :param editable: whether the person may approve another context, which is a dict then:
            do what the approval's ``context`` says, not what was asked.
        :raises ReceiptInvalid: this client was given a ``receipt_key``, and the approval has no
            receipt that verifies against this action and the approved context.
        :raises ValueError: with a ``receipt_key``, what is asked has no canonical form; or it
            is ``editable`` and its context is no dict.
        """
        content = make_authorization(action, context, timeout, editable=editable)
        self._check_provable(content)
        began = anyio.current_time()
        response = await self._ask(channel, content, metadata, key, leave_open)
        approval = Approval.of(response, content, anyio.current_time() - began)
        return self._proved(channel, content, approval)

    def approval_of(
        self, response: ResponseMessage, channel: str, action: str, *, context: Any = None
    ) -> Approval:
        """Return the decision that a response is, for who asks in steps.

        What :meth:`wait` returns is not held against a receipt; this does it. Of an encrypted
        prompt it takes what :meth:`wait` has returned, which knows what was encrypted.

        Where the person has edited the context, it is held against the edited one.

        :param channel: where it was asked, and so on: what the receipt has to be about.
        :raises ReceiptInvalid: as by :meth:`authorize`.
        :raises UnreadAnswer: as by :meth:`wait`.
        """
        content = Authorization(action=action, context=context)
        approval = Approval(self._open_answer(response), asked=context)
        return self._proved(channel, content, approval)

    def _proved(self, channel: str, content: Authorization, approval: Approval) -> Approval:
        if self._receipts is None:
            return approval
        about = evolve(content, context=approval.context) if approval.edited else content
        return self._receipts.prove(channel, about, approval)

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
