"""What may happen to a broker in a generated life."""

from __future__ import annotations

import trio
from attrs import evolve, frozen
from trio.testing import wait_all_tasks_blocked

from ailoop.model.message import Question
from tests.broker.kit import (
    Call,
    ask,
    authorization,
    note,
    question,
    verdict,
)
from tests.broker.state_model import CREATED, Decision
from tests.broker.world import Follower, World


@frozen
class Ask:
    """Somebody asks."""

    channel: str
    kind: str
    seconds: int

    async def run(self, world: World) -> None:
        make = question if self.kind == "question" else authorization
        await world.post(make(self.channel, timeout_seconds=self.seconds))


@frozen
class Say:
    """Somebody says things that do not wait, which pushes older things out."""

    channel: str
    count: int

    async def run(self, world: World) -> None:
        for _ in range(self.count):
            await world.post(note(channel=self.channel))


@frozen
class Again:
    """A message is posted again, as it was or changed."""

    which: int
    changed: bool

    async def run(self, world: World) -> None:
        message = world.pick(self.which, prompts=False)
        if message is not None and self.changed:
            message = evolve(message, content=Question(text=str(message.id.int + 1)))
        if message is not None:
            await world.post(message)


@frozen
class Answer:
    """People answer at once, now or around the deadline; some may be late, some repeat."""

    which: int
    decisions: list[Decision]
    around: float | None

    async def run(self, world: World) -> None:
        prompt = world.pick(self.which)
        if prompt is None:
            return
        asked = world.models[prompt.channel].prompts[prompt.id]
        if self.around is not None and asked.decision is None:
            await trio.sleep(max(0, asked.deadline + self.around - trio.current_time()))
        await world.answer(prompt, self.decisions)


@frozen
class AnswerHeldUp:
    """The journal hangs from before the deadline until after it; then people answer."""

    which: int
    decisions: list[Decision]

    async def run(self, world: World) -> None:
        prompt = world.pick(self.which)
        if prompt is None or world.models[prompt.channel].prompts[prompt.id].decision:
            return
        model = world.models[prompt.channel]
        world.journal.only = prompt.channel
        world.journal.hold()
        told = note(channel=prompt.channel)
        begun = trio.current_time()
        storing = Call(world.nursery, world.broker.publish, [told])
        await wait_all_tasks_blocked()
        deadline = model.prompts[prompt.id].deadline
        await trio.sleep(max(0, deadline + 0.5 - begun))
        calls = [Call(world.nursery, verdict, world.say(prompt, d)) for d in self.decisions]
        await wait_all_tasks_blocked()
        expected = {d: model.judge(prompt.id, d, trio.current_time()) for d in self.decisions}
        world.journal.release()
        world.journal.only = None
        await wait_all_tasks_blocked()
        assert len(storing.result()) == 1
        world.posted.append(told)
        model.tell(("message", told.id), begun)
        world.advance(late=prompt.channel)
        for call, decision in zip(calls, self.decisions, strict=True):
            assert call.result() == expected[decision] != CREATED


@frozen
class Fail:
    """Something else happens while the journal is broken."""

    step: Ask | Say | Again | Answer

    async def run(self, world: World) -> None:
        world.journal.broken = True
        await self.step.run(world)
        world.journal.broken = False


@frozen
class Wait:
    """Time passes."""

    seconds: float

    async def run(self, world: World) -> None:
        await trio.sleep(self.seconds)


@frozen
class Leave:
    """Somebody who waits for an answer goes away, and comes back or not."""

    which: int
    back: bool

    async def run(self, world: World) -> None:
        waiting = [item for item in world.waiters if item[1].pending]
        if waiting:
            item = waiting[self.which % len(waiting)]
            world.waiters.remove(item)
            item[1].scope.cancel()
            if self.back:
                again = Call(world.nursery, ask, world.broker, item[0])
                world.waiters.append((item[0], again))


@frozen
class Follow:
    """Somebody subscribes to what comes next, or to the newest few as well."""

    channel: str
    replay: int

    async def run(self, world: World) -> None:
        feed = world.broker.subscribe(self.channel, lambda _: None, replay=self.replay)
        model = world.models[self.channel]
        place = max(model.first, len(model.told) - self.replay)
        world.followers.append(Follower(self.channel, feed, place))


@frozen
class Read:
    """A reader takes a little; it may then go away, and come back with its cursor."""

    which: int
    limit: int
    then: str

    async def run(self, world: World) -> None:
        if not world.followers:
            return
        follower = world.followers[self.which % len(world.followers)]
        follower.read(world.models[follower.channel], self.limit)
        if self.then != "stay":
            follower.feed.close()
            world.followers.remove(follower)
        if self.then == "come back":
            after = follower.feed.cursor
            feed = world.broker.subscribe(follower.channel, lambda _: None, after=after)
            world.followers.append(evolve(follower, feed=feed, resumed=True))


Step = Ask | Say | Again | Answer | AnswerHeldUp | Fail | Wait | Leave | Follow | Read
