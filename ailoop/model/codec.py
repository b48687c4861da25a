"""Messages to JSON and back: one encoding, out exactly, in liberally and within limits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from ailoop.model.converter import converter, structure_as
from ailoop.model.delivery import Delivery
from ailoop.model.errors import Refusal
from ailoop.model.limits import MessageLimits, apply_limits, is_deeper
from ailoop.model.message import Content, Message
from ailoop.model.names import check_channel

__all__ = [
    "Codec",
    "dump_content",
    "dump_message",
    "encode",
    "format_epoch",
    "format_time",
    "load_delivery",
    "load_json",
    "load_message",
]

_OPTION = orjson.OPT_UTC_Z


_DEPTH = MessageLimits().json_depth


def load_json(data: bytes | str, depth: int = _DEPTH) -> Any:
    """Parse JSON strictly (UTF-8, no lone surrogates), or refuse with ``bad_json``.

    Of a member that is there twice the last counts. A number beyond what a double holds is
    refused; a whole number beyond 64 bits becomes one.

    :param depth: how deeply arrays and objects may be nested.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Refusal("bad_json", f"The body is not valid JSON: {error}") from None
    # Most have fewer brackets in all than may be nested, which is soon counted.
    brackets = ("[", "{") if isinstance(data, str) else (b"[", b"{")
    if sum(map(data.count, brackets)) > depth and is_deeper(value, depth):  # type: ignore[arg-type]
        raise Refusal("bad_json", f"The JSON is nested more than {depth} levels deep")
    return value


def format_time(moment: datetime) -> str:
    """Write a time as the wire does: UTC, microseconds, ``Z`` (RFC 3339)."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def format_epoch(seconds: float) -> str:
    """Write seconds since the epoch as the wire does."""
    return format_time(datetime.fromtimestamp(seconds, UTC))


def load_message(value: Any) -> Message:
    """Make a message of parsed JSON.

    :raises Refusal: ``bad_channel``, ``unknown_content``, or ``invalid_message`` with
        the path of the field.
    """
    if isinstance(value, dict):
        check_channel(value.get("channel"))
    return structure_as(Message, value)


def load_delivery(prompt_id: UUID, value: Any) -> Delivery:
    """Make what a server tells of a prompt's delivery; members not known are ignored.

    :raises Refusal: ``invalid_message`` with the path of the field.
    """
    return structure_as(Delivery, {**value, "prompt_id": str(prompt_id)})


def dump_message(message: Message) -> dict[str, Any]:
    """Return the message as JSON-ready members, in the order of the wire."""
    members: dict[str, Any] = orjson.loads(encode(message))
    return members


def dump_content(content: Content) -> dict[str, Any]:
    """Return a content as JSON-ready members, as it arrives after it has travelled.

    :raises TypeError: JSON has no room for something in it.
    """
    written = orjson.dumps(converter.unstructure(content), option=_OPTION)
    members: dict[str, Any] = orjson.loads(written)
    return members


def encode(message: Message) -> bytes:
    """Write a message as compact JSON, once and for every reader."""
    encoded = message.encoded
    if encoded is None:
        # A copy has the size it needs; what orjson returns keeps the room of its buffer.
        encoded = bytes(memoryview(_write(message)))
        object.__setattr__(message, "encoded", encoded)
    return encoded


def _write(message: Message) -> bytes:
    moment = message.timestamp
    # orjson writes such a time as format_time() does, and sooner.
    plain = moment.microsecond and moment.tzinfo is UTC
    members = {
        "id": message.id,
        "channel": message.channel,
        "sender_type": message.sender_type,
        "content": converter.unstructure(message.content),
        "timestamp": moment if plain else format_time(moment),
        "correlation_id": message.correlation_id,
    }
    if message.metadata is not None:
        members["metadata"] = message.metadata
    return orjson.dumps(members, option=_OPTION)


class Codec:
    """Reads what comes from outside, within limits.

    :param limits: the sizes this server accepts.
    """

    def __init__(self, limits: MessageLimits) -> None:
        self.limits = limits

    def load_json(self, data: bytes | str) -> Any:
        """Parse JSON as :func:`load_json` does, within these limits."""
        return load_json(data, self.limits.json_depth)

    def structure(self, value: Any) -> Message:
        """Make one message of parsed JSON, bounded and with its timeout applied."""
        message = apply_limits(load_message(value), self.limits)
        size = len(encode(message))
        if size > self.limits.message_bytes:
            raise Refusal(
                "too_large",
                f"The message has {size} bytes, the limit is {self.limits.message_bytes}",
                limit=self.limits.message_bytes,
            )
        return message

    def structure_all(self, value: Any) -> list[Message]:
        """Make messages of one JSON object or of an array; one bad one refuses all."""
        if not isinstance(value, list):
            return [self.structure(value)]
        if not 1 <= len(value) <= self.limits.batch_messages:
            raise Refusal(
                "invalid_message",
                f"An array has 1 to {self.limits.batch_messages} messages, not {len(value)}",
            )
        messages = []
        for index, item in enumerate(value):
            try:
                messages.append(self.structure(item))
            except Refusal as refusal:
                raise Refusal(
                    refusal.code,
                    f"Message {index}: {refusal.sentence}",
                    **refusal.details,
                    index=index,
                ) from None
        return messages
