"""How far a file has been forwarded, in a file of its own that outlives the process."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
from attrs import define, frozen

__all__ = ["BadPositionError", "Place", "PositionFile"]

_HEAD_BYTES = 1024
"""A file is known again by its first bytes too: numbers of inodes are given out anew."""


class BadPositionError(Exception):
    """A file holds no position; the sentence names it."""


@frozen
class Place:
    """A place in one life of a file.

    :param life: names it; a file that is truncated or replaced begins another one.
    :param offset: bytes from its begin.
    """

    life: str
    offset: int


@define
class _Life:
    device: int
    inode: int
    head: bytes = b""


class PositionFile:
    """Remembers where the acknowledged lines of a file end.

    It is written by renaming, so that it is never half there, and not forced to the disk:
    what a power failure loses is sent again, and known again by the server.

    :raises BadPositionError: it holds something else, or cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saved = self._load()
        self._lives: dict[str, _Life] = {}
        """What has not been acknowledged to its end, oldest first."""

    def begin(self, descriptor: int) -> Place:
        """Return where to begin in an open file: after what has been sent, or at its begin.

        :raises OSError: the position cannot be written.
        """
        status = os.fstat(descriptor)
        life = _Life(status.st_dev, status.st_ino)
        saved = self._saved
        # Later in this process it may be the same file, truncated: another life.
        if saved is not None and not self._lives:
            life.head = os.pread(descriptor, saved["head_bytes"], 0)
            same = saved["device"] == life.device and saved["inode"] == life.inode
            here = status.st_size >= saved["offset"]
            if same and here and _digest(life.head) == saved["head"]:
                self._lives[saved["life"]] = life
                return Place(saved["life"], saved["offset"])
            life.head = b""
        place = Place(uuid4().hex, 0)
        self._lives[place.life] = life
        if saved is None:
            # Who is killed before the first acknowledgement makes the same ids again.
            self.save(place)
        return place

    def read(self, place: Place, chunk: bytes) -> None:
        """Note what has been read from the begin of a file on.

        :param place: where the file was begun.
        """
        life = self._lives.get(place.life)
        if life is not None and len(life.head) < _HEAD_BYTES and place.offset == 0:
            life.head += chunk[: _HEAD_BYTES - len(life.head)]

    def save(self, place: Place) -> None:
        """Remember a place; all before it, in earlier lives too, has been sent.

        :raises OSError: it cannot be written.
        """
        while (oldest := next(iter(self._lives))) != place.life:
            del self._lives[oldest]
        life = self._lives[place.life]
        head = life.head[: place.offset]
        self._saved = {
            "device": life.device,
            "inode": life.inode,
            "life": place.life,
            "offset": place.offset,
            "head": _digest(head),
            "head_bytes": len(head),
        }
        new = self._path.with_name(f".{self._path.name}.new")
        new.write_bytes(orjson.dumps(self._saved) + b"\n")
        new.replace(self._path)

    def _load(self) -> dict[str, Any] | None:
        try:
            value = orjson.loads(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadPositionError(f"{self._path}: {error.strerror}") from None
        except ValueError:
            value = None
        if not isinstance(value, dict) or any(
            not isinstance(value.get(name), kind) for name, kind in _MEMBERS.items()
        ):
            raise BadPositionError(f"{self._path} holds no position of a file")
        return value


_MEMBERS = {
    "device": int,
    "inode": int,
    "life": str,
    "offset": int,
    "head": str,
    "head_bytes": int,
}


def _digest(head: bytes) -> str:
    return hashlib.sha256(head).hexdigest()
