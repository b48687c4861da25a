"""Generated lives over several starts, on both journals, beside the model of the broker's.

The steps and the model are those of :mod:`tests.broker.test_state_machine`; here a life may be
cut by a crash or a clean stop, after which time passes and a broker is started on what is
left. Of the memory journal that is nothing; of SQLite it is all that was acknowledged.

SQLite is used from Trio's own thread: a virtual clock jumps while another one is at work.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import trio
from attrs import evolve, field, frozen
from hypothesis import given, settings
from hypothesis import note as hypothesis_note
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from ailoop.broker import open_broker
from ailoop.journal import sqlite
from tests.broker.kit import Call, HookedJournal, Hooks, refused
from tests.broker.state_model import ModelChannel
from tests.broker.steps import Step
from tests.broker.test_state_machine import LIMITS, check, check_waiters, steps, stop
from tests.broker.world import World, key_of
from tests.journal.kit import VirtualWall

T = Any


class HookedSqlite(Hooks, sqlite.SqliteJournal):
    """The SQLite journal, which a test can hold and break, without a thread."""

    async def _in_thread(self, function: Callable[[], T]) -> T:
        await trio.lowlevel.checkpoint()
        return function()


@frozen
class Crash:
    """The process is killed; some time later it is started again."""

    seconds: float


@frozen
class Restart:
    """The process is stopped cleanly; some time later it is started again."""

    seconds: float


ends = st.sampled_from([1, 10, 30, 101])
lives = st.lists(
    st.tuples(st.lists(steps, max_size=10), st.builds(Crash, ends) | st.builds(Restart, ends)),
    min_size=1,
    max_size=6,
).map(lambda parts: [step for some, end in parts for step in (*some, end)])


@frozen
class Life:
    """What outlives a process: its file, and what people remember."""

    durable: bool
    folder: Path
    wall: VirtualWall
    models: dict[str, ModelChannel] = field(factory=dict)
    worlds: list[World] = field(factory=list)

    def forget(self) -> None:
        """Begin with nothing."""
        keep, age = LIMITS.history_messages, LIMITS.history_seconds
        self.models.update({name: ModelChannel(keep, age) for name in "ab"})

    @asynccontextmanager
    async def journal(self) -> AsyncIterator[Any]:
        """Open the journal, as it was left."""
        if self.durable:
            path = self.folder / str(len(self.worlds)) / "journal"
            async with sqlite.open_sqlite(
                path, synchronous="normal", wall=self.wall.time
            ) as it:
                yield it
        else:
            yield HookedJournal(self.wall.time)

    def crash(self) -> None:
        """Let the next start find the files as they are now, whatever is written yet."""
        here = self.folder / str(len(self.worlds) - 1)
        shutil.copytree(here, self.folder / str(len(self.worlds)))

    async def start(self, world: World) -> None:
        """See that what is there is what was acknowledged, and come back to it."""
        before = self.worlds[-1] if self.worlds else None
        self.worlds.append(world)
        await wait_all_tasks_blocked()
        if before is None:
            return
        if self.durable:
            world.posted, world.approved = before.posted, before.approved
            for name, model in self.models.items():
                model.advance(trio.current_time(), late=True)
                self._compare(world, name, model)
        for message, _ in before.waiters:
            again = Call(world.nursery, world.broker.wait, message.id)
            await wait_all_tasks_blocked()
            if self.models[message.channel].knows(message.id):
                world.waiters.append((message, again))
            else:
                with refused("message_not_found"):
                    again.result()
        for one in before.followers:
            cursor = one.feed.cursor
            feed = world.broker.subscribe(one.channel, lambda _: None, after=cursor)
            place = one.place if self.durable else 0
            world.followers.append(evolve(one, feed=feed, place=place, resumed=True))

    @staticmethod
    def _compare(world: World, name: str, model: ModelChannel) -> None:
        """What a start has is the end of what was told; nothing in it is new or missing.

        It may begin later: what was refused, and not yet noted as such, had its place in it;
        and at the start after that, as early again.
        """
        live = world.broker.channels.get(name)
        kept = [key_of(entry) for entry in live.history.latest(1000)] if live else []
        assert kept == model.told[len(model.told) - len(kept) :]
        missing = len(model.told) - len(kept) - model.first
        assert abs(missing) < LIMITS.history_messages
        model.first += missing


async def live(life: Life, todo: deque[Step | Crash | Restart]) -> None:
    """Live from one start to the next."""
    if not life.durable or not life.worlds:
        life.forget()
    async with (
        life.journal() as journal,
        open_broker(journal, LIMITS) as broker,
        trio.open_nursery() as nursery,
    ):
        world = World(broker, journal, nursery, life.models, LIMITS.prompts)
        await life.start(world)
        while True:
            world.advance()
            check(world)
            check_waiters(world)
            step = todo.popleft()
            if isinstance(step, Crash | Restart):
                break
            await step.run(world)
            await wait_all_tasks_blocked()
        if isinstance(step, Restart):
            await stop(world, durable=life.durable)
        elif life.durable:
            life.crash()
        nursery.cancel_scope.cancel()
    if isinstance(step, Restart) and life.durable:
        life.crash()
    if isinstance(step, Restart) and not life.durable:
        world.waiters.clear()  # they have been told that it stops
    await trio.sleep(step.seconds)


@pytest.mark.parametrize("durable", [False, True], ids=["memory", "sqlite"])
@settings(max_examples=2 * settings.default.max_examples)
@given(lives)
def test_lives_over_several_starts(durable, life):
    """Promises 1 to 5 and 9 hold over crashes and restarts, as far as the journal promises."""
    clock = MockClock(autojump_threshold=0)
    hypothesis_note(life)
    wall = VirtualWall(clock)

    async def run() -> None:
        with TemporaryDirectory() as name:
            lasting = Life(durable, Path(name), wall)
            (lasting.folder / "0").mkdir()
            todo = deque(life)
            while todo:
                await live(lasting, todo)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ailoop.broker.clock.time", wall)
        patch.setattr(sqlite, "SqliteJournal", HookedSqlite)
        trio.run(run, clock=clock)
