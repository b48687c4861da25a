"""Those who tell things in a soak, and say them again where they have had no word of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import trio

from benchmarks.frames import ClosedByServerError
from benchmarks.soak_wire import Wire, open_wire
from benchmarks.soak_world import World, new_message

__all__ = ["publish"]

_STAY = (1.0, 6.0)
_HANGS_UP = 0.01
"""The share of the arrays after which the publisher is gone before it is told anything."""


async def publish(
    world: World, name: str, channels: Sequence[str], *, text_bytes: int, every: float
) -> None:
    """Send arrays of numbered notifications until the load is over.

    :param every: seconds from one array to the next, on average.
    """
    publisher = _Publisher(world, name, channels, text_bytes, every)
    while publisher.unsure or not world.is_over:
        try:
            async with open_wire(world.ws_port) as wire:
                await publisher.stay(wire)
        except ClosedByServerError as closed:
            world.counts[f"publishers closed with {closed.code}"] += 1
        world.counts["reconnects"] += 1


class _Publisher:
    def __init__(
        self, world: World, name: str, channels: Sequence[str], text_bytes: int, every: float
    ) -> None:
        self._world = world
        self._name = name
        self._channels = channels
        self._filling = "." * text_bytes
        self._every = every
        self._dice = world.dice(name)
        self._numbers = count(1)
        self.unsure: list[dict[str, Any]] = []
        """What has been sent, without word of what became of it."""

    async def stay(self, wire: Wire) -> None:
        """Send over one connection, for some time."""
        until = trio.current_time() + self._dice.uniform(*_STAY)
        while self.unsure or (trio.current_time() < until and not self._world.is_over):
            self.unsure = self.unsure or self._new_array()
            await wire.send("send", messages=self.unsure)
            if self._dice.random() < _HANGS_UP:
                wire.abort()
                self._world.counts["arrays cut off"] += 1
                return
            self._accept(await wire.receive())
            self.unsure = []
            await trio.sleep(self._dice.expovariate(1 / self._every))

    def _new_array(self) -> list[dict[str, Any]]:
        return [
            new_message(
                self._dice,
                self._dice.choice(self._channels),
                {
                    "type": "notification",
                    "text": f"{self._name} {next(self._numbers)} {self._filling}",
                },
            )
            for _ in range(self._dice.randint(1, 5))
        ]

    def _accept(self, reply: dict[str, Any]) -> None:
        if reply["op"] != "ack":
            raise ValueError(f"instead of an acknowledgement: {reply}")
        for message, item in zip(self.unsure, reply["items"], strict=True):
            if "error" in item:
                raise ValueError(f"a notification was refused: {item}")
            self._world.counts["sent again and known"] += not item["created"]
            self._world.ledger.accepted(message["channel"], message["id"])
            self._world.ledger.placed(message["id"], item["seq"])
