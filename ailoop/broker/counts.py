"""What has happened since the broker was opened, as plain numbers.

Counting is an addition and decides nothing, so that it may stand in the way of every batch.
Metrics are made of the numbers when somebody asks for them, in ``ailoop/transport/metrics``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ailoop.broker.prompt import Prompt, State
from ailoop.model.errors import Refusal
from ailoop.model.message import CONTENT_TYPES, PROMPT_TYPES, Message, SenderType

if TYPE_CHECKING:  # it needs the tables, which need this
    from ailoop.broker.state import Outcome

__all__ = ["BrokerCounts", "Histogram"]

_MINUTE, _HOUR, _DAY = 60, 60 * 60, 24 * 60 * 60

ANSWER_SECONDS = (
    *(0.1, 0.5, 1, 2, 5, 10, 30),
    *(_MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 2 * _HOUR, 8 * _HOUR, _DAY),
)
"""As people answer: who sits there within a minute, who is away within a day."""


class Histogram:
    """How many values there were, sorted by size.

    :param bounds: the greatest value of each bucket, ascending; what is greater has a bucket
        of its own.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.buckets = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self.buckets[bisect_left(self.bounds, value)] += 1
        self.sum += value


class BrokerCounts:
    """Everything that is counted here, with a zero for what has not happened yet.

    The keys are all there from the start: so they are bounded, and a rate over the first
    event is right.
    """

    def __init__(self) -> None:
        self.messages = {kind: dict.fromkeys(SenderType, 0) for kind in CONTENT_TYPES}
        """Messages that were taken, by content type and then by sender type."""
        kinds = [cls.type for cls in PROMPT_TYPES]
        ends = set(State) - {State.PENDING}
        self.settled = {(kind, end): 0 for kind in kinds for end in sorted(ends)}
        """Prompts that were settled, by content type and outcome."""
        self.answer_seconds = {kind: Histogram(ANSWER_SECONDS) for kind in kinds}
        """How long prompts waited that a person settled, by content type."""
        self.shown_seconds = {kind: Histogram(ANSWER_SECONDS) for kind in kinds}
        """How long prompts waited until a surface showed them, by content type."""
        self.batches = 0
        self.full_batches = 0
        """Batches that left submissions behind in the inbox, or had just room for them."""
        self.trimmed = 0
        """Messages that have left a history."""
        self.feeds = 0
        """Feeds that were opened."""
        self.deliveries = 0
        """Entries that feeds have given to their readers."""
        self.overflows = {"messages": 0, "bytes": 0}
        """How often a feed's queue was over a bound, and was dropped; by the bound."""
        self.gaps = 0
        """How often a feed had to tell its reader of a gap."""

    def take(self, messages: Sequence[Message], outcomes: Sequence[Outcome]) -> None:
        """Count what the log has decided on a batch."""
        counted = self.messages
        for message, outcome in zip(messages, outcomes, strict=True):
            if isinstance(outcome, Refusal) or not outcome.created:
                continue
            counted[message.content.type][message.sender_type] += 1
            if outcome.settled is not None:
                self._settle(outcome.settled, message, outcome.entry.at)

    def show(self, prompt: Prompt, at: float) -> None:
        """Count that a prompt has been shown for the first time."""
        self.shown_seconds[prompt.content.type].observe(at - prompt.entry.at)

    def _settle(self, prompt: Prompt, response: Message, at: float) -> None:
        kind = prompt.content.type
        self.settled[kind, prompt.state] += 1
        if response.sender_type is SenderType.HUMAN:
            self.answer_seconds[kind].observe(at - prompt.entry.at)
