"""Where lines come from: standard input, a file, or a file that others go on writing.

A source yields the bytes that there are, and before the first of each file a ``Began``.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import trio
from attrs import frozen

from ailoop.forward.position import Place

__all__ = ["Began", "Begin", "Piece", "follow_file", "read_file", "read_stdin"]

_CHUNK = 64 * 1024

_LOOK_SECONDS = 0.25
"""How often the end of a followed file is looked at.

A file cannot be waited for as a pipe can. Its kernel's ways to be told of changes are not
portable, and tell nothing of network file systems and of some that containers share; a look
costs two system calls.
"""


@frozen
class Began:
    """Another file begins, or the same one anew.

    :param place: where reading begins, if that is of interest.
    """

    place: Place | None


Piece = bytes | Began
Begin = Callable[[int], Place]
"""Says where to begin in a file that has been opened."""


async def read_stdin() -> AsyncGenerator[Piece, None]:
    """Read standard input to its end; without one (``<&-``) there is nothing."""
    if sys.stdin is not None:
        async for chunk in _read(sys.stdin.fileno()):
            yield chunk


async def read_file(path: Path, begin: Begin | None = None) -> AsyncGenerator[Piece, None]:
    """Read a file, or a named pipe, to its end.

    :raises OSError: it cannot be read.
    """
    descriptor = _open(path)
    try:
        yield _begun(descriptor, begin)
        async for chunk in _read(descriptor):
            yield chunk
    finally:
        os.close(descriptor)


async def follow_file(path: Path, begin: Begin | None = None) -> AsyncGenerator[Piece, None]:
    """Read a file and what is added to it, for ever.

    It may appear later, be truncated, or be renamed and made anew (as logs are rotated). Of
    one that was renamed the rest is read first. One that is truncated and has grown beyond
    its old size within a look cannot be told from one that has grown.

    :raises OSError: it cannot be read, though it is there.
    """
    while True:
        try:
            descriptor = _open(path)
        except FileNotFoundError:
            await trio.sleep(_LOOK_SECONDS)
            continue
        try:
            async for piece in _follow(descriptor, path, begin):
                yield piece
        finally:
            os.close(descriptor)


async def _follow(
    descriptor: int, path: Path, begin: Begin | None
) -> AsyncGenerator[Piece, None]:
    """Read one file until another has taken its name."""
    yield _begun(descriptor, begin)
    replaced = False
    while True:
        async for chunk in _read(descriptor):
            yield chunk
        if replaced:
            return
        # Who writes it may go on for a moment after the renaming; it is read once more.
        replaced = _is_replaced(descriptor, path)
        await trio.sleep(_LOOK_SECONDS)
        if _is_truncated(descriptor):
            os.lseek(descriptor, 0, os.SEEK_SET)
            yield _begun(descriptor, begin)


def _open(path: Path) -> int:
    # A named pipe is opened without waiting for who writes it.
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)


def _begun(descriptor: int, begin: Begin | None) -> Began:
    if begin is None or not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return Began(None)
    place = begin(descriptor)
    os.lseek(descriptor, place.offset, os.SEEK_SET)
    return Began(place)


def _is_replaced(descriptor: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False  # it has been renamed, and will be made anew
    return not os.path.samestat(there, os.fstat(descriptor))


def _is_truncated(descriptor: int) -> bool:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        return False
    return status.st_size < os.lseek(descriptor, 0, os.SEEK_CUR)


async def _read(descriptor: int) -> AsyncGenerator[bytes, None]:
    """Read to the end, or to the present end of a file."""
    while True:
        try:
            await trio.lowlevel.wait_readable(descriptor)
        except OSError:
            # A plain file cannot be waited for, and need not be: its bytes are there.
            await trio.lowlevel.checkpoint()
        try:
            chunk = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            continue  # another reader of the same pipe was faster
        if not chunk:
            return
        yield chunk
