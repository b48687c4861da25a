"""What the broker's tests share: a broker, a journal with hooks, messages, a look inside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from ailoop.broker import Broker, BrokerLimits, Entry, Feed, Gap, JournalError, open_broker
from ailoop.broker.ports import Record
from ailoop.journal import MemoryJournal
from ailoop.model.codec import load_json, load_message
from ailoop.model.errors import Refusal
from ailoop.model.message import (
    Authorization,
    Message,
    Navigate,
    Notification,
    Question,
    Response,
    ResponseType,
)

APPROVE = Response(response_type=ResponseType.AUTHORIZATION_APPROVED)
DENY = Response(response_type=ResponseType.AUTHORIZATION_DENIED)
CANCEL = Response(response_type=ResponseType.CANCELLED)
NOBODY = UUID(int=0)


class Hooks:
    """Goes before a journal, which a test can then hold and break.

    :param only: the one channel that is held and broken; without it all are.
    """

    def __init__(self, *args: Any, only: str | None = None) -> None:
        super().__init__(*args)
        self.only = only
        self.batches: list[list[bytes]] = []
        self.broken = False
        self.failures = 0
        self._open = trio.Event()
        self._open.set()

    def hold(self) -> None:
        """Keep whoever appends waiting until :meth:`release`."""
        self._open = trio.Event()

    def release(self) -> None:
        """Let go of whoever waits to append."""
        self._open.set()

    async def append(self, channel: str, batch: Sequence[Record]) -> int:
        """Store a batch, as soon as the test allows it, if it does."""
        if self.only in (None, channel):
            await self._open.wait()
            if self.broken:
                self.failures += 1
                raise JournalError("the disk is full")
        self.batches.append([encoded for _, encoded, _ in batch])
        return await super().append(channel, batch)  # type: ignore[misc,no-any-return]


class HookedJournal(Hooks, MemoryJournal):
    """The memory journal, which a test can hold, break, or make durable.

    :param durable: whether it claims that open prompts outlive the process.
    """

    def __init__(self, *args: Any, durable: bool = False, only: str | None = None) -> None:
        super().__init__(*args, only=only)
        self.durable = durable


class Call:
    """A call under way in a nursery, and what became of it."""

    def __init__(
        self, nursery: trio.Nursery, function: Callable[..., Awaitable[Any]], *args: Any
    ) -> None:
        self.pending = True
        """Whether the call has neither returned nor been refused."""
        self.scope = trio.CancelScope()
        self._value: Any = None
        self._refusal: Refusal | None = None
        nursery.start_soon(self._run, function, args)

    async def _run(self, function: Callable[..., Awaitable[Any]], args: tuple[Any]) -> None:
        with self.scope:
            try:
                self._value = await function(*args)
            except Refusal as refusal:
                self._refusal = refusal
            self.pending = False

    def result(self) -> Any:
        """Return what the call returned, or raise its refusal."""
        assert not self.pending, "the call has not returned"
        if self._refusal is not None:
            raise self._refusal
        return self._value


class Reader:
    """A feed's reader, which remembers all it was given and how often it was called."""

    def __init__(self, broker: Broker, channel: str, **how: Any) -> None:
        self.calls = 0
        self.gaps: list[Gap] = []
        self.entries: list[Entry] = []
        self.feed = broker.subscribe(channel, self._on_ready, **how)

    def _on_ready(self, _: Feed) -> None:
        self.calls += 1

    def read(self, limit: int = 100) -> list[Entry]:
        """Take once."""
        gap, entries = self.feed.take(limit)
        if gap is not None:
            self.gaps.append(gap)
        self.entries += entries
        return entries

    def read_all(self, limit: int = 100) -> list[str]:
        """Take until nothing waits, and return the texts of all that was ever given."""
        while self.feed.waiting:
            self.read(limit)
        return self.texts

    @property
    def texts(self) -> list[str]:
        """The text of every entry given so far."""
        return [text_of(entry) for entry in self.entries]


@asynccontextmanager
async def running(journal: MemoryJournal | None = None, **limits: Any) -> AsyncIterator[Broker]:
    """Open a broker and look, before it stops, whether its books are in order."""
    async with open_broker(journal or MemoryJournal(), BrokerLimits(**limits)) as broker:
        yield broker
        await wait_all_tasks_blocked()
        check_books(broker)


def refused(code: str) -> Any:
    """Expect a refusal with this code."""
    return pytest.raises(Refusal, check=lambda refusal: refusal.code == code)


def question(channel: str = "a", **content: Any) -> Message:
    """Make a question."""
    return Message(channel=channel, content=Question(**{"text": "Which?", **content}))


def authorization(channel: str = "a", **content: Any) -> Message:
    """Make a request for permission."""
    return Message(channel=channel, content=Authorization(**{"action": "Launch", **content}))


def navigate(channel: str = "a", **content: Any) -> Message:
    """Make a request to open a page."""
    return Message(channel=channel, content=Navigate(**{"url": "https://a.test/", **content}))


def note(text: str = "note", channel: str = "a") -> Message:
    """Make a notification."""
    return Message(channel=channel, content=Notification(text=text))


def answer(text: str) -> Response:
    """Make a textual answer."""
    return Response(answer=text)


async def post(broker: Broker, *messages: Message) -> list[Entry]:
    """Publish messages that are to be taken, and return their entries."""
    entries = []
    for result in await broker.publish(messages):
        if isinstance(result, Refusal):
            raise result
        entries.append(result.entry)
    return entries


async def ask(broker: Broker, prompt: Message) -> Entry:
    """Post a prompt and return the response that settles it."""
    await post(broker, prompt)
    return await broker.wait(prompt.id)


async def verdict(call: Awaitable[Any]) -> str:
    """Say in one word what became of one message: ``created``, ``known``, or a code."""
    try:
        outcome = await call
    except Refusal as refusal:
        return refusal.code
    if isinstance(outcome, list):
        (outcome,) = outcome
    if isinstance(outcome, Refusal):
        return outcome.code
    return "created" if outcome.created else "known"


def decode(entry: Entry) -> Message:
    """Read what an entry says."""
    return load_message(load_json(entry.encoded))


def text_of(entry: Entry) -> str:
    """Return the words of an entry, whatever it is."""
    content = decode(entry).content
    if isinstance(content, Response):
        return content.answer or content.response_type.value
    return content.text if isinstance(content, Notification) else content.label


def said(entry: Entry) -> tuple[str, str | None]:
    """Return a response's type and the reason it gives."""
    message = decode(entry)
    assert isinstance(message.content, Response)
    return message.content.response_type.value, (message.metadata or {}).get("reason")


def check_books(broker: Broker) -> None:
    """Check that every shared count and index says exactly what the live channels hold."""
    tables = broker.tables
    prompts: set[UUID] = set()
    messages: set[UUID] = set()
    for name, channel in broker.channels.items():
        assert name == channel.name
        kept = {entry.id for entry in channel.history.latest(len(channel.history))}
        assert set(channel.state._settled) <= kept
        assert {p.entry.id for p in channel.state._due.values()} == set(channel.state.open)
        settled = {p.entry.id for p in channel.state._settled.values()}
        assert settled.isdisjoint(channel.state.open)
        prompts |= settled | set(channel.state.open)
        messages |= kept | settled | set(channel.state.open)
        assert channel._in_line == 0
        assert not channel.inbox_depth
    assert set(tables.prompts) == prompts
    assert set(tables.messages) == messages
    assert tables.open_prompts == sum(len(c.state.open) for c in broker.channels.values())
    assert tables.feeds == sum(len(c._feeds) for c in broker.channels.values())
    assert not len(broker._arrivals)
    assert broker._registry._running == (0 if broker.stopping else len(broker.channels))
