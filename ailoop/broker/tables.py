"""What all channels share: where a message is found by its id, and how much there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from ailoop.broker.counts import BrokerCounts
from ailoop.broker.limits import BrokerLimits
from ailoop.broker.ports import Entry
from ailoop.broker.prompt import Prompt
from ailoop.model.errors import Refusal

__all__ = ["Tables"]


class Tables:
    """The index of retained messages and prompts, its bounds, and what is counted."""

    def __init__(self, limits: BrokerLimits) -> None:
        self.limits = limits
        self.messages: dict[UUID, Entry] = {}
        self.prompts: dict[UUID, Prompt] = {}
        self.open_prompts = 0
        """Open prompts, with those admitted and not yet applied."""
        self.feeds = 0
        self.waiters = 0
        self.counts = BrokerCounts()

    def admit_prompt(self, channel_prompts: int) -> None:
        """Count one more prompt, or refuse it.

        :param channel_prompts: how many its channel has open or admitted.
        :raises Refusal: ``too_many_prompts``.
        """
        if self.open_prompts >= self.limits.prompts:
            raise Refusal("too_many_prompts", limit=self.limits.prompts)
        if channel_prompts >= self.limits.channel_prompts:
            raise Refusal("too_many_prompts", limit=self.limits.channel_prompts)
        self.open_prompts += 1

    def add_feed(self) -> None:
        """Count one more feed, or refuse it with ``too_many_feeds``."""
        if self.feeds >= self.limits.feeds:
            raise Refusal("too_many_feeds", limit=self.limits.feeds)
        self.feeds += 1
        self.counts.feeds += 1

    @contextmanager
    def count_waiter(self) -> Iterator[None]:
        """Count a caller that waits, or refuse it with ``too_many_waiters``."""
        if self.waiters >= self.limits.waiters:
            raise Refusal("too_many_waiters", limit=self.limits.waiters)
        self.waiters += 1
        try:
            yield
        finally:
            self.waiters -= 1
