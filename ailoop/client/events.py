"""What a session tells its face: who is to be woken, and with what."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from attrs import frozen

from ailoop.client.errors import AiloopError
from ailoop.model.delivery import Delivery
from ailoop.model.message import Message, ResponseMessage

__all__ = ["Arrived", "Event", "Failed", "Greeted", "Replied", "Settled", "Shown", "Unsettled"]


@frozen
class Greeted:
    """The server has answered a connection's first frame; what was open follows."""


@frozen
class Replied:
    """A request was granted.

    :param frame: the reply; of a message, its item of the ``ack``.
    """

    ref: int
    frame: dict[str, Any]


@frozen
class Failed:
    """A request was refused."""

    ref: int
    error: AiloopError


@frozen
class Settled:
    """A prompt that is waited for has its response."""

    prompt_id: UUID
    response: ResponseMessage


@frozen
class Unsettled:
    """A prompt cannot be waited for."""

    prompt_id: UUID
    error: AiloopError


@frozen
class Arrived:
    """A feed has a message, or an error such as messages that were missed.

    :param ref: of the subscription.
    :param item: seq and message, or the error.
    """

    ref: int
    item: tuple[int, Message] | AiloopError


@frozen
class Shown:
    """A prompt has come further on its way to people."""

    delivery: Delivery


Event = Greeted | Replied | Failed | Settled | Unsettled | Arrived | Shown
