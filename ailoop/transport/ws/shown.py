"""The prompts that one connection has shown to somebody, or wants to hear of."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import islice
from uuid import UUID

from ailoop.broker import Broker, Prompt
from ailoop.broker.audience import Listener
from ailoop.model.delivery import Showing
from ailoop.model.errors import Refusal

__all__ = ["Shown"]

_AT_ONCE = 64
"""So many are told together, before replies and feeds have their turn again."""


class Shown:
    """Tells the broker how prompts stand with this connection, and hears of the others.

    Of a prompt's changes only the latest waits to be told, so that what waits is bounded by
    what is open.

    :param broker: returns it, as whoever is at the other end may use it by now.
    :param limit: how many open prompts it may have.
    :param changed: called when :meth:`take` has something.
    """

    def __init__(
        self, broker: Callable[[], Broker], limit: int, changed: Callable[[], None]
    ) -> None:
        self._broker = broker
        self._limit = limit
        self._changed = changed
        self._open: dict[UUID, tuple[Prompt, Listener]] = {}
        self._news: dict[UUID, Prompt] = {}

    def __len__(self) -> int:
        return len(self._open)

    @property
    def has_news(self) -> bool:
        """Whether :meth:`take` has something."""
        return bool(self._news)

    def show(self, prompt: Prompt, showing: Showing, name: str) -> None:
        """Tell how a prompt stands here.

        :raises Refusal: ``too_many_prompts``.
        """
        self.listen(prompt)
        self._broker().show(prompt, self, showing, name)

    def listen(self, prompt: Prompt) -> None:
        """Hear of a prompt's delivery from now on, until it settles.

        :raises Refusal: ``too_many_prompts``.
        """
        prompt_id = prompt.entry.id
        if prompt_id in self._open or prompt.response is not None:
            return
        if len(self._open) >= self._limit:
            raise Refusal("too_many_prompts", limit=self._limit)
        listener = partial(self._hear, prompt)
        self._open[prompt_id] = prompt, listener
        self._broker().audience(prompt).listen(listener)

    def _hear(self, prompt: Prompt) -> None:
        if prompt.response is None:
            self.put(prompt)
        else:  # who follows the prompt is told of its response, and needs no other word
            self._open.pop(prompt.entry.id, None)

    def put(self, prompt: Prompt) -> None:
        """Have a prompt's delivery told."""
        self._news[prompt.entry.id] = prompt
        self._changed()

    def take(self) -> dict[UUID, Prompt]:
        """Return some of the prompts of which there is something to tell, and forget that."""
        return {key: self._news.pop(key) for key in list(islice(self._news, _AT_ONCE))}

    def leave(self) -> None:
        """Be nowhere any more; what has been seen stays seen."""
        for prompt, listener in self._open.values():
            audience = self._broker().audience(prompt)
            audience.unlisten(listener)
            audience.leave(self)
        self._open.clear()
        self._news.clear()
