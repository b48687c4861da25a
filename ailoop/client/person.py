"""What programs for people call: answer, follow, list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import quote
from uuid import UUID

from anyio.lowlevel import checkpoint

from ailoop.client.errors import Incompatible, Unreachable
from ailoop.client.feed import MessageFeed
from ailoop.client.link import Link
from ailoop.client.opening import Keyring, SealedMessage, follow_opened, seal_decision
from ailoop.client.rest import RestLink
from ailoop.client.ticket import Ticket, prompt_id_of
from ailoop.model.codec import load_json, load_message
from ailoop.model.form import json_text
from ailoop.model.message import Message, ResponseMessage, ResponseType

__all__ = ["PersonVerbs"]


class PersonVerbs:
    """The part of a client that serves a person."""

    base_url: str
    _link: Link
    _rest: RestLink
    _keyring: Keyring

    async def respond(
        self,
        prompt_id: UUID | str | Ticket | Message,
        answer: str | Mapping[str, Any] | None = None,
        *,
        response_type: ResponseType | str = ResponseType.TEXT,
        reason: str | None = None,
        responder: str | None = None,
        surface: str | None = None,
    ) -> ResponseMessage:
        """Settle a prompt for a person; return the recorded response.

        :param prompt_id: the prompt's id. For an encrypted one rather the message itself, as
            the person has read it: under an id the server could have shown them another.
        :param answer: the answer to a question: a text, a choice or its number from 1; to a
            form its fields by their names; with an approval the edited context.
        :param response_type: ``text``, ``authorization_approved``,
            ``authorization_denied`` or ``cancelled``.
        :param reason: why; the agent is told, as of the next two.
        :param responder: who decides.
        :param surface: where, such as ``terminal``.
        :raises Invalid: the answer does not fit; ``details["problems"]`` says what is wrong.
        :raises AlreadySettled: somebody decided otherwise before.
        :raises Expired: the prompt's time was over.
        :raises SealedPrompt: it is encrypted and cannot be read here: only a denial goes out.
        """
        told = {
            "answer": _as_json(answer) if isinstance(answer, Mapping) else answer,
            "response_type": ResponseType(response_type).value,
            "reason": reason,
            "responder": responder,
            "surface": surface,
        }
        present = {key: value for key, value in told.items() if value is not None}
        prompt = await self._read_prompt(prompt_id)
        if isinstance(prompt, SealedMessage):
            present = seal_decision(prompt, present)
        wanted = prompt_id.id if isinstance(prompt_id, Message) else prompt_id_of(prompt_id)
        return await self._link.respond(wanted, present)

    async def _read_prompt(self, prompt: UUID | str | Ticket | Message) -> Message | None:
        """Return a prompt as it can be read here; none where that makes no difference."""
        if isinstance(prompt, Message):
            return self._keyring.open(prompt) if type(prompt) is Message else prompt
        if not self._keyring.keys:
            return None
        path = f"/api/v1/messages/{prompt_id_of(prompt)}"
        _, body = await self._rest.insist("GET", path)
        return self._keyring.open(load_message(body))

    def subscribe(
        self,
        channels: str | Sequence[str] = "*",
        *,
        after: Mapping[str, int] | None = None,
        replay: int | None = None,
    ) -> AbstractAsyncContextManager[MessageFeed]:
        """Follow channels::

            async with client.subscribe(["a", "b"]) as feed:
                async for message in feed:
                    ...

        A feed goes on over lost connections, with nothing twice. Reading raises
        :class:`MissedMessages` where messages were missed; it may go on.

        :param channels: names, or ``"*"`` for all there are and will be.
        :param after: by channel, the seq last seen, which ``feed.cursors`` tells; what came
            since is delivered first. ``"*"`` stands for every channel that is not named.
        :param replay: deliver up to so many recent messages a channel first.
        """  # noqa: D400, D415
        names = [channels] if isinstance(channels, str) else list(channels)
        opening = self._link.subscribe(None if "*" in names else names, after or {}, replay)
        return follow_opened(opening, self._keyring)

    async def pending(self, channel: str | None = None) -> list[dict[str, Any]]:
        """Return the prompts that wait for a person, each with its ``message``."""
        items = await self._get("/api/v1/pending", "items", channel=channel)
        opened = []
        for item in items:
            await checkpoint()  # opening a thousand takes its time
            opened.append(self._keyring.open_item(item))
        return opened

    async def history(self, channel: str, *, limit: int = 100) -> list[Message]:
        """Return the newest messages of a channel, in order."""
        path = f"/api/channels/{quote(channel, safe='')}/messages"
        opened = []
        for one in await self._get(path, "messages", limit=limit):
            await checkpoint()
            opened.append(self._keyring.open(load_message(one)))
        return opened

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


def _as_json(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object as it travels: a date as its text, and so on.

    :raises TypeError: JSON has no room for something in it.
    """
    members: dict[str, Any] = load_json(json_text(dict(answer)))
    return members
