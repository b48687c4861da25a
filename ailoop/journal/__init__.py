"""Where entries live."""

from ailoop.journal.memory import MemoryJournal

__all__ = ["MemoryJournal"]
