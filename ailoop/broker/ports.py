"""What the broker needs from outside: a journal, and what a journal gives back; a signer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol
from uuid import UUID

from attrs import define, field, frozen

from ailoop.broker.limits import BrokerLimits
from ailoop.model.delivery import Showing
from ailoop.model.message import Message

__all__ = ["Entry", "Issuer", "Journal", "JournalError", "Kept", "Record", "Verdicts"]

Record = tuple[float, bytes, Message]
"""What is handed to a journal: when it was taken (seconds since the epoch), the bytes, and
the message that they are."""


@define(eq=False, slots=True)
class Entry:
    """A message with its place in its channel's log.

    :param seq: increases along the log. It is not contiguous: a refused response takes a
        number and is shown to nobody.
    :param at: when the broker took it, in seconds since the epoch.
    """

    seq: int
    at: float
    channel: str
    id: UUID
    encoded: bytes


@frozen
class Kept:
    """What a journal has kept of a channel, as far as it matters now.

    :param start: the number of the last entry before the window, or before all there are.
    :param window: the recent entries, each with whether it is a prompt or a response: what
        else there is changes nothing but history.
    :param before: what the window needs of the time before it: prompts that may be open or
        are answered in the window, and all that was said to them. In order, as the window.
    :param undecided: numbers of prompts that no :class:`Verdicts` has called settled.
    """

    channel: str
    start: int
    window: list[tuple[Entry, bool]]
    before: list[Entry]
    undecided: set[int]


@frozen
class Verdicts:
    """What the log has decided on entries that were stored undecided.

    :param void: numbers of entries that are shown to nobody.
    :param settled: numbers of prompts that have their response.
    """

    void: list[int] = field(factory=list)
    settled: list[int] = field(factory=list)


class JournalError(Exception):
    """The journal could not store a batch; nothing of the batch was stored."""


class Journal(Protocol):
    """Stores entries in order. One task a channel appends, one batch at a time.

    The whole contract, so that another engine can stand in its place: a batch is stored
    as a unit, numbers of a channel only ever grow (also over a restart of the process and
    over the channel's disappearing), and what :meth:`append` returned is durable as far as
    the journal promises.
    """

    durable: bool
    """Whether open prompts outlive the process."""

    failing: str | None
    """Why nothing can be stored at present, if that is so."""

    def open(self, channel: str) -> int:
        """Return the number after which this channel's next entry comes."""
        ...

    async def append(self, channel: str, batch: Sequence[Record]) -> int:
        """Store a batch and return the number of its first record; the rest follow it.

        :raises JournalError: nothing was stored.
        """
        ...

    def judge(self, channel: str, verdicts: Verdicts) -> None:
        """Note what the log has decided on what :meth:`append` has stored; never waits.

        A note may be lost with the process: deciding again, from what :meth:`recover` gives,
        comes to the same.
        """
        ...

    def note_shown(self, prompt: Entry, at: float, state: Showing, name: str) -> None:
        """Note, for the audit, that a surface has shown a prompt; never waits.

        It decides nothing, and may be lost with the process.

        :param at: seconds since the epoch.
        :param state: ``DELIVERED`` or ``SEEN``.
        :param name: of the person, or of the surface where it does not know.
        """
        ...

    def recover(self, limits: BrokerLimits) -> AsyncIterator[Kept]:
        """Give back every channel that has something recent, or an open prompt."""
        ...

    def forget(self, channel: str) -> None:
        """Let go, in memory, of a channel that has disappeared, except for its numbering."""
        ...


class Issuer(Protocol):
    """Makes receipts of what people decide; how they are signed the broker does not know."""

    def check(self, prompt: Message) -> None:
        """Refuse a prompt of whose decision no receipt could be made.

        :raises Refusal: ``invalid_message`` with the path of the field.
        """
        ...

    def issue(self, prompt: Message, response: Message, at: float) -> str | None:
        """Return the receipt of a decision, if one can be made of it; never waits.

        :param at: when it was decided, in seconds since the epoch.
        """
        ...
