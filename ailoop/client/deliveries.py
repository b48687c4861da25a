"""What one reader has yet to hear of prompts on their way to people."""

from __future__ import annotations

from collections import OrderedDict
from uuid import UUID

import anyio
from anyio.lowlevel import checkpoint

from ailoop.client.errors import AiloopError
from ailoop.model.delivery import Delivery

__all__ = ["DeliveryFeed"]


class DeliveryFeed:
    """What is new about prompts, the latest of each: an asynchronous iterator."""

    def __init__(self) -> None:
        self._latest: OrderedDict[UUID, Delivery] = OrderedDict()
        self._end: AiloopError | None = None
        self._news = anyio.Event()

    def put(self, delivery: Delivery) -> None:
        """Hand over what has arrived; never waits."""
        self._latest[delivery.prompt_id] = delivery
        self._news.set()

    def end(self, error: AiloopError) -> None:
        """Have every read fail once what has arrived is read."""
        self._end = error
        self._news.set()

    def __aiter__(self) -> DeliveryFeed:
        return self

    async def __anext__(self) -> Delivery:
        while not self._latest:
            if self._end is not None:
                raise self._end
            self._news = anyio.Event()
            await self._news.wait()
        await checkpoint()
        return self._latest.popitem(last=False)[1]
