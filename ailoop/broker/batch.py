"""Entries that were applied together, and what is made of them once for all readers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from ailoop.broker.ports import Entry

__all__ = ["Batch"]


class Batch:
    """What a channel tells its feeds at one time.

    :param entries: one or more, in the order of the log.
    """

    __slots__ = ("_forms", "entries", "size")

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.size = sum(len(entry.encoded) for entry in entries)
        """Encoded bytes of all entries."""
        self._forms: dict[Hashable, bytes] = {}

    def form(self, name: Hashable, make: Callable[[Sequence[Entry]], bytes]) -> bytes:
        """Return the batch in one form, made by the first reader who asks for it.

        With many readers almost all the work of sending is in this: five hundred of them
        get the same bytes.
        """
        made = self._forms.get(name)
        if made is None:
            made = self._forms[name] = make(self.entries)
        return made
