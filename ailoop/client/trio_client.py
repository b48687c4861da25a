"""The client's Trio face."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote
from uuid import UUID

from ailoop.client.approval import Approval
from ailoop.client.errors import AiloopError, Incompatible, Unreachable
from ailoop.client.link import Link
from ailoop.client.rest import RestLink
from ailoop.client.websocket import open_websocket_link
from ailoop.model.codec import load_message
from ailoop.model.message import (
    Authorization,
    Content,
    Message,
    Navigate,
    Notification,
    Priority,
    Question,
    ResponseMessage,
    ResponseType,
    SenderType,
)
from ailoop.version import __version__

__all__ = ["DEFAULT_URL", "AiloopClient", "server_url"]

DEFAULT_URL = "http://127.0.0.1:8081"


def server_url() -> str | None:
    """Return the server that the environment names, if it does."""
    return os.environ.get("AILOOP_SERVER") or os.environ.get("AILOOP_BASE_URL") or None


class AiloopClient:
    """A connection to a daemon, for an agent or for a program that serves a person.

    ::

        async with AiloopClient() as client:
            answer = await client.ask("general", "Which branch?", choices=["main", "dev"])
            print(answer.content.answer)

    Cancelling a wait leaves the prompt open; :meth:`wait` takes it up again by its id.

    :param base_url: the server's REST address; else ``AILOOP_SERVER`` or
        ``AILOOP_BASE_URL``, else ``http://127.0.0.1:8081``.
    :param transport: ``websocket`` (the same port, at ``/ws``), or ``rest`` where only
        plain HTTP gets through.
    :param role: ``agent``, ``human`` or ``observer``: the server then refuses what this
        role may not do.
    :raises Unreachable: on entering, if nobody answers.
    :raises Incompatible: on entering, if the server speaks another version.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        transport: Literal["websocket", "rest"] = "websocket",
        role: Literal["agent", "human", "observer"] | None = None,
    ) -> None:
        self.base_url = (base_url or server_url() or DEFAULT_URL).rstrip("/")
        if not self.base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url must start with http:// or https://: {self.base_url}")
        self._transport = transport
        self._role = role
        self._stack = AsyncExitStack()
        self._rest: RestLink
        self._link: Link

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self._rest = self._link = RestLink(self.base_url)
            stack.push_async_callback(self._rest.aclose)
            await self._check_version()
            if self._transport == "websocket":
                url = f"ws{self.base_url.removeprefix('http')}/ws"
                self._link = await stack.enter_async_context(
                    open_websocket_link(url, self._role)
                )
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Each of the two links on the stack bounds and shields its own end.
        await self._stack.__aexit__(kind, error, trace)  # noqa: ASYNC102

    async def _check_version(self) -> None:
        """Refuse a server whose major version is not ours (semver 2.0.0, item 8)."""
        theirs = str((await self.health()).get("version", ""))
        if theirs.partition(".")[0] != __version__.partition(".")[0]:
            raise Incompatible(
                f"the server at {self.base_url} is version {theirs or 'unknown'}, "
                f"this client is {__version__}: install the same major version"
            )

    # -- for agents -------------------------------------------------------------------

    async def ask(
        self,
        channel: str,
        text: str,
        *,
        choices: Iterable[str] | None = None,
        timeout: int = 60,
        metadata: Mapping[str, Any] | None = None,
    ) -> ResponseMessage:
        """Ask a question and return the response once it exists.

        :param choices: if given, the answer is one of them.
        :param timeout: seconds after which the server settles the question as ``timeout``;
            0 asks for as long as it allows.
        :returns: the response; ``content.answer`` is the answer, ``content.response_type``
            tells an answer (``text``) from ``timeout`` and ``cancelled``.
        :raises Refused: the server did not take the question.
        :raises ConnectionLost: the connection ended; the question may still be open.
        """
        listed = tuple(choices) if choices is not None else None
        content = Question(text=text, choices=listed, timeout_seconds=timeout)
        return await self._ask(channel, content, metadata)

    async def authorize(
        self,
        channel: str,
        action: str,
        *,
        context: Any = None,
        timeout: int = 300,
        metadata: Mapping[str, Any] | None = None,
    ) -> Approval:
        """Ask for permission. The result is true only if a person approved.

        :param context: any JSON that helps the person decide.
        :param timeout: seconds after which the server denies; 0 asks for as long as it
            allows.
        """
        content = Authorization(action=action, context=context, timeout_seconds=timeout)
        return Approval(await self._ask(channel, content, metadata))

    async def navigate(
        self,
        channel: str,
        url: str,
        *,
        context: Any = None,
        timeout: int = 300,
        metadata: Mapping[str, Any] | None = None,
    ) -> ResponseMessage:
        """Ask a person to open a page; return the response once it exists."""
        content = Navigate(url=url, context=context, timeout_seconds=timeout)
        return await self._ask(channel, content, metadata)

    async def say(
        self,
        channel: str,
        text: str,
        *,
        priority: Priority | str = Priority.NORMAL,
        metadata: Mapping[str, Any] | None = None,
    ) -> Message:
        """Tell people something; return when the server has taken it."""
        content = Notification(text=text, priority=Priority(priority))
        return await self.post(channel, content, metadata=metadata)

    async def wait(self, prompt_id: UUID | str) -> ResponseMessage:
        """Return the response to a prompt, asked by this process or by another."""
        return await self._link.wait(_id(prompt_id))

    async def withdraw(self, prompt_id: UUID | str) -> ResponseMessage:
        """Take a prompt back; return the response ``cancelled``.

        :raises AlreadySettled: a person was faster.
        """
        return await self._link.withdraw(_id(prompt_id))

    async def post(
        self,
        channel: str,
        content: Content,
        *,
        metadata: Mapping[str, Any] | None = None,
    ) -> Message:
        """Post any content and return the message; a prompt's id is what :meth:`wait` takes."""
        message = Message(
            channel=channel,
            sender_type=SenderType.AGENT,
            content=content,
            metadata=dict(metadata) if metadata is not None else None,
        )
        await self._link.send(message)
        return message

    async def _ask(
        self, channel: str, content: Content, metadata: Mapping[str, Any] | None
    ) -> ResponseMessage:
        message = await self.post(channel, content, metadata=metadata)
        return await self._link.wait(message.id)

    # -- for people -------------------------------------------------------------------

    async def respond(
        self,
        prompt_id: UUID | str,
        answer: str | None = None,
        *,
        response_type: ResponseType | str = ResponseType.TEXT,
        reason: str | None = None,
        responder: str | None = None,
    ) -> ResponseMessage:
        """Settle a prompt for a person; return the recorded response.

        :param answer: the answer to a question: a text, a choice or its number from 1.
        :param response_type: ``text``, ``authorization_approved``,
            ``authorization_denied`` or ``cancelled``.
        :raises AlreadySettled: somebody decided otherwise before.
        :raises Expired: the prompt's time was over.
        """
        told = {
            "answer": answer,
            "response_type": ResponseType(response_type).value,
            "reason": reason,
            "responder": responder,
        }
        present = {key: value for key, value in told.items() if value is not None}
        return await self._link.respond(_id(prompt_id), present)

    def subscribe(
        self,
        channels: str | Sequence[str] = "*",
        *,
        after: Mapping[str, int] | None = None,
        replay: int | None = None,
    ) -> AbstractAsyncContextManager[AsyncIterator[Message]]:
        """Follow channels::

            async with client.subscribe(["a", "b"]) as feed:
                async for message in feed:
                    ...

        Reading raises :class:`MissedMessages` where messages were missed; it may go on.

        :param channels: names, or ``"*"`` for all there are and will be.
        :param after: by channel, the seq last seen; what came since is delivered first.
        :param replay: deliver up to so many recent messages a channel first.
        """  # noqa: D400, D415
        names = [channels] if isinstance(channels, str) else list(channels)
        return self._link.subscribe(None if "*" in names else names, after or {}, replay)

    async def pending(self, channel: str | None = None) -> list[dict[str, Any]]:
        """Return the prompts that wait for a person, each with its ``message``."""
        items = await self._get("/api/v1/pending", "items", channel=channel)
        return [{**item, "message": load_message(item["message"])} for item in items]

    async def history(self, channel: str, *, limit: int = 100) -> list[Message]:
        """Return the newest messages of a channel, in order."""
        path = f"/api/channels/{quote(channel, safe='')}/messages"
        return [load_message(one) for one in await self._get(path, "messages", limit=limit)]

    async def channels(self) -> list[dict[str, Any]]:
        """Return the live channels: name, count, oldest and newest message."""
        return await self._get("/api/channels", "channels")

    async def health(self) -> dict[str, Any]:
        """Return how the server is."""
        # A server that is stopping says so with 503, and in the same words.
        _, body = await self._rest.call("GET", "/api/v1/health", also=503)
        if not isinstance(body, dict):
            raise Unreachable(f"what answers at {self.base_url} is not ailoop")
        return body

    async def _get(self, path: str, member: str, **query: Any) -> list[Any]:
        """Return the list that a page holds."""
        _, body = await self._rest.call("GET", path, **query)
        if not isinstance(body, dict) or not isinstance(body.get(member), list):
            raise Incompatible(f"the answer of {self.base_url} to {path} is not understood")
        return list(body[member])


def _id(value: UUID | str) -> UUID:
    try:
        return value if isinstance(value, UUID) else UUID(value)
    except ValueError:
        raise AiloopError(f"not the id of a prompt: {value}") from None
