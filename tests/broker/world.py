"""A broker and its model side by side, and what they must agree on."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any
from uuid import UUID

import trio
from attrs import define, field
from trio.testing import wait_all_tasks_blocked

from ailoop.broker import Broker, Entry
from ailoop.model.message import Message, Response, ResponseType
from tests.broker.kit import Call, HookedJournal, decode, verdict
from tests.broker.state_model import (
    BEFORE_THE_JOURNAL,
    CREATED,
    KNOWN,
    WITHDRAWN,
    Decision,
    ModelChannel,
)


def key_of(entry: Entry) -> tuple[str, UUID]:
    """Name an entry as the model does."""
    message = decode(entry)
    if isinstance(message.content, Response):
        return ("response", message.correlation_id)
    return ("message", message.id)


@define
class Follower:
    """A feed, and the place among all that was told from which it should go on."""

    channel: str
    feed: Any
    place: int
    resumed: bool = False
    seq: int = 0

    def read(self, model: ModelChannel, limit: int) -> None:
        """Take, and check that what comes is what comes next, or that the gap is real."""
        gap, entries = self.feed.take(limit)
        if gap is not None:
            assert model.first > self.place or self.resumed, "a gap where nothing is missing"
            assert gap.first > self.seq
            self.place = model.first
        self.resumed = False
        wanted = model.told[self.place : self.place + len(entries)]
        assert [key_of(entry) for entry in entries] == wanted, "skipped, doubled or misplaced"
        for entry in entries:
            assert entry.channel == self.channel
            assert entry.seq > self.seq
            assert gap is None or entry.seq >= gap.first
            self.seq = entry.seq
        self.place += len(entries)


@define
class World:
    """A broker and its model, side by side."""

    broker: Broker
    journal: HookedJournal
    nursery: trio.Nursery
    models: dict[str, ModelChannel]
    max_open: int
    posted: list[Message] = field(factory=list)
    waiters: list[tuple[Message, Call]] = field(factory=list)
    followers: list[Follower] = field(factory=list)
    approved: set[UUID] = field(factory=set)
    """Prompts that a person has approved in time."""

    def pick(self, which: int, *, prompts: bool = True) -> Message | None:
        """Return some message of those posted so far."""
        some = [m for m in self.posted if not prompts or hasattr(m.content, "timeout_seconds")]
        return some[which % len(some)] if some else None

    @property
    def open(self) -> int:
        """How many prompts should be open."""
        return sum(len(model.open) for model in self.models.values())

    def advance(self, late: str | None = None) -> None:
        """Bring the models to the present."""
        for name, model in self.models.items():
            model.advance(trio.current_time(), late=name == late)

    async def post(self, message: Message) -> None:
        """Publish a message, new or again, and check what becomes of it."""
        model = self.models[message.channel]
        before = next((m for m in self.posted if m.id == message.id), None)
        prompt = hasattr(message.content, "timeout_seconds")
        if before is not None and model.knows(message.id):
            expected = KNOWN if message.content == before.content else "id_conflict"
        elif prompt and self.open >= self.max_open:
            expected = "too_many_prompts"
        else:
            expected = self._but(CREATED)
        assert await verdict(self.broker.publish([message])) == expected
        if expected == CREATED:
            if before is not None:
                self.posted.remove(before)
            self.posted.append(message)
            now = trio.current_time()
            if prompt:
                content = message.content
                model.ask(message.id, content.type, content.timeout_seconds, now)
                self.approved.discard(message.id)
                self.waiters.append((message, Call(self.nursery, self.broker.wait, message.id)))
            else:
                model.tell(("message", message.id), now)

    async def answer(self, prompt: Message, decisions: Sequence[Decision]) -> None:
        """Give answers at the same time; of several that fit any one may win."""
        model = self.models[prompt.channel]
        calls = [Call(self.nursery, verdict, self.say(prompt, d)) for d in decisions]
        await wait_all_tasks_blocked()
        now = trio.current_time()
        self.advance()
        results = [
            (call.result(), decision) for call, decision in zip(calls, decisions, strict=True)
        ]
        for result, decision in results:
            if result == CREATED:
                assert self._but(model.judge(prompt.id, decision, now)) == CREATED
                model.settle(model.prompts[prompt.id], decision, now)
                if decision[0] == "authorization_approved":
                    self.approved.add(prompt.id)
        for result, decision in results:
            if result != CREATED:
                assert result == self._but(model.judge(prompt.id, decision, now))

    def say(self, prompt: Message, decision: Decision) -> Awaitable[Any]:
        if decision == WITHDRAWN:
            return self.broker.withdraw(prompt.id)
        response = Response(response_type=ResponseType(decision[0]), answer=decision[1])
        return self.broker.respond(prompt.id, response, responder=decision[2])

    def _but(self, expected: str) -> str:
        broken = self.journal.broken and expected not in BEFORE_THE_JOURNAL
        return "journal_unavailable" if broken else expected
