"""Bytes as they come, cut into lines of which none takes more memory than it may."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

__all__ = ["LONGEST", "Line", "LineSplitter"]

LONGEST = 1024 * 1024
"""Bytes of a line. What agents write of a whole file has its room."""


@frozen
class Line:
    """A line, or that there was one.

    :param data: it, without its end; ``None`` where it was too long.
    :param size: its bytes.
    :param end: where in its file the next one begins.
    """

    data: bytes | None
    size: int
    end: int


class LineSplitter:
    """Cuts what it is fed into lines.

    :param offset: where in its file the first one begins.
    :param longest: bytes from which on a line is let go.
    """

    def __init__(self, offset: int = 0, longest: int = LONGEST) -> None:
        self._offset = offset
        self._longest = longest
        self._held = bytearray()
        self._size = 0
        """Bytes of the line that has not ended, held or not."""

    def feed(self, chunk: bytes) -> Iterator[Line]:
        """Yield the lines that end in a chunk."""
        *ended, last = chunk.split(b"\n")
        for piece in ended:
            self._add(piece)
            yield self._take(1)
        self._add(last)

    def rest(self) -> Line | None:
        """Return the line that the input ended in, if it had no end."""
        return self._take(0) if self._size else None

    def _add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._longest:
            self._held.clear()
        else:
            self._held += piece

    def _take(self, end: int) -> Line:
        size, self._size = self._size, 0
        self._offset += size + end
        data = None if size > self._longest else bytes(self._held)
        self._held.clear()
        return Line(data, size, self._offset)
