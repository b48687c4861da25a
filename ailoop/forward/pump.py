"""Sends what is in the buffer, in its order, until the server has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import trio

from ailoop.client import (
    AiloopError,
    Busy,
    Conflict,
    NotAllowed,
    Patience,
    Refused,
    Unavailable,
)
from ailoop.client.patience import Retries
from ailoop.client.steps import StepVerbs
from ailoop.forward.buffer import Buffer, Item
from ailoop.forward.position import Place

__all__ = ["Pump"]

_BATCH_MESSAGES = 100
_BATCH_BYTES = 256 * 1024
"""Of one request; the smallest thing that a server can be set to is far from both."""


class Pump:
    """Posts batches, one after the other: nothing can come before what was read before.

    :param client: posts them; it connects again for as long as ``patience`` says.
    :param notice: makes a message of the forwarder itself.
    :param done: called with the place up to which all has been acknowledged.
    """

    def __init__(
        self,
        client: StepVerbs,
        buffer: Buffer,
        patience: Patience,
        *,
        notice: Callable[[str], Item],
        done: Callable[[Place], None],
    ) -> None:
        self.sent = 0
        self.refused = 0
        self.refusal: Refused | None = None
        """Why the server has refused one, if it has."""
        self.in_flight = 0
        """Messages that are out of the buffer and not acknowledged."""
        self._client = client
        self._buffer = buffer
        self._patience = patience
        self._notice = notice
        self._done = done

    async def run(self) -> None:
        """Send until the buffer is closed and empty.

        :raises AiloopError: the server has gone for too long, or wants none of this.
        """
        while items := await self._buffer.take(_BATCH_MESSAGES, _BATCH_BYTES):
            if lost := self._buffer.news_of_dropped():
                items.insert(0, self._notice(_lost(lost)))
            self.in_flight = len(items)
            await self._deliver(items)

    async def _deliver(self, items: Sequence[Item]) -> None:
        try:
            await self._insist(items)
        except NotAllowed:
            raise  # nor would it take the next
        except Refused as error:
            if len(items) > 1:  # to find out which of them is at fault
                middle = len(items) // 2
                await self._deliver(items[:middle])
                await self._deliver(items[middle:])
                return
            if not _is_there(error):
                self.refused += 1
                self.refusal = self.refusal or error
                self._acknowledge(items, 0)
                return
        self._acknowledge(items, len(items))

    async def _insist(self, items: Sequence[Item]) -> None:
        """Post until it is taken or refused for good; connections are the client's affair."""
        retries = Retries(self._patience)
        while True:
            try:
                await self._client.post_all(one.message for one in items)
            except (Busy, Unavailable) as error:
                seconds = retries.failed(trio.current_time(), error)
            else:
                return
            await trio.sleep(seconds)

    def _acknowledge(self, items: Sequence[Item], sent: int) -> None:
        self.sent += sent
        self.in_flight -= len(items)
        place = next((one.place for one in reversed(items) if one.place is not None), None)
        if place is not None:
            self._done(place)


def _is_there(error: AiloopError) -> bool:
    """Whether it was posted before: from the same place, by a process that is gone."""
    return isinstance(error, Conflict) and error.code == "id_conflict"


def _lost(count: int) -> str:
    words = "1 message is" if count == 1 else f"{count} messages are"
    return f"{words} missing here: they came faster than the server took them"
