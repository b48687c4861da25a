"""Who is before a prompt: what surfaces have told of it, kept as long as the prompt.

Unlike all else here it does not follow from the log. It decides nothing, so that it need not
be the same anywhere else; it costs nothing until a surface tells something.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import structlog
from attrs import define, field

from ailoop.model.codec import format_epoch
from ailoop.model.delivery import Showing

__all__ = ["Audience"]

log = structlog.get_logger()

Listener = Callable[[], None]


@define(eq=False, slots=True)
class Audience:
    """Who has been shown one prompt.

    :param room: how many names are kept, of those who saw it and of those who type; who
        comes later counts, unnamed.
    """

    room: int
    delivered_at: float | None = None
    """When a surface listed it first, in seconds since the epoch."""
    seen_at: float | None = None
    seen_by: dict[str, None] = field(factory=dict)
    typing: dict[Hashable, str] = field(factory=dict)
    """Names, by what tells of them: a connection."""
    _listeners: dict[Listener, None] = field(factory=dict)

    def tell(self, viewer: Hashable, showing: Showing, name: str, now: float) -> list[Showing]:
        """Note how the prompt stands with a surface; return what nobody had told before.

        That is ``DELIVERED``, once, and ``SEEN`` for each name that is kept.

        :param viewer: whose word it is, until it tells otherwise or leaves.
        """
        before = self.members()
        news = []
        if self.delivered_at is None:
            self.delivered_at = now
            news.append(Showing.DELIVERED)
        if showing is not Showing.DELIVERED:
            self.seen_at = self.seen_at or now
            if name not in self.seen_by and len(self.seen_by) < self.room:
                self.seen_by[name] = None
                news.append(Showing.SEEN)
        if showing is not Showing.TYPING:
            self.typing.pop(viewer, None)
        elif viewer in self.typing or len(self.typing) < self.room:
            self.typing[viewer] = name
        if self.members() != before:
            self._notify()
        return news

    def leave(self, viewer: Hashable) -> None:
        """Forget that a surface's person types: it has gone."""
        if self.typing.pop(viewer, None) is not None:
            self._notify()

    def close(self) -> None:
        """Nobody types any more, and nothing will change: the prompt has settled."""
        self.typing.clear()
        self._notify()
        self._listeners.clear()

    def listen(self, listener: Listener) -> None:
        """Have ``listener`` called, synchronously, after every change, and at the end."""
        self._listeners[listener] = None

    def unlisten(self, listener: Listener) -> None:
        """Take back :meth:`listen`."""
        self._listeners.pop(listener, None)

    def _notify(self) -> None:
        for listener in list(self._listeners):
            try:
                listener()
            except Exception:
                # It belongs to one connection; its fault must not reach the others.
                log.exception("listener_failed")

    def members(self) -> dict[str, Any]:
        """Return what the wire calls ``delivery``."""
        return {
            "delivered_at": _when(self.delivered_at),
            "seen_at": _when(self.seen_at),
            "seen_by": list(self.seen_by),
            "typing": sorted(set(self.typing.values())),
        }


def _when(moment: float | None) -> str | None:
    return None if moment is None else format_epoch(moment)
