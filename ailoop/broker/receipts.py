"""Where a person's decision gets its receipt: when it is certain to be the decision.

A response that comes too late, or second, is refused and gets none: a signed approval that
never counted is not to lie about in a journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from attrs import evolve

from ailoop.broker.ports import Issuer
from ailoop.broker.tables import Tables
from ailoop.model.errors import Refusal
from ailoop.model.message import Message, Response, SenderType

__all__ = ["RECEIPT", "check_no_receipt", "with_receipts", "without_receipt"]

RECEIPT = "receipt"
"""The member of a response's metadata."""


def check_no_receipt(message: Message) -> None:
    """Refuse a message that brings a receipt: only the server makes them.

    :raises Refusal: ``invalid_message``.
    """
    if message.metadata is not None and RECEIPT in message.metadata:
        raise Refusal(
            "invalid_message",
            "$.metadata.receipt: only the server writes receipts",
            path="$.metadata.receipt",
        )


def without_receipt(metadata: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return metadata as its sender knows it."""
    if metadata is None or RECEIPT not in metadata:
        return metadata
    return {name: value for name, value in metadata.items() if name != RECEIPT} or None


def with_receipts(
    messages: Sequence[Message], at: float, tables: Tables, issuer: Issuer
) -> list[Message]:
    """Give their receipts to those responses of a batch that settle a prompt.

    It judges as the log will do in a moment, when all of the batch is stored: for one prompt
    the first counts, before the deadline, and of two messages with one id the first.

    :param at: when the batch was taken, in seconds since the epoch.
    """
    known: set[UUID] = set()
    settled: set[UUID] = set()
    result = []
    for message in messages:
        prompt = tables.prompts.get(message.correlation_id or message.id)
        if (
            prompt is not None
            and isinstance(message.content, Response)
            and message.sender_type is SenderType.HUMAN
            and message.id not in known
            and prompt.entry.id not in settled
            and prompt.entry.channel == message.channel
            and prompt.response is None
            and at < prompt.deadline
        ):
            settled.add(prompt.entry.id)
            receipt = issuer.issue(prompt.message, message, at)
            if receipt is not None:
                metadata = {**(message.metadata or {}), RECEIPT: receipt}
                message = evolve(message, metadata=metadata)
        known.add(message.id)
        result.append(message)
    return result
