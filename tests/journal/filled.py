"""A journal file with all that a log can have in it, made by the broker itself."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest

from ailoop.broker import Broker, open_broker
from ailoop.journal.sqlite import open_sqlite
from ailoop.model.delivery import Showing
from ailoop.model.errors import Refusal
from ailoop.model.message import (
    Authorization,
    Message,
    Notification,
    Question,
    Response,
    ResponseType,
)

CHANNELS = ("deploys", "docs")
DENY = Response(response_type=ResponseType.AUTHORIZATION_DENIED)


@asynccontextmanager
async def at_work(path: Path) -> AsyncIterator[Broker]:
    """Run a broker on a journal file."""
    async with open_sqlite(path) as journal, open_broker(journal) as broker:
        yield broker


async def fill(path: Path) -> None:
    """Write nine entries to each channel: answers, refused ones, what was posted again."""
    async with at_work(path) as broker:
        for channel in CHANNELS:
            await fill_channel(broker, channel)


async def fill_channel(broker: Broker, channel: str) -> None:
    """Write all that a log can have in it to a channel."""
    question = Message(
        channel=channel,
        content=Question(text="Which?", choices=("a", "b")),
        metadata={"agent": "builder"},
    )
    permission = Message(channel=channel, content=Authorization(action="drop"))
    waiting = Message(channel=channel, content=Authorization(action="deploy"))
    await broker.publish([Message(channel=channel, content=Notification(text="début"))])
    await broker.publish([question, permission, question])
    broker.show(broker.prompt(question.id), 1, Showing.DELIVERED, "page")
    broker.show(broker.prompt(question.id), 1, Showing.SEEN, "ann")
    await broker.respond(question.id, Response(answer="a"), responder="ann", surface="page")
    again = await broker.respond(question.id, Response(answer="a"), responder="ann")
    assert not again.created
    with pytest.raises(Refusal, match="already been settled"):
        await broker.respond(question.id, Response(answer="b"), responder="bob")
    await broker.respond(permission.id, DENY, responder="bob", reason="not today")
    await broker.publish([waiting])


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file past the journal, as who tampers with it does."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def numbers(path: Path, channel: str = CHANNELS[0]) -> list[int]:
    """Return the numbers of a channel's entries, in order."""
    with opened(path) as connection:
        rows = connection.execute(
            "SELECT seq FROM entries JOIN channels ON channels.id = channel "
            "WHERE name = ? ORDER BY seq",
            (channel,),
        )
        return [seq for (seq,) in rows]
