"""What the tools need of a daemon, whether it is this process or another."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from attrs import frozen

from ailoop.model.message import Message, ResponseMessage

__all__ = ["Desk", "DeskFault", "Standing"]


class DeskFault(Exception):  # noqa: N818 -- an answer to the model, as a refusal is
    """Something could not be done; the model is told why.

    :param code: a code of the error catalogue, or ``unreachable``, or ``unproved``.
    """

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        self.sentence = sentence
        super().__init__(sentence)


@frozen
class Standing:
    """How a prompt stands.

    :param message: what was asked, with the timeout that the server applied.
    :param is_open: whether it still waits for a person.
    :param delivered: whether any surface has shown it.
    :param expires_at: when its time is over, as the wire writes it.
    """

    message: Message
    is_open: bool
    delivered: bool
    expires_at: str


class Desk(Protocol):
    """Takes what a model has for people. Every method raises :class:`DeskFault`."""

    @property
    def page(self) -> str | None:
        """Where people answer in a browser."""
        ...

    async def post(self, message: Message) -> None:
        """Return when the server has a message; the same one again changes nothing."""
        ...

    async def wait(self, prompt: Message) -> ResponseMessage:
        """Return the response to a prompt once it exists; cancelling leaves it open."""
        ...

    async def look_up(self, prompt_id: UUID) -> Standing:
        """Return how a prompt stands."""
        ...

    async def withdraw(self, prompt_id: UUID) -> None:
        """Take a prompt back; of one that has settled it is too late, which is no fault."""
        ...
