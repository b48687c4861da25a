"""Many asks over a wire that delays, truncates and cuts at random: each ends once, rightly."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import trio

from ailoop import AiloopClient, MissedMessages, Patience
from ailoop.model.message import Message, Question
from tests.client.proxy import wired
from tests.serving import Served

ASKS = 200
AGENTS = 4
SECONDS = 45
SOON = Patience(first_seconds=0.005, longest_seconds=0.02, heartbeat_seconds=2)


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_ask_ends_once(server: Served, seed: int, transport: Any) -> None:
    """Every ask ends with the answer its person gave; every question was seen, and once."""
    outcomes: dict[str, str | None] = {}
    shown: list[UUID] = []

    async def be_a_person(client: AiloopClient) -> None:
        async with client.subscribe("a", after={"a": 0}) as feed:
            while True:
                try:
                    message: Message = await anext(feed)
                except MissedMessages:
                    raise AssertionError("a gap where nothing was lost") from None
                if isinstance(message.content, Question):
                    shown.append(message.id)
                    people.start_soon(reply, client, message)

    async def reply(client: AiloopClient, question: Message) -> None:
        assert isinstance(question.content, Question)
        text = f"re: {question.content.text}"
        await client.respond(question.id, text, responder="ann")

    async def be_an_agent(client: AiloopClient, name: int) -> None:
        for number in range(ASKS // AGENTS):
            text = f"{name}.{number}"
            outcomes[text] = (await client.ask("a", text)).content.answer

    async with wired(server.address("rest"), seed) as wire:
        wire.delay_seconds = 0.002
        with trio.fail_after(SECONDS):
            async with (
                AiloopClient(wire.url, patience=SOON) as person,
                AiloopClient(wire.url, transport=transport, patience=SOON) as agent,
                trio.open_nursery() as people,
            ):
                people.start_soon(be_a_person, person)
                wire.cut_chance = 0.02
                async with trio.open_nursery() as agents:
                    for name in range(AGENTS):
                        agents.start_soon(be_an_agent, agent, name)
                wire.cut_chance = 0
                people.cancel_scope.cancel()
    assert outcomes == {text: f"re: {text}" for text in outcomes}
    assert len(outcomes) == ASKS
    assert len(shown) == len(set(shown)) == ASKS
    assert wire.cuts > 3
