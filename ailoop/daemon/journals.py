"""Which journal a daemon uses, by its settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ailoop.broker import Journal, JournalError
from ailoop.daemon.errors import DaemonError
from ailoop.journal import MemoryJournal
from ailoop.journal.rules import Rule

if TYPE_CHECKING:
    from ailoop.daemon.settings import Settings
    from ailoop.journal.database import Synchronous

__all__ = ["open_journal", "read_rule"]

_BOUNDS = {"messages": int, "bytes": int, "seconds": float}


@asynccontextmanager
async def open_journal(settings: Settings) -> AsyncIterator[Journal]:
    """Open the journal that the settings name.

    :raises DaemonError: it cannot be used.
    """
    kind, _, path = settings.journal.partition(":")
    if kind == "memory":
        yield MemoryJournal()
        return
    # SQLite costs a megabyte that the memory journal has no use for.
    from ailoop.journal.database import JournalFileError, describe
    from ailoop.journal.retention import Retention
    from ailoop.journal.sqlite import open_sqlite

    rules = [read_rule(rule) for rule in settings.journal_retention]
    retention = Retention(rules, settings.journal_pause_seconds)
    synchronous = cast("Synchronous", settings.journal_synchronous)
    try:
        async with open_sqlite(
            Path(path), synchronous=synchronous, retention=retention
        ) as journal:
            yield journal
    except JournalFileError as error:
        raise DaemonError(str(error)) from None
    except ExceptionGroup as group:
        # That a file is damaged may come out only while it is read, within nurseries.
        only = _only(group)
        if isinstance(only, JournalFileError):
            raise DaemonError(str(only)) from None
        if isinstance(only, JournalError):
            raise DaemonError(describe(Path(path), only)) from None
        raise


def _only(error: Exception) -> Exception:
    """Return the error that a group holds, if it is the only one in it."""
    if isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        return _only(error.exceptions[0])
    return error


def read_rule(text: str) -> Rule:
    """Read a rule such as ``deploys-*:messages=1000:seconds=86400``.

    :raises ValueError: it is none; the text says why.
    """
    pattern, *bounds = text.split(":")
    told: dict[str, Any] = {}
    for bound in bounds:
        name, _, number = bound.partition("=")
        try:
            told[name] = _BOUNDS[name](number)
            fine = told[name] >= 0
        except (KeyError, ValueError):
            fine = False
        if not fine:
            raise ValueError(
                f"journal_retention has {text!r}; a rule is PATTERN and any of "
                ":messages=N, :bytes=N, :seconds=N"
            )
    if not pattern or not told:
        raise ValueError(f"journal_retention has {text!r}, without a pattern or a bound")
    return Rule(pattern, **told)
