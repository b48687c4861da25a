"""What a channel has come to: the state that follows from its log, and from nothing else.

:meth:`ChannelState.apply` takes one entry after the other, in the order of the log. It holds
no checkpoint, so it is atomic without a lock, and every decision is taken in it: which answer
came first, which was late, which id is known already.
"""

from __future__ import annotations

import math
from uuid import UUID

from attrs import define
from sortedcontainers import SortedDict

from ailoop.broker.history import History
from ailoop.broker.ports import Entry, JournalError, Kept, Verdicts
from ailoop.broker.prompt import Prompt
from ailoop.broker.receipts import without_receipt
from ailoop.broker.tables import Tables
from ailoop.model.codec import load_json, load_message
from ailoop.model.errors import Refusal
from ailoop.model.message import PROMPT_TYPES, Message, Response

__all__ = ["Accepted", "ChannelState", "Outcome"]


@define(eq=False)  # not frozen: one is made for each message, and that costs a third
class Accepted:
    """A message has its place in the log.

    :param created: false when it was there before, and this was the same again.
    :param settled: the prompt that this response settled.
    """

    entry: Entry
    created: bool
    settled: Prompt | None = None


Outcome = Accepted | Refusal


class ChannelState:
    """History, prompts and their deadlines, all of one channel.

    :param start: the number after which the log goes on.
    :param tables: what is shared with the other channels.
    """

    def __init__(self, channel: str, start: int, tables: Tables) -> None:
        self.channel = channel
        self.history = History(start, tables.limits)
        self.open: dict[UUID, Prompt] = {}
        """Pending prompts, in the order they were asked."""
        self._tables = tables
        self._due: SortedDict = SortedDict()  # (deadline, seq) -> Prompt
        self._settled: dict[UUID, Prompt] = {}  # by the id of the response

    @property
    def next_deadline(self) -> float:
        """When the next open prompt is due, in seconds since the epoch."""
        return float(self._due.peekitem(0)[0][0]) if self._due else math.inf

    def due(self, now: float) -> list[Prompt]:
        """Return the open prompts whose time is over, in the order of their deadlines."""
        return [self._due[key] for key in self._due.irange(maximum=(now, math.inf))]

    def apply(self, entry: Entry, message: Message) -> Accepted:
        """Let one entry change the state.

        :raises Refusal: the entry is void: it is kept nowhere and reaches nobody.
        """
        accepted = self._decide(entry, message)
        if accepted.created:
            self.history.append(entry)
        return accepted

    def _decide(self, entry: Entry, message: Message) -> Accepted:
        known = self.recall(message)
        if known is not None:
            return known
        settled = None
        if isinstance(message.content, Response):
            settled = self._find_prompt(message)
            repeated = settled.judge(message, entry.at)
            if repeated is not None:
                return Accepted(repeated, created=False)
            self._close(settled, entry, message)
        elif isinstance(message.content, PROMPT_TYPES):
            deadline = entry.at + message.content.timeout_seconds
            self._open(Prompt(entry, message, deadline))
        self._tables.messages[entry.id] = entry
        return Accepted(entry, created=True, settled=settled)

    def recall(self, message: Message) -> Accepted | None:
        """Return the entry of a message that is known already.

        :raises Refusal: another message is known by its id.
        """
        known = self._tables.messages.get(message.id)
        if known is None:
            return None
        if not self._is_same(known, message):
            raise Refusal("id_conflict", id=str(message.id))
        return Accepted(known, created=False)

    def restore(self, kept: Kept) -> Verdicts:
        """Come to the state that follows from what a journal has kept; it decides anew.

        Of what lies before the window only open prompts stay, and those that were answered
        in the window.

        :returns: what the journal may not know of.
        :raises JournalError: an entry is damaged.
        """
        verdicts = Verdicts()
        for entry in kept.before:
            self._replay(entry, verdicts, kept.undecided)
        for entry, decides in kept.window:
            if not decides or self._is_orphan(entry):
                shown = not self._is_double(entry)
                if shown:
                    self._tables.messages[entry.id] = entry
                else:
                    verdicts.void.append(entry.seq)
            else:
                shown = self._replay(entry, verdicts, kept.undecided)
            if shown:
                self.history.append(entry)
        for entry in kept.before:
            prompt = self._settled.get(entry.id)
            if prompt is not None:
                self._forget_response(entry, prompt)
        return verdicts

    def _is_orphan(self, entry: Entry) -> bool:
        """Whether this is a response whose prompt is kept no more: it decides nothing."""
        message = _read_kept(entry)
        return (
            isinstance(message.content, Response)
            and message.correlation_id not in self._tables.prompts
        )

    def _is_double(self, entry: Entry) -> bool:
        """Whether the same batch, all of one time, had a message with this id before."""
        known = self._tables.messages.get(entry.id)
        return known is not None and (known.at == entry.at or entry.id in self._tables.prompts)

    def _replay(self, entry: Entry, verdicts: Verdicts, undecided: set[int]) -> bool:
        """Decide on an entry as when it came; return whether anybody was shown it."""
        self._forget_earlier(entry, undecided)
        try:
            accepted = self._decide(entry, _read_kept(entry))
        except Refusal:
            verdicts.void.append(entry.seq)
            return False
        prompt = accepted.settled
        if prompt is not None and prompt.entry.seq in undecided:
            verdicts.settled.append(prompt.entry.seq)
        if not accepted.created:
            verdicts.void.append(entry.seq)
        return accepted.created

    def _forget_earlier(self, entry: Entry, undecided: set[int]) -> None:
        """Make way for a prompt whose id was that of another, answered and forgotten.

        What is known is not stored again, unless it came in the same batch, before any
        answer. So a prompt that had been noted as settled was forgotten when this came.
        """
        earlier = self._tables.prompts.get(entry.id)
        if (
            earlier is not None
            and earlier.response is not None
            and earlier.entry.channel == entry.channel
            and earlier.entry.seq not in undecided
        ):
            response = earlier.response
            self._forget_response(response, earlier)
            if response.seq > self.history.start:
                self._tables.messages[response.id] = response  # history has it yet

    def _find_prompt(self, response: Message) -> Prompt:
        prompt = self._tables.prompts.get(response.correlation_id or response.id)
        if prompt is None or prompt.message.channel != self.channel:
            raise Refusal("original_not_found", message_id=str(response.correlation_id))
        return prompt

    def _is_same(self, known: Entry, message: Message) -> bool:
        """Whether a message posted again says what it said the first time."""
        if known.channel != self.channel:
            return False
        before = _read(known)
        return (
            before.content == message.content
            and before.sender_type is message.sender_type
            and before.correlation_id == message.correlation_id
            and without_receipt(before.metadata) == without_receipt(message.metadata)
        )

    def _open(self, prompt: Prompt) -> None:
        self.open[prompt.entry.id] = prompt
        self._due[prompt.deadline, prompt.entry.seq] = prompt
        self._tables.prompts[prompt.entry.id] = prompt
        self._tables.open_prompts += 1

    def _close(self, prompt: Prompt, entry: Entry, response: Message) -> None:
        prompt.settle(entry, response)
        del self.open[prompt.entry.id]
        del self._due[prompt.deadline, prompt.entry.seq]
        self._settled[entry.id] = prompt
        self._tables.open_prompts -= 1

    def forget_old(self, now: float) -> None:
        """Let history go by its bounds.

        Open prompts stay, and settled ones stay as long as their response, so that an agent
        that was away learns its answer.
        """
        gone = self.history.trim(now)
        self._tables.counts.trimmed += len(gone)
        for entry in gone:
            prompt = self._settled.get(entry.id)
            if prompt is not None:
                self._forget_response(entry, prompt)
            elif (
                entry.id not in self._tables.prompts
                # A start may find two lives of one id in its window.
                and self._tables.messages.get(entry.id) is entry
            ):
                del self._tables.messages[entry.id]

    def _forget_response(self, response: Entry, prompt: Prompt) -> None:
        del self._settled[response.id]
        for one in (response, prompt.entry):
            del self._tables.messages[one.id]
        del self._tables.prompts[prompt.entry.id]


def _read(entry: Entry) -> Message:
    return load_message(load_json(entry.encoded))


def _read_kept(entry: Entry) -> Message:
    try:
        return _read(entry)
    except Refusal:
        # What cannot be read is not taken for something that was refused.
        raise JournalError(
            f"message {entry.seq} of channel {entry.channel} cannot be read"
        ) from None
