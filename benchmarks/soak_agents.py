"""Those who ask in a soak: with the project's client, and by hand to hang up in the middle."""

from __future__ import annotations

import time
from random import Random
from typing import Any, Literal

import trio

from ailoop import AiloopClient, AlreadySettled, Expired
from ailoop.model.message import Authorization, PromptContent, Question, ResponseType
from benchmarks.ledger import Outcome
from benchmarks.soak_wire import Wire, open_wire
from benchmarks.soak_world import DESKS, PEOPLE, World, new_message

__all__ = ["ask", "ask_and_hang_up"]

_SHORT, _LONG = 1, 60
_PLANS = {
    "answer": 10,
    "race": 5,
    "withdraw": 3,
    "edge": 2,
    "late": 1,
    "ignore": 1,
}
"""What is to become of prompts, and how often."""

_TO_THE_DEADLINE = ("edge", "late", "ignore")


def _draw(dice: Random) -> tuple[dict[str, str], int]:
    """Choose what is to become of a prompt, and its timeout."""
    (plan,) = dice.choices(list(_PLANS), list(_PLANS.values()))
    timeout = _SHORT if plan in _TO_THE_DEADLINE else dice.choice((_SHORT, _LONG))
    return {"plan": plan, "person": dice.choice(PEOPLE)}, timeout


async def ask(world: World, name: str, transport: Literal["websocket", "rest"]) -> None:
    """Ask one prompt after the other, until the load is over."""
    dice = world.dice(name)
    async with AiloopClient(world.url, transport=transport, role="agent") as client:
        while not world.is_over:
            await _ask_once(world, client, dice)


async def _ask_once(world: World, client: AiloopClient, dice: Random) -> None:
    metadata, timeout = _draw(dice)
    channel = dice.choice(DESKS)
    prompt = await client.post(channel, _content(dice, timeout), metadata=metadata)
    prompt_id = str(prompt.id)
    world.ledger.asked(prompt_id, channel, time.monotonic() + timeout)
    world.counts["prompts"] += 1
    if metadata["plan"] == "withdraw":
        await trio.sleep(dice.uniform(0, 0.1))
        try:
            response = await client.withdraw(prompt_id)
        except (AlreadySettled, Expired) as refusal:
            world.refused("withdrawals", refusal, prompt_id, channel)
        else:
            world.counts["withdrawn"] += 1
            world.ledger.ended(prompt_id, channel, str(response.id))
    # A wait that is given up, and taken up again.
    with trio.move_on_after(dice.uniform(0, 0.2)):
        await client.wait(prompt_id)
    response = await client.wait(prompt_id)
    outcome = Outcome(str(response.id), response.content.response_type)
    world.ledger.told_asker(prompt_id, channel, outcome)


def _content(dice: Random, timeout: int) -> PromptContent:
    if dice.random() < 0.5:
        return Question(text="What now?", timeout_seconds=timeout)
    return Authorization(action="go on", timeout_seconds=timeout)


async def ask_and_hang_up(world: World, name: str) -> None:
    """Ask, vanish, come back, and learn the answer; until the load is over."""
    dice = world.dice(name)
    while not world.is_over:
        metadata, timeout = _draw(dice)
        content = {"type": "authorization", "action": "go on", "timeout_seconds": timeout}
        prompt = new_message(dice, dice.choice(DESKS), content) | {"metadata": metadata}
        async with open_wire(world.ws_port) as wire:
            await wire.send("send", message=prompt)
            if dice.random() < 0.5:
                await trio.sleep(dice.uniform(0, 0.05))
            wire.abort()
        world.counts["agents hung up"] += 1
        await trio.sleep(dice.uniform(0, 0.3))
        async with open_wire(world.ws_port) as wire:
            await _come_back(world, wire, prompt, timeout)
        world.counts["reconnects"] += 1
        await trio.sleep(dice.uniform(0, 0.2))


async def _come_back(world: World, wire: Wire, prompt: dict[str, Any], timeout: int) -> None:
    """Ask the same again, which is harmless, and wait for the response."""
    prompt_id, channel = prompt["id"], prompt["channel"]
    await wire.send("send", message=prompt)
    accepted = told = False
    while not (accepted and told):
        match await wire.receive():
            case {"op": "ack", "items": [{"id": str()} as item]}:
                world.ledger.asked(prompt_id, channel, time.monotonic() + timeout)
                world.ledger.placed(prompt_id, item["seq"])
                world.counts["prompts"] += 1
                world.counts["sent again and known"] += not item["created"]
                accepted = True
            case {"op": "response", "id": known, "message": message} if known == prompt_id:
                kind = ResponseType(message["content"]["response_type"])
                world.ledger.told_asker(prompt_id, channel, Outcome(message["id"], kind))
                told = True
