"""What is pasted, told from what is typed: it never acts as keys."""

from __future__ import annotations

from math import inf

__all__ = ["Paste"]

_LONGEST_GAP_SECONDS = 2.0
"""A mark may be torn on its way: a paste that has stood still for so long is over."""
_MOST = 100_000


class Paste:
    """Gathers the keys between the marks that a terminal puts around a paste."""

    def __init__(self) -> None:
        self._pieces: list[str] | None = None
        self._last = -inf

    def key(self, key: str, now: float) -> str | None:
        """Take a key; return what has been pasted so far to its end, or ``None`` if typed.

        While a paste goes on that is an empty text.
        """
        if self._pieces is not None and now > self._last + _LONGEST_GAP_SECONDS:
            self._pieces = None
        self._last = now
        if key == "begin paste":
            self._pieces = []
        elif self._pieces is None:
            return None if key != "end paste" else ""
        elif key == "end paste":
            whole, self._pieces = "".join(self._pieces), None
            return whole
        elif len(self._pieces) < _MOST:
            self._pieces.append(
                {"enter": "\n", "tab": " "}.get(key, key if len(key) == 1 else "")
            )
        return ""
