"""What is done to a whole journal file: to copy it, and to give back the room it has free."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from ailoop.journal.database import JournalFileError, connect, locked, read_only

__all__ = ["backup", "compact", "create_private"]


def create_private(path: Path) -> int:
    """Make a file that only its owner can read, and return its descriptor, for writing.

    :raises JournalFileError: there is one, which is never overwritten, or it cannot be made.
    """
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise JournalFileError(f"{path} exists; it is not overwritten") from None
    except OSError as error:
        raise JournalFileError(f"{path} cannot be written: {error.strerror}") from None


def backup(path: Path, target: Path) -> None:
    """Copy a journal as it is at one moment, also while a daemon writes to it.

    The copy is a journal by itself, with mode 0600; it is on the disk when this returns.

    :raises JournalFileError: the journal cannot be read, or the copy cannot be made; then
        there is none.
    """
    with read_only(path) as source:
        os.close(create_private(target))
        try:
            with closing(sqlite3.connect(target)) as copy:
                source.backup(copy)
        except sqlite3.Error as error:
            target.unlink()
            raise JournalFileError(f"the copy {target} cannot be made: {error}") from None
        except BaseException:
            target.unlink()
            raise
        _store_name(target)


def _store_name(path: Path) -> None:
    """Have the name of a new file outlive a power cut, as the file itself does."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def compact(path: Path) -> None:
    """Give the room that removed entries have left back to the disk.

    Until it is done it needs as much room again as the journal has entries.

    :raises JournalFileError: a daemon uses it, or it cannot be done; then it is as before.
    """
    if not path.is_file():
        raise JournalFileError(f"there is no journal {path}")
    with locked(path), closing(connect(path, "full")) as connection:
        try:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise JournalFileError(f"the journal {path} cannot be compacted: {error}") from None
