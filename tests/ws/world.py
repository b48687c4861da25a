"""A broker and sessions on it, without any socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from attrs import define
from trio.testing import wait_all_tasks_blocked

from ailoop.broker import Broker, BrokerLimits, open_broker
from ailoop.journal import MemoryJournal
from ailoop.model.codec import Codec
from ailoop.model.limits import MessageLimits
from ailoop.transport.gateway import Gateway, TransportLimits
from ailoop.transport.ws.plain import PlainSession
from ailoop.transport.ws.session import Session
from ailoop.transport.ws.v1 import V1Session

BOTH = pytest.mark.parametrize("make", [PlainSession, V1Session], ids=["plain", "v1"])
Make = Callable[[Gateway], Session]


@define
class World:
    """A broker and the sessions that share it."""

    gateway: Gateway
    broker: Broker

    async def say(self, session: Session, *values: Any) -> None:
        """Give a session frames to read, and let everything happen that follows."""
        for value in values:
            await session.receive(orjson.dumps(value))
        await wait_all_tasks_blocked()

    async def publish(self, *values: dict[str, Any]) -> list[str]:
        """Publish messages and return their ids."""
        messages = self.gateway.codec.structure_all(list(values))
        await self.broker.publish(messages)
        await wait_all_tasks_blocked()
        return [str(message.id) for message in messages]


@asynccontextmanager
async def world(
    limits: TransportLimits | None = None, **broker_limits: Any
) -> AsyncIterator[World]:
    async with open_broker(MemoryJournal(), BrokerLimits(**broker_limits)) as broker:
        gateway = Gateway(broker, Codec(MessageLimits()), limits or TransportLimits())
        yield World(gateway, broker)


def took(session: Session) -> list[Any]:
    """Take once and return the frames' values."""
    return [orjson.loads(frame) for frame in session.take()]


def text_of(frame: dict[str, Any]) -> str:
    return str(frame.get("message", frame)["content"]["text"])


def follow(session: Session, *channels: str) -> dict[str, Any]:
    if isinstance(session, PlainSession):
        return {"subscribe": list(channels)}
    return {"op": "subscribe", "channels": list(channels), "after": dict.fromkeys(channels, 0)}


def send(session: Session, value: dict[str, Any]) -> dict[str, Any]:
    return value if isinstance(session, PlainSession) else {"op": "send", "message": value}
