"""A journal file: opened by one daemon at a time, private, refused rather than overwritten."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from ailoop.journal.schema import SchemaError, check_present, prepare, read_version

__all__ = [
    "JournalFileError",
    "Synchronous",
    "connect",
    "describe",
    "locked",
    "read_only",
    "transaction",
]

Synchronous = Literal["full", "normal"]

_MAGIC = b"SQLite format 3\0"
"""How every SQLite database begins ("Database File Format", 1.3.1)."""

_BUSY_SECONDS = 5.0
"""How long to wait for a reader, such as a backup, that is in the way."""


class JournalFileError(Exception):
    """The journal cannot be opened; its text names the file and says what to do."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Be the only one who writes to a journal, for as long as the block runs.

    The lock is on a file beside it (``flock``): SQLite's own would keep readers out, too.

    :raises JournalFileError: another process has it, or the folder cannot be written to.
    """
    lock = path.with_name(path.name + ".lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise JournalFileError(f"the journal {path} cannot be used: {error.strerror}") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise JournalFileError(
                f"the journal {path} is in use by another process; stop it, or use another file"
            ) from None
        yield
    finally:
        os.close(descriptor)


def connect(path: Path, synchronous: Synchronous) -> sqlite3.Connection:
    """Open a journal for writing, made with mode 0600 if it is not there.

    :param synchronous: ``full``: what was committed outlives a power cut; ``normal``: it
        outlives this process, and the newest may be lost with the machine's power.
    :raises JournalFileError: it is no journal, of a later version, damaged, or out of reach.
    """
    try:
        # SQLite gives the files beside it the same mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        _check_magic(path)
        return _open(path, synchronous)
    except OSError as error:
        raise JournalFileError(f"the journal {path} cannot be used: {error.strerror}") from None
    except SchemaError as error:
        raise JournalFileError(f"the journal {path} cannot be used: {error}") from None
    except sqlite3.DatabaseError as error:
        raise JournalFileError(describe(path, error)) from None


def _check_magic(path: Path) -> None:
    """Refuse other files: one of a few bytes SQLite takes for empty, and overwrites."""
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) not in (_MAGIC, b""):
            raise sqlite3.DatabaseError("file is not a database")


def _open(path: Path, synchronous: Synchronous) -> sqlite3.Connection:
    # One thread at a time uses it, though not always the same one.
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        read_version(connection)  # the next line would change somebody else's file
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        prepare(connection)
    except BaseException:
        with suppress(sqlite3.Error):
            connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what the block does, all of it or, if it or the commit raises, nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """Read a journal, also while a daemon writes to it: all as of one moment.

    :raises JournalFileError: as :func:`connect`.
    """
    if not path.is_file():
        raise JournalFileError(f"there is no journal {path}")
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        connection.execute("PRAGMA query_only = 1")
        check_present(connection)
        connection.execute("BEGIN")
        yield connection
    except SchemaError as error:
        raise JournalFileError(f"the journal {path} cannot be read: {error}") from None
    except sqlite3.DatabaseError as error:
        raise JournalFileError(describe(path, error)) from None
    finally:
        if connection is not None:
            connection.close()


def describe(path: Path, error: Exception) -> str:
    """Say why a journal cannot be used, and what to do."""
    if isinstance(error, sqlite3.OperationalError):
        return f"the journal {path} cannot be used: {error}"
    return (
        f"the journal {path} is damaged ({error}); it was left as it is. "
        "Restore a backup, or move it away to begin anew"
    )
