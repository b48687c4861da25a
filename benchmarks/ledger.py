"""What a soak has done and seen, and what of it must not be.

Whoever takes part writes down here what was accepted, what arrived and how prompts ended.
Nothing here does I/O, so a test can write down a lie and see it found.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator

from attrs import define, field, frozen

from ailoop.model.message import ResponseType

__all__ = ["Ledger", "Outcome", "Reading", "Tally"]


@frozen
class Outcome:
    """How a prompt ended, as somebody was told.

    :param response: the id of the response.
    :param kind: its type.
    """

    response: str
    kind: ResponseType


@define
class Reading:
    """What one reader has seen of the channels it follows from their beginning.

    :param channels: their names.
    :param keeps_up: it reads at once, so that it must not miss anything, told or not.
    """

    name: str
    channels: Collection[str]
    keeps_up: bool = False
    seen: set[str] = field(factory=set)
    delivered: int = 0
    duplicated: int = 0
    disordered: int = 0
    gaps: dict[str, list[tuple[int, int]]] = field(factory=lambda: defaultdict(list))
    _last: dict[str, int] = field(factory=dict)

    def got(self, channel: str, message: str, seq: int | None = None) -> None:
        """Write down a message that has come.

        :param seq: its place in the channel, from those who are told.
        """
        self.delivered += 1
        if message in self.seen:
            self.duplicated += 1
        elif seq is not None:
            self.disordered += seq <= self._last.get(channel, -1)
            self._last[channel] = seq
        self.seen.add(message)

    def told_gap(self, channel: str, after: int, first: int) -> None:
        """Write down that what lies between is said to be missing."""
        self.gaps[channel].append((after, first))

    def may_miss(self, channel: str, seq: int | None) -> bool:
        """Whether a message is one of those that are said to be missing, and may be."""
        return (not self.keeps_up and seq is not None) and any(
            after < seq < first for after, first in self.gaps.get(channel, ())
        )


@define
class _Prompt:
    """A prompt, of which a person may know before its asker has been told that it is taken.

    :param late_from: when its time is over for sure: the time of its acceptance as its asker
        saw it, which is later than the server's, and its timeout.
    """

    late_from: float = math.inf
    accepted: bool = False
    told_asker: Outcome | None = None
    outcomes: set[str] = field(factory=set)
    recorded: dict[str, float] = field(factory=dict)
    """When those said it who were told that their response is the one that counts."""

    @property
    def is_approved(self) -> bool:
        """Whether its asker was told that it may."""
        told = self.told_asker
        return told is not None and told.kind is ResponseType.AUTHORIZATION_APPROVED


@frozen(kw_only=True)
class Tally:
    """What it came to. All that stands here must be 0."""

    lost: int
    duplicated: int
    out_of_order: int
    settled_twice: int
    approved_after_deadline: int
    approved_by_nobody: int
    prompts_without_outcome: int
    answers_lost: int
    stuck: int


class Ledger:
    """Everything of one run."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.stuck: set[str] = set()
        """Who waits for a reply, and in the end: in vain."""
        self._owed: dict[str, str] = {}
        """Accepted messages, and their channels."""
        self._seqs: dict[str, int] = {}
        self._prompts: dict[str, _Prompt] = defaultdict(_Prompt)

    # -- messages ---------------------------------------------------------------------

    @property
    def sent(self) -> int:
        """How many messages were accepted, responses among them."""
        return len(self._owed)

    @property
    def delivered(self) -> int:
        """How many messages have reached readers."""
        return sum(reading.delivered for reading in self.readings)

    @property
    def gaps(self) -> int:
        """How often a reader was told that something is missing."""
        return sum(len(spans) for reading in self.readings for spans in reading.gaps.values())

    def reading(
        self, name: str, channels: Collection[str], *, keeps_up: bool = False
    ) -> Reading:
        """Begin the log of a reader that follows channels from their beginning."""
        reading = Reading(name, channels, keeps_up)
        self.readings.append(reading)
        return reading

    def accepted(self, channel: str, message: str) -> None:
        """Write down a message that the server has acknowledged."""
        self._owed[message] = channel

    def placed(self, message: str, seq: int) -> None:
        """Write down a message's place, as an acknowledgement or a delivery tells it."""
        self._seqs[message] = seq

    def missing(self, reading: Reading) -> Iterator[str]:
        """Yield what a reader should have had by now, and was not told to be missing."""
        for message, channel in self._owed.items():
            if (
                channel in reading.channels
                and message not in reading.seen
                and not reading.may_miss(channel, self._seqs.get(message))
            ):
                yield message

    # -- prompts ----------------------------------------------------------------------

    def asked(self, prompt: str, channel: str, late_from: float) -> None:
        """Write down a prompt that the server has acknowledged."""
        self.accepted(channel, prompt)
        self._prompts[prompt].accepted = True
        self._prompts[prompt].late_from = late_from

    def told_asker(self, prompt: str, channel: str, outcome: Outcome) -> None:
        """Write down what the asker was told."""
        self.ended(prompt, channel, outcome.response)
        self._prompts[prompt].told_asker = outcome

    def recorded(self, prompt: str, channel: str, response: str, said_at: float) -> None:
        """Write down what a person was told to have recorded."""
        self.ended(prompt, channel, response)
        self._prompts[prompt].recorded[response] = said_at

    def ended(self, prompt: str, channel: str, response: str) -> None:
        """Write down the response to a prompt, wherever it was seen."""
        self._prompts[prompt].outcomes.add(response)
        self.accepted(channel, response)

    # -- the end ----------------------------------------------------------------------

    @property
    def complete(self) -> bool:
        """Whether nothing is still to come."""
        return not any(next(self.missing(reading), None) for reading in self.readings)

    def tally(self) -> Tally:
        """Count what must not be."""
        prompts = self._prompts.values()
        return Tally(
            lost=sum(len(list(self.missing(reading))) for reading in self.readings),
            duplicated=sum(reading.duplicated for reading in self.readings),
            out_of_order=sum(reading.disordered for reading in self.readings),
            settled_twice=sum(len(prompt.outcomes) > 1 for prompt in prompts),
            approved_after_deadline=sum(
                said_at > prompt.late_from
                for prompt in prompts
                for said_at in prompt.recorded.values()
            ),
            approved_by_nobody=sum(p.is_approved and not p.recorded for p in prompts),
            prompts_without_outcome=sum(
                prompt.accepted and prompt.told_asker is None for prompt in prompts
            ),
            answers_lost=sum(
                prompt.told_asker is None or prompt.told_asker.response != response
                for prompt in prompts
                for response in prompt.recorded
            ),
            stuck=len(self.stuck),
        )
