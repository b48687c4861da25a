"""A file for its owner alone, replaced as a whole, for good, by one process at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

__all__ = ["locked", "replace"]


@contextmanager
def locked(path: Path) -> Iterator[Path]:
    """Keep other processes from changing a file; return where it really is.

    A link to it stays one: others, such as a daemon, may use another of its names.

    :raises OSError: it cannot be.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    with _open(path.with_name(f"{path.name}.lock")) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path


def replace(path: Path, text: bytes) -> None:
    """Put a new file in the place of the old one, which is there until the new one is whole.

    :raises OSError: it cannot be.
    """
    new = path.with_name(f"{path.name}.new")
    with suppress(FileNotFoundError):
        new.unlink()
    with _open(new, os.O_EXCL) as file:
        _give_to_owner(file, path)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # or the old file could be back after a loss of power
    finally:
        os.close(folder)


def _open(path: Path, flags: int = 0) -> BinaryIO:
    """Open a file to write to, as it is, made now if need be; a link that waits is refused."""
    number = os.open(
        path, flags | os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
    )
    return os.fdopen(number, "wb")


def _give_to_owner(file: BinaryIO, path: Path) -> None:
    """Give a new file to whom the old one belongs: root may change that of a daemon's user.

    Otherwise the daemon could not read it, and would go on with what it has read before.
    """
    with suppress(FileNotFoundError):
        owner = path.stat()
        if owner.st_uid != os.fstat(file.fileno()).st_uid:
            try:
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            except PermissionError as error:
                raise PermissionError(error.errno, "it is another user's", str(path)) from None
