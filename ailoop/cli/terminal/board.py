"""What lies before a person: the prompts that wait, one of which is selected.

Nothing here draws, waits or looks at a clock. The selection is a prompt, not a place in the
list, so nothing that comes or goes moves it to another one; and a prompt that a person is at
stays until they leave it, whatever becomes of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from ailoop.cli.terminal.entry import Entry
from ailoop.model.message import PROMPT_TYPES, Message

__all__ = ["Board"]

_REMEMBERED = 10_000
"""Settled prompts whose ids are kept, against a list that was read before they settled."""


class Board:
    """The prompts of one channel, or of all.

    :param channel: the one that is listed; ``None``: all.
    """

    def __init__(self, channel: str | None = None) -> None:
        self.channel = channel
        self._entries: dict[UUID, Entry] = {}
        self._selected: Entry | None = None
        self._settled: dict[UUID, None] = {}
        self._order: list[Entry] | None = None
        self.unread = False
        """Whether the server's list could not be read; then more may wait than is here."""

    # -- what lies there --------------------------------------------------------------

    @property
    def listed(self) -> list[Entry]:
        """What the list shows, in order."""
        if self._order is None:
            found = [one for one in self._entries.values() if self.lists(one.prompt.channel)]
            self._order = sorted(found, key=lambda one: one.place)
        return self._order

    @property
    def selected(self) -> Entry | None:
        """The prompt that is shown in full."""
        return self._selected

    @property
    def waiting(self) -> int:
        """How many of the listed prompts wait."""
        return sum(one.is_open for one in self.listed)

    @property
    def elsewhere(self) -> int:
        """How many prompts wait in channels that are not listed."""
        return sum(one.is_open for one in self._entries.values()) - self.waiting

    @property
    def known(self) -> set[UUID]:
        """The prompts that wait, of all channels."""
        return {one.id for one in self._entries.values() if one.is_open}

    @property
    def channels(self) -> dict[str, int]:
        """How many prompts wait in each channel that has one."""
        found: dict[str, int] = {}
        for one in self._entries.values():
            if one.is_open:
                found[one.prompt.channel] = found.get(one.prompt.channel, 0) + 1
        return found

    @property
    def drafts(self) -> bool:
        """Whether something has been typed for a prompt that still waits."""
        return any(one.has_draft and one.is_open for one in self._entries.values())

    def lists(self, channel: str) -> bool:
        """Whether prompts of a channel are listed."""
        return self.channel is None or self.channel == channel

    def find(self, prompt_id: UUID) -> Entry | None:
        """Return a prompt that is here."""
        return self._entries.get(prompt_id)

    # -- what comes and goes ----------------------------------------------------------

    def put(self, prompt: Message, deadline: float) -> Entry | None:
        """Add a prompt; return it if it is new. One that is known gets the deadline."""
        known = self._entries.get(prompt.id)
        if known is not None:
            known.deadline = deadline
            known.lost = False  # the server knows it after all
            self._order = None
            return None
        if prompt.id in self._settled or not isinstance(prompt.content, PROMPT_TYPES):
            return None
        entry = self._entries[prompt.id] = Entry(prompt, prompt.content, deadline)
        self._changed()
        return entry

    def settle(self, response: Message) -> Entry | None:
        """Take a prompt back that has its response; return it if it was here."""
        prompt_id = response.correlation_id
        if prompt_id is None:
            return None
        self._remember(prompt_id)
        entry = self._entries.get(prompt_id)
        if entry is not None:
            entry.outcome = response
            entry.sending = False
            self._retract(entry)
        return entry

    def retain(self, waiting: Iterable[UUID], known: set[UUID]) -> None:
        """Take back what waits no more.

        :param waiting: what does, as the server lists it.
        :param known: what was here before the server was asked; the rest may be newer.
        """
        gone = [self._entries[one] for one in known - set(waiting) if one in self._entries]
        for entry in gone:
            if entry.is_open:
                entry.lost = True
                entry.sending = False
                self._retract(entry)

    def _remember(self, prompt_id: UUID) -> None:
        self._settled[prompt_id] = None
        while len(self._settled) > _REMEMBERED:
            del self._settled[next(iter(self._settled))]

    def _retract(self, entry: Entry) -> None:
        if entry is not self._selected and not entry.has_draft:
            del self._entries[entry.id]
        self._changed()

    def _changed(self) -> None:
        self._order = None
        if self._selected is None and self.listed:
            self._selected = self.listed[0]

    # -- what the person turns to -----------------------------------------------------

    def select(self, entry: Entry) -> None:
        """Turn to another prompt; one that has settled is let go when it is left."""
        before, self._selected = self._selected, entry
        if before is not None and before is not entry and not before.is_open:
            del self._entries[before.id]
        self._changed()

    def move(self, step: int) -> None:
        """Turn to the next prompt of the list, or to the one before."""
        listed = self.listed
        if self._selected is not None and self._selected in listed:
            place = listed.index(self._selected) + step
            self.select(listed[min(max(place, 0), len(listed) - 1)])

    def advance(self, step: int) -> None:
        """Turn to the next prompt that waits, or to the one before, around the end.

        Without one, a prompt that has settled is let go all the same.
        """
        listed, entry = self.listed, self._selected
        if entry is None or entry not in listed:
            return
        place = listed.index(entry)
        for distance in range(1, len(listed) + 1):
            other = listed[(place + step * distance) % len(listed)]
            if other.is_open:
                self.select(other)
                return
        self._let_go(entry)

    def switch(self, channel: str | None) -> None:
        """List another channel, or all."""
        self.channel = channel
        self._order = None
        entry = self._selected
        if entry is not None and not self.lists(entry.prompt.channel):
            self._let_go(entry)
        self._changed()

    def _let_go(self, entry: Entry) -> None:
        """Turn away from a prompt, to the first of the list if there is another."""
        self._selected = None
        if not entry.is_open:
            del self._entries[entry.id]
        self._changed()
