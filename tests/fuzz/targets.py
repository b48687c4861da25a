"""What inputs are given to, and what must be so whatever they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import orjson
from attrs import define, field
from trio.testing import wait_all_tasks_blocked

from ailoop.broker import BrokerLimits, open_broker
from ailoop.journal import MemoryJournal
from ailoop.model.codec import Codec, dump_message, encode
from ailoop.model.errors import Refusal
from ailoop.model.limits import MessageLimits
from ailoop.transport.decision import load_decision
from ailoop.transport.delivery import load_word
from ailoop.transport.gateway import Gateway, TransportLimits
from ailoop.transport.ws.session import Session
from tests.fuzz.maker import Maker

__all__ = ["Conversation", "conversation", "try_codec"]

CODEC = Codec(MessageLimits())


def try_codec(maker: Maker) -> str:
    """Give the codec an input; return the code of its refusal, or ``ok``."""
    data = maker.raw(maker.value() if maker.some(4) else maker.messages())
    try:
        value = CODEC.load_json(data)
        for read in (lambda: load_decision(value, CODEC.limits), lambda: load_word(value)):
            try:
                read()
            except Refusal as refusal:
                _check(refusal)
        messages = CODEC.structure_all(value)
    except Refusal as refusal:
        return _check(refusal)
    for message in messages:
        encoded = encode(message)
        assert len(encoded) <= CODEC.limits.message_bytes
        again = CODEC.structure(dump_message(message))
        assert encode(again) == encoded
        assert again == message
    return "ok"


def _check(refusal: Refusal) -> str:
    """Check that a refusal can be told to anybody, and return its code."""
    body = orjson.loads(orjson.dumps(refusal.body()))
    assert body["code"] != "internal"
    assert len(orjson.dumps(body)) < 16_000
    return str(body["code"])


@define
class Conversation:
    """Several sessions on one broker, and what must be so between their frames."""

    gateway: Gateway
    make: Callable[[Gateway], Session]
    sessions: list[Session] = field(factory=list)
    told: Counter[str] = field(factory=Counter)

    async def receive(self, place: int, frame: bytes) -> None:
        """Give a session a frame, and read what there is for everybody."""
        await self.sessions[place].receive(frame)
        for session in self.sessions:
            self.read(session)

    def read(self, session: Session) -> None:
        """Take what a session has to say; it must be JSON, and no fault of ours."""
        while session.has_output and session.close_with is None:
            for frame in session.take():
                value = orjson.loads(frame)
                self.told[str(value.get("code", value.get("op", "message")))] += 1
        assert session.unread == session.unread_bytes == 0 or session.close_with

    def replace(self, place: int) -> None:
        """End a session, and begin another in its place."""
        if place < len(self.sessions):
            self.sessions.pop(place).detach()
        self.sessions.insert(place, self.make(self.gateway))

    async def settle(self) -> list[str]:
        """Let everything happen, check that all tables agree, and return the open prompts."""
        await wait_all_tasks_blocked()
        for session in self.sessions:
            self.read(session)
        broker = self.gateway.broker
        tables, channels = broker.tables, list(broker.channels.values())
        assert tables.open_prompts == sum(len(one.state.open) for one in channels)
        feeds = sum(len(one.cursors()) for one in self.sessions)
        assert tables.feeds == feeds
        for session in self.sessions:
            for prompt_id, prompt in session._watched.items():
                assert prompt.response is None
                assert prompt.entry.id == prompt_id
        assert self.gateway.counts.refusals["internal"] == 0
        assert self.told["internal"] == 0
        return [str(one.entry.id) for one in broker.pending()]

    async def end(self) -> None:
        """End every session; nothing of them may be left in the broker."""
        open_ids = await self.settle()
        while self.sessions:
            self.sessions.pop().detach()
        await wait_all_tasks_blocked()
        assert self.gateway.broker.tables.feeds == 0
        for prompt_id in open_ids:
            assert self.gateway.broker.prompt(UUID(prompt_id))._watchers == []


@asynccontextmanager
async def conversation(
    make: Callable[[Gateway], Session], sessions: int = 3
) -> AsyncIterator[Conversation]:
    """Open a broker with small tables, so that they are full now and then."""
    limits = BrokerLimits(prompts=60, channel_prompts=30, channels=6, history_messages=40)
    async with open_broker(MemoryJournal(), limits) as broker:
        gateway = Gateway(broker, CODEC, TransportLimits(watched=40, shown=20))
        one = Conversation(gateway, make)
        for place in range(sessions):
            one.replace(place)
        yield one
        await one.end()


async def talk(one: Conversation, maker: Maker, frames: int, frame: Callable[[], Any]) -> None:
    """Give the sessions so many frames, and look at them all now and then."""
    for number in range(frames):
        place = maker.chance.randrange(len(one.sessions))
        if maker.some(200) or one.sessions[place].close_with is not None:
            one.replace(place)
        value = maker.value() if maker.some(8) else frame()
        await one.receive(place, maker.raw(value))
        if number % 25 == 24:
            maker.known = (await one.settle())[-20:]
