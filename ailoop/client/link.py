"""What the client needs of a connection, whichever protocol it speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol
from uuid import UUID

from ailoop.client.deliveries import DeliveryFeed
from ailoop.client.feed import MessageFeed
from ailoop.client.patience import ConnectionState
from ailoop.client.slot import Slot
from ailoop.model.message import Message, ResponseMessage

__all__ = ["Link"]


class Link(Protocol):
    """Carries the verbs of an agent or a person to the server, as often as it takes."""

    opened: Slot[None]
    """What became of the first attempt to reach the server."""

    @property
    def state(self) -> ConnectionState:
        """How it stands to the server."""
        ...

    async def run(self) -> None:
        """Do what the link does in the background, until cancelled or beyond hope."""
        ...

    async def aclose(self) -> None:
        """Let out what nobody waits for, and say goodbye."""
        ...

    @property
    def dropped(self) -> int:
        """How many messages nobody waited for the server has not got."""
        ...

    async def send(self, message: Message) -> None:
        """Post a message; return when it has been accepted."""
        ...

    async def send_later(self, message: Message) -> None:
        """Have a message posted; return before it has been accepted, if that can be."""
        ...

    async def wait(self, prompt_id: UUID, *, taken: bool = False) -> ResponseMessage:
        """Return the response to a prompt once it exists.

        :param taken: whether the server is known to have taken the prompt.
        :raises PromptLost: it had, and does not know it any more.
        """
        ...

    async def respond(self, prompt_id: UUID, decision: Mapping[str, Any]) -> ResponseMessage:
        """Settle a prompt for a person; return the recorded response."""
        ...

    async def withdraw(self, prompt_id: UUID) -> ResponseMessage:
        """Settle a prompt as cancelled; return the recorded response."""
        ...

    async def show(self, prompt_ids: Sequence[UUID], word: Mapping[str, Any]) -> None:
        """Tell how prompts stand with a surface."""
        ...

    def deliveries(self) -> AbstractAsyncContextManager[DeliveryFeed]:
        """Hear how the prompts that were shown stand with others."""
        ...

    def subscribe(
        self, channels: Sequence[str] | None, after: Mapping[str, int], replay: int | None
    ) -> AbstractAsyncContextManager[MessageFeed]:
        """Follow channels (``None``: all), each after its cursor where there is one."""
        ...
