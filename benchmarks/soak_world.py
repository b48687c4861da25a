"""What all who take part in a soak share."""

from __future__ import annotations

import math
import time
from collections import Counter
from random import Random
from typing import Any
from uuid import UUID

from attrs import define, field

from ailoop.client import Refused
from benchmarks.ledger import Ledger
from benchmarks.server import Server

__all__ = ["BULK", "DESKS", "NEWS", "PEOPLE", "World", "new_message"]

DESKS = tuple(f"desk-{number}" for number in range(4))
"""Where people are asked."""

NEWS = tuple(f"news-{number}" for number in range(4))
"""Where short notifications come."""

BULK = ("bulk",)
"""Where long notifications come, more than a slow reader takes."""

PEOPLE = ("ann", "bob", "cem")


@define
class World:
    """One run.

    :param seed: what everybody's dice depend on.
    :param seconds: how long there is load.
    """

    server: Server
    seed: int
    seconds: float
    ledger: Ledger = field(factory=Ledger)
    counts: Counter[str] = field(factory=Counter)
    """How often something worth telling has happened, by its name."""
    _end: float = math.inf

    def begin(self) -> None:
        """Let there be load from now on."""
        self._end = time.monotonic() + self.seconds

    @property
    def is_over(self) -> bool:
        """Whether nothing new is to be begun."""
        return time.monotonic() >= self._end

    @property
    def ws_port(self) -> int:
        """Where the server speaks WebSocket."""
        return self.server.ws_port

    @property
    def url(self) -> str:
        """The address that clients are given."""
        return f"http://127.0.0.1:{self.server.rest_port}"

    def dice(self, name: str) -> Random:
        """Return somebody's own dice, so that nobody's timing changes another's throws."""
        return Random(f"{self.seed} {name}")  # noqa: S311 -- load, not secrets

    def refused(self, what: str, refusal: Refused, prompt: str, channel: str) -> None:
        """Write down that somebody came too late, and what they were told is recorded."""
        self.counts[f"{what} refused: {refusal.code}"] += 1
        # On the deadline itself the prompt may not have been closed yet.
        if "response_id" in refusal.details:
            self.ledger.ended(prompt, channel, refusal.details["response_id"])


def new_message(dice: Random, channel: str, content: dict[str, Any]) -> dict[str, Any]:
    """Make a message with an id of its own, so that it can be sent again."""
    message_id = UUID(int=dice.getrandbits(128), version=4)
    return {"id": str(message_id), "channel": channel, "content": content}
