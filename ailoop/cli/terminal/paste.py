"""What is pasted, told from what is typed: it never acts as keys."""

from __future__ import annotations

__all__ = ["Paste"]


class Paste:
    """Gathers the keys between the marks that a terminal puts around a paste."""

    def __init__(self) -> None:
        self._pieces: list[str] | None = None

    def key(self, key: str) -> str | None:
        """Take a key; return what has been pasted so far to its end, or ``None`` if typed.

        While a paste goes on that is an empty text.
        """
        if key == "begin paste":
            self._pieces = []
        elif self._pieces is None:
            return None if key != "end paste" else ""
        elif key == "end paste":
            whole, self._pieces = "".join(self._pieces), None
            return whole
        else:
            self._pieces.append(
                {"enter": "\n", "tab": " "}.get(key, key if len(key) == 1 else "")
            )
        return ""
