"""What the broker needs from outside: a journal, and what a journal gives back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from attrs import define

__all__ = ["Entry", "Journal", "JournalError", "Record"]

Record = tuple[float, bytes]
"""What is handed to a journal: when it was taken (seconds since the epoch) and the bytes."""


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

    def open(self, channel: str) -> int:
        """Return the number after which this channel's next entry comes."""
        ...

    async def append(self, channel: str, batch: Sequence[Record]) -> int:
        """Store a batch and return the number of its first record; the rest follow it.

        :raises JournalError: nothing was stored.
        """
        ...

    def forget(self, channel: str) -> None:
        """Drop what is kept of a channel that has disappeared, except its numbering."""
        ...
