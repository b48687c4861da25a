"""Where WebSocket frames begin and end in a stream of bytes (RFC 6455, section 5.2)."""

from __future__ import annotations

__all__ = ["Frames"]

_WHOLE_TEXT = 0x81


class Frames:
    """Follows one direction of a connection."""

    def __init__(self) -> None:
        self._rest = b""

    def are_whole(self, data: bytes) -> bool:
        """Take the next bytes; tell whether they are whole text messages and nothing else."""
        whole = not self._rest
        self._rest += data
        while size := _size(self._rest):
            whole = whole and self._rest[0] == _WHOLE_TEXT
            self._rest = self._rest[size:]
        return whole and not self._rest


def _size(data: bytes) -> int:
    """Return the size of the frame that comes first, 0 if it is not all there."""
    if len(data) < 2:
        return 0
    length, extra = data[1] & 0x7F, 0
    if length >= 126:
        extra = 2 if length == 126 else 8
        if len(data) < 2 + extra:
            return 0
        length = int.from_bytes(data[2 : 2 + extra])
    size = 2 + extra + (4 if data[1] & 0x80 else 0) + length
    return size if len(data) >= size else 0
