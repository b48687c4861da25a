"""The client's side of ``ailoop.v1``: what to send and what a frame means.

It knows no socket and no event loop, so that every face of the client can share it.
"""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import UUID

import orjson
from attrs import frozen

from ailoop.client.errors import Incompatible, MissedMessages, Refused, refusal_of
from ailoop.model.codec import load_json, load_message
from ailoop.model.errors import Refusal
from ailoop.model.message import Message, ResponseMessage

__all__ = ["SUBPROTOCOL", "Arrived", "ClientSession", "Event", "Failed", "Replied", "Settled"]

SUBPROTOCOL = "ailoop.v1"


@frozen
class Replied:
    """A request was granted."""

    ref: int
    frame: dict[str, Any]


@frozen
class Failed:
    """A request was refused, or a prompt cannot be waited for."""

    ref: int | None
    prompt_id: UUID | None
    error: Refused


@frozen
class Settled:
    """A prompt that is waited for has its response."""

    prompt_id: UUID
    response: ResponseMessage


@frozen
class Arrived:
    """A subscribed channel has a message."""

    seq: int
    message: Message


Event = Replied | Failed | Settled | Arrived | MissedMessages


class ClientSession:
    """One conversation."""

    def __init__(self) -> None:
        self._refs = count(1)

    def request(self, op: str, **members: Any) -> tuple[int, str]:
        """Return a request's number, which its reply repeats, and its frame."""
        ref = next(self._refs)
        present = {key: value for key, value in members.items() if value is not None}
        return ref, orjson.dumps({"op": op, "ref": ref, **present}).decode()

    def watch(self, prompt_id: UUID) -> tuple[int, str]:
        """Return the request for a prompt's response, whenever it comes."""
        return self.request("watch", ids=[str(prompt_id)])

    def receive(self, frame: str | bytes) -> Event | None:
        """Say what a frame means; ``None`` for what this version need not know.

        :raises Incompatible: the frame is none of this protocol.
        """
        try:
            value = load_json(frame)
            return self._read(value["op"], value)
        except (Refusal, LookupError, TypeError, ValueError) as error:
            raise Incompatible(
                f"the server sent a frame that is not understood: {error}"
            ) from None

    def _read(self, op: str, value: dict[str, Any]) -> Event | None:
        match op:
            case "message":
                return Arrived(value["seq"], load_message(value["message"]))
            case "response":
                prompt_id = UUID(value["id"])
                return Settled(prompt_id, ResponseMessage.of(load_message(value["message"])))
            case "gap":
                return MissedMessages(value["channel"], value["after"], value["first"])
            case "error":
                known = value.get("id")
                ref = value.get("ref")
                return Failed(ref, UUID(known) if known else None, refusal_of(value))
            case _ if "ref" in value:
                return Replied(value["ref"], value)
        return None
