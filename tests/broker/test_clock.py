"""The broker's clock: Trio's, unless the machine has slept."""

from __future__ import annotations

import time

import pytest

from ailoop.broker.clock import Clock
from tests.broker.kit import APPROVE, authorization, post, refused, running


async def test_small_steps_of_the_wall_clock_are_ignored(
    autojump_clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Setting the wall clock back, or a little forward, moves no deadline."""
    clock, wall = Clock(), time.time()
    before = clock.now()
    for step in (-3600.0, 30.0):
        monkeypatch.setattr(time, "time", lambda step=step: wall + step)
        assert clock.now() == before


async def test_a_prompt_does_not_outlive_the_sleep_of_the_machine(
    autojump_clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight hours of sleep, in which Trio's clock stands still, are over for a prompt too."""
    prompt, wall = authorization(timeout_seconds=300), time.time
    async with running() as broker:
        await post(broker, prompt)
        monkeypatch.setattr(time, "time", lambda: wall() + 8 * 3600)
        with refused("expired"):
            await broker.respond(prompt.id, APPROVE)
        assert broker.prompt(prompt.id).state == "timeout"
