"""Those who answer in a soak: at once, all at the same time, on the deadline, or too late.

What is to become of a prompt stands in its ``metadata``, so that agents and people do not have
to agree in another way: the ``plan``, and the ``person`` it is meant for.
"""

from __future__ import annotations

import time
from random import Random

import trio

from ailoop import AiloopClient, AlreadySettled, Expired
from ailoop.model.message import PROMPT_TYPES, Authorization, Message, Response, ResponseType
from benchmarks.ledger import Reading
from benchmarks.soak_world import DESKS, World

__all__ = ["attend"]


async def attend(
    world: World, name: str, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    """Follow the desks and answer, until cancelled. Started when the desks are followed."""
    reading = world.ledger.reading(name, DESKS, keeps_up=True)
    async with AiloopClient(world.url, role="human") as client:
        person = _Person(world, name, client, reading)
        async with client.subscribe(DESKS) as feed, trio.open_nursery() as nursery:
            task_status.started()
            async for message in feed:
                person.take(message, nursery)


class _Person:
    def __init__(self, world: World, name: str, client: AiloopClient, reading: Reading) -> None:
        self._world = world
        self._name = name
        self._client = client
        self._reading = reading
        self._dice: Random = world.dice(name)

    def take(self, message: Message, nursery: trio.Nursery) -> None:
        """Write down what has come, and answer if it is meant for this person."""
        self._reading.got(message.channel, str(message.id))
        if isinstance(message.content, Response):
            self._world.ledger.ended(
                str(message.correlation_id), message.channel, str(message.id)
            )
        elif isinstance(message.content, PROMPT_TYPES):
            delay = self._delay(message, message.content.timeout_seconds)
            if delay is not None:
                nursery.start_soon(self._answer, message, delay)

    def _delay(self, prompt: Message, timeout: int) -> float | None:
        """Return how long to wait with the answer, ``None`` for ever."""
        told = prompt.metadata or {}
        plan = told["plan"]
        if plan != "race" and told["person"] != self._name:
            return None
        match plan:
            case "answer" | "withdraw":
                return self._dice.uniform(0, 0.1)
            case "race":
                return 0.02
            case "edge":
                return timeout + self._dice.uniform(-0.02, 0.02)
            case "late":
                return timeout + self._dice.uniform(0.05, 0.3)
        return None

    async def _answer(self, prompt: Message, delay: float) -> None:
        await trio.sleep(delay)
        answer, response_type = self._decide(prompt)
        world, prompt_id = self._world, str(prompt.id)
        said_at = time.monotonic()
        try:
            response = await self._client.respond(
                prompt.id, answer, response_type=response_type, responder=self._name
            )
        except (AlreadySettled, Expired) as refusal:
            world.refused("answers", refusal, prompt_id, prompt.channel)
        else:
            world.counts["answers recorded"] += 1
            world.ledger.recorded(prompt_id, prompt.channel, str(response.id), said_at)

    def _decide(self, prompt: Message) -> tuple[str | None, ResponseType]:
        if not isinstance(prompt.content, Authorization):
            return f"{self._name} says so", ResponseType.TEXT
        if self._dice.random() < 0.7:
            return None, ResponseType.AUTHORIZATION_APPROVED
        return None, ResponseType.AUTHORIZATION_DENIED
