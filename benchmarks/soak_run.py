"""Who takes part in a soak, and when who comes and goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial

import trio

from benchmarks.memory import MemoryWatch
from benchmarks.soak_agents import ask, ask_and_hang_up
from benchmarks.soak_people import attend
from benchmarks.soak_publishers import publish
from benchmarks.soak_readers import CALM, RESTLESS, SLOW, STALLING, follow
from benchmarks.soak_world import BULK, DESKS, NEWS, PEOPLE, World

__all__ = ["run_soak"]

_FINISH_SECONDS = 20.0
"""How long those who send may need to finish what they have begun: nothing takes so long, but
a reply that never comes."""

_CATCH_UP_SECONDS = 20.0
"""How long everybody has to catch up after that; what is missing then is lost."""


async def run_soak(world: World, memory: MemoryWatch) -> None:
    """Let everybody in, wait until the load is over, and let the readers catch up."""
    async with trio.open_nursery() as following:
        for reader in _readers(world):
            await following.start(reader)
        async with trio.open_nursery() as watching:
            watching.start_soon(memory.run, world.server)
            await _write(world)
            watching.cancel_scope.cancel()
        with trio.move_on_after(_CATCH_UP_SECONDS):
            # There is no event for what somebody else has yet to read.
            while not world.ledger.complete:  # noqa: ASYNC110
                await trio.sleep(0.2)
        following.cancel_scope.cancel()


async def _write(world: World) -> None:
    """Run those who send, and write down who of them does not come to an end."""
    stuck = world.ledger.stuck

    async def run(name: str, writer: Callable[[], Awaitable[None]]) -> None:
        stuck.add(name)
        await writer()
        stuck.remove(name)

    world.begin()
    with trio.move_on_after(world.seconds + _FINISH_SECONDS):
        async with trio.open_nursery() as writing:
            for name, writer in _writers(world):
                writing.start_soon(run, name, writer)


def _readers(world: World) -> Iterator[Callable[..., Awaitable[None]]]:
    """Yield those who are there from the beginning to the end."""
    for name in PEOPLE:
        yield partial(attend, world, name)
    for name, manners, channels in (
        ("calm", CALM, (*DESKS, *NEWS, *BULK)),
        ("restless-1", RESTLESS, (*DESKS, *NEWS)),
        ("restless-2", RESTLESS, (*NEWS, *BULK)),
        ("slow-1", SLOW, (*DESKS, *BULK)),
        ("slow-2", SLOW, (*NEWS, *BULK)),
        ("stalling", STALLING, (*NEWS, *BULK)),
    ):
        reading = world.ledger.reading(name, channels, keeps_up=manners is CALM)
        yield partial(follow, world, reading, manners)


def _writers(world: World) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
    """Yield those who end by themselves when the load is over, each with a name."""
    for number in range(3):
        name = f"news agency {number}"
        yield name, partial(publish, world, name, NEWS, text_bytes=100, every=0.02)
    yield "archive", partial(publish, world, "archive", BULK, text_bytes=8000, every=0.03)
    for number in range(4):
        name = f"agent {number}"
        yield name, partial(ask, world, name, "websocket")
        yield f"careless {name}", partial(ask_and_hang_up, world, f"careless {name}")
    yield "agent behind a proxy", partial(ask, world, "agent behind a proxy", "rest")
