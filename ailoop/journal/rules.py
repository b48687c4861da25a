"""How much of a channel a journal file keeps."""

from __future__ import annotations

from attrs import frozen

__all__ = ["Rule"]


@frozen
class Rule:
    """How much a channel keeps; ``None`` is without a bound.

    :param pattern: which channels, with ``*`` and ``?``.
    """

    pattern: str = "*"
    messages: int | None = None
    bytes: int | None = None
    seconds: float | None = None
