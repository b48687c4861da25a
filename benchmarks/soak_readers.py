"""Those who follow channels in a soak: steadily, coming and going, slowly, or with stops."""

from __future__ import annotations

import math
from typing import Any

import trio
from attrs import frozen

from benchmarks.frames import ClosedByServerError
from benchmarks.ledger import Reading
from benchmarks.soak_wire import Wire, open_wire
from benchmarks.soak_world import World

__all__ = ["CALM", "RESTLESS", "SLOW", "STALLING", "Manners", "follow"]


@frozen(kw_only=True)
class Manners:
    """How somebody reads.

    :param stay: between how many and how many seconds a connection lasts.
    :param pause: the same of a pause in reading.
    :param pauses: the share of the frames after which there is a pause.
    :param read_bytes: as much is taken at once.
    :param patience: after how much silence to come again: a kernel that gives up on a peer
        which does not read need not tell it.
    """

    stay: tuple[float, float] = (1e9, 1e9)
    pause: tuple[float, float] = (0, 0)
    pauses: float = 0
    read_bytes: int = 64 * 1024
    patience: float = math.inf


CALM = Manners()
RESTLESS = Manners(stay=(0.3, 3.0))
SLOW = Manners(pause=(0.1, 0.3), pauses=0.2, read_bytes=2048, patience=5)
STALLING = Manners(pause=(2.0, 4.0), pauses=0.002, patience=5)


async def follow(
    world: World,
    reading: Reading,
    manners: Manners,
    *,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Follow channels until cancelled, over as many connections as it takes.

    Started when the channels are followed from their beginning.
    """
    follower = _Follower(world, reading, task_status)
    while True:
        # At the end everybody catches up.
        now = CALM if world.is_over else manners
        try:
            async with open_wire(world.ws_port, now.read_bytes) as wire:
                await follower.stay(wire, now)
        except ClosedByServerError as closed:
            world.counts[f"readers closed with {closed.code}"] += 1
        world.counts["reconnects"] += 1
        await trio.sleep(follower.dice.uniform(0, 0.3))


class _Follower:
    """A reader, and what it knows from one connection to the next."""

    def __init__(
        self,
        world: World,
        reading: Reading,
        task_status: trio.TaskStatus[None],
    ) -> None:
        self.dice = world.dice(reading.name)
        self._world = world
        self._reading = reading
        self._task_status = task_status
        self._cursors: dict[str, int] = {}

    async def stay(self, wire: Wire, manners: Manners) -> None:
        """Follow over one connection, for as long as these manners have it."""
        after = {"after": self._cursors} if self._cursors else {}
        await wire.send("subscribe", channels=list(self._reading.channels), **after)
        with trio.move_on_after(self.dice.uniform(*manners.stay)):
            while manners is CALM or not self._world.is_over:
                with trio.move_on_after(manners.patience) as silence:
                    self._take(await wire.receive())
                if silence.cancelled_caught:
                    self._world.counts["readers cut off in silence"] += 1
                    break
                if self.dice.random() < manners.pauses:
                    await trio.sleep(self.dice.uniform(*manners.pause))
        if self.dice.random() < 0.5:
            wire.abort()

    def _take(self, frame: dict[str, Any]) -> None:
        match frame:
            case {"op": "subscribed", "channels": cursors}:
                if not self._cursors:
                    self._task_status.started()
                # What a subscription brings may come before the reply to it.
                self._cursors = cursors | self._cursors
            case {"op": "message", "seq": seq, "message": message}:
                self._cursors[message["channel"]] = seq
                self._write_down(seq, message)
            case {"op": "gap", "channel": channel, "after": after, "first": first}:
                self._cursors[channel] = first - 1
                self._reading.told_gap(channel, after, first)

    def _write_down(self, seq: int, message: dict[str, Any]) -> None:
        self._reading.got(message["channel"], message["id"], seq)
        self._world.ledger.placed(message["id"], seq)
        if message["content"]["type"] == "response":
            self._world.ledger.ended(
                message["correlation_id"], message["channel"], message["id"]
            )
