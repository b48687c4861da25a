"""The one door to the broker: publish, wait, respond, withdraw, subscribe, and reading.

To ask is to publish a prompt and to wait for its response; the two are apart because the
wait may end, and begin again, while the prompt stays open.
"""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Callable,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from copy import copy
from functools import partial
from itertools import chain
from typing import Any
from uuid import UUID

import trio
from attrs import evolve

from ailoop.broker.arrivals import Arrivals
from ailoop.broker.audience import Audience
from ailoop.broker.batch import Batch
from ailoop.broker.channel import Channel, Submission
from ailoop.broker.feed import Feed
from ailoop.broker.guard import OPEN, Guard
from ailoop.broker.limits import BrokerLimits
from ailoop.broker.ports import Entry, Issuer, Journal
from ailoop.broker.prompt import Prompt, fit_response
from ailoop.broker.receipts import check_no_receipt
from ailoop.broker.registry import Registry
from ailoop.broker.state import Accepted, Outcome
from ailoop.model.delivery import Showing
from ailoop.model.envelope import SEALED, sealed_part
from ailoop.model.errors import Refusal
from ailoop.model.fitting import FITTED, decided
from ailoop.model.form import refuse_answer
from ailoop.model.message import (
    PROMPT_TYPES,
    Message,
    Response,
    ResponseType,
    SenderType,
)
from ailoop.model.names import check_channel

__all__ = ["Broker", "open_broker"]


class Broker:
    """All live channels. Opened with :func:`open_broker`.

    :param registry: the live channels.
    """

    _guard: Guard = OPEN

    def __init__(self, registry: Registry) -> None:
        self.limits = registry.limits
        self.tables = registry.tables
        self.clock = registry.clock
        self._registry = registry
        self._arrivals = Arrivals()

    def on_behalf_of(self, guard: Guard) -> Broker:
        """Return the same broker as somebody may use it."""
        if guard is self._guard:
            return self
        guarded = copy(self)
        guarded._guard = guard  # noqa: SLF001 -- it is one of us
        return guarded

    @property
    def channels(self) -> Mapping[str, Channel]:
        """The live channels by name."""
        live = self._registry.live
        if not self._guard.restricts:
            return live
        return {name: one for name, one in live.items() if self._guard.may_read(name)}

    def channel(self, name: str) -> Channel | None:
        """Return a channel if it is live.

        :raises Refusal: ``bad_channel``, or it may not be read, live or not.
        """
        self._guard.check_read(check_channel(name))
        return self._registry.live.get(name)

    @property
    def stopping(self) -> bool:
        """Whether nothing new is taken any more."""
        return self._registry.stopping

    @property
    def failing(self) -> str | None:
        """Why nothing can be stored at present, if that is so."""
        return self._registry.journal.failing

    # -- writing ----------------------------------------------------------------------

    async def submit(
        self, messages: Sequence[Message], done: Callable[[list[Outcome]], None]
    ) -> None:
        """Put messages into their channels' inboxes; waits only while an inbox is full.

        :param done: told, synchronously and in order, what became of each message when all
            have been decided. It must neither block nor raise.
        :raises Refusal: one message cannot be taken, so none was.
        """
        await self._enqueue([self._prepare(message) for message in messages], done)

    async def publish(self, messages: Sequence[Message]) -> list[Outcome]:
        """Submit messages and wait until each has its place in the log, or is refused."""
        return await self._decide([self._prepare(message) for message in messages])

    async def _decide(self, messages: Sequence[Message]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        decided = trio.Event()

        def done(result: list[Outcome]) -> None:
            outcomes.extend(result)
            decided.set()

        await self._enqueue(messages, done)
        await decided.wait()
        return outcomes

    async def _enqueue(
        self, messages: Sequence[Message], done: Callable[[list[Outcome]], None]
    ) -> None:
        if self.stopping:
            raise Refusal("shutting_down")
        names = {message.channel for message in messages}
        self._registry.check_room(names)
        prompts = [one.id for one in messages if isinstance(one.content, PROMPT_TYPES)]
        if not prompts:
            await self._put_in_line(names, messages, done)
            return
        arrived = self._arrivals.expect(prompts)

        def decided(outcomes: list[Outcome]) -> None:
            arrived()
            done(outcomes)

        try:
            await self._put_in_line(names, messages, decided)
        except BaseException:
            arrived()
            raise

    async def _put_in_line(
        self,
        names: set[str],
        messages: Sequence[Message],
        done: Callable[[list[Outcome]], None],
    ) -> None:
        if len(names) == 1:
            channel = self._registry.channel(messages[0].channel)
            await channel.submit(Submission(messages, done))
        elif names:
            await self._scatter(messages, done)
        else:
            done([])

    async def _scatter(
        self, messages: Sequence[Message], done: Callable[[list[Outcome]], None]
    ) -> None:
        """Submit messages of several channels, and gather what becomes of them in order."""
        names = list(dict.fromkeys(message.channel for message in messages))
        gathered: dict[str, Iterator[Outcome]] = {}

        def gather(name: str, outcomes: list[Outcome]) -> None:
            gathered[name] = iter(outcomes)
            if len(gathered) == len(names):
                done([next(gathered[message.channel]) for message in messages])

        for name in names:
            part = [message for message in messages if message.channel == name]
            await self._registry.channel(name).submit(Submission(part, partial(gather, name)))

    async def wait(self, prompt_id: UUID) -> Entry:
        """Wait for the response to a prompt; the caller bounds the wait with a cancel scope.

        :raises Refusal: ``message_not_found``; ``not_a_prompt``; ``too_many_waiters``;
            ``shutting_down`` when this process ends and the prompt outlives it.
        """
        prompt = self.prompt(prompt_id)
        if prompt.response is None and not (self.stopping and self._registry.journal.durable):
            woken = trio.Event()

            def wake(_: Prompt) -> None:
                woken.set()

            with self.tables.count_waiter():
                prompt.watch(wake)
                try:
                    await woken.wait()
                finally:
                    prompt.unwatch(wake)
        if prompt.response is None:
            raise Refusal("shutting_down")
        return prompt.response

    async def respond(
        self,
        prompt_id: UUID,
        response: Response,
        *,
        reason: str | None = None,
        responder: str | None = None,
        surface: str | None = None,
        sealed: dict[str, Any] | None = None,
    ) -> Accepted:
        """Settle a prompt for a person.

        :param responder: the person.
        :param surface: where they said so.
        :param sealed: what they said, for the agent alone, where the prompt was asked so.
        :returns: the recorded response; ``created`` is false when the same responder had
            said the same before.
        :raises Refusal: the response did not settle the prompt and reached nobody.
        """
        prompt = self._original(prompt_id)
        self._guard.check_respond(prompt)
        name = self._guard.speaker(responder)
        told = {"reason": reason, "responder": name, "surface": surface, SEALED: sealed}
        content, extra = self._fit(prompt.message, response, sealed)
        metadata = {key: value for key, value in told.items() if value is not None} | extra
        return await self._settle(prompt_id, SenderType.HUMAN, content, metadata)

    async def withdraw(self, prompt_id: UUID) -> Accepted:
        """Settle a prompt as cancelled, for the agent that asked it.

        One that is still on its way into the log is waited for: its agent may be as quick to
        take it back as to ask.
        """
        await self._arrivals.wait(prompt_id)
        self._guard.check_withdraw(self._original(prompt_id))
        cancelled = Response(response_type=ResponseType.CANCELLED)
        return await self._settle(
            prompt_id, SenderType.AGENT, cancelled, {"reason": "withdrawn"}
        )

    async def _settle(
        self,
        prompt_id: UUID,
        sender_type: SenderType,
        response: Response,
        metadata: dict[str, Any],
    ) -> Accepted:
        message = Message(
            channel=self._original(prompt_id).message.channel,
            sender_type=sender_type,
            content=response,
            correlation_id=prompt_id,
            metadata=metadata or None,
        )
        (outcome,) = await self._decide([message])
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome

    def _prepare(self, message: Message) -> Message:
        """Fit a response to its prompt; everything else passes as it is.

        Whoever sends a response speaks for a person: only the server itself closes a prompt
        as ``SYSTEM``, so nobody else may claim to. Nor may anybody bring a receipt.
        """
        check_no_receipt(message)
        issuer = self._registry.issuer
        if issuer is not None and isinstance(message.content, PROMPT_TYPES):
            issuer.check(message)
        if not isinstance(message.content, Response):
            return self._guard.admit(message)
        if message.correlation_id is None:
            raise Refusal(
                "invalid_message",
                "$.correlation_id: a response names the prompt it answers",
                path="$.correlation_id",
            )
        prompt = self._original(message.correlation_id)
        if prompt.message.channel != message.channel:
            raise Refusal("original_not_found", message_id=str(message.correlation_id))
        self._guard.check_respond(prompt)
        sealed = sealed_part(message.metadata)
        content, extra = self._fit(prompt.message, message.content, sealed)
        told = {k: v for k, v in (message.metadata or {}).items() if k not in FITTED}
        metadata = self._guard.sign({**told, **extra})
        return evolve(
            message,
            sender_type=SenderType.HUMAN,
            content=content,
            metadata=metadata or None,
        )

    def _fit(
        self, prompt: Message, response: Response, sealed: Any
    ) -> tuple[Response, dict[str, Any]]:
        """Fit a response to its prompt; an edited context has to be one that can be signed."""
        content, extra = fit_response(prompt, response, sealed)
        issuer = self._registry.issuer
        if issuer is not None and isinstance(prompt.content, PROMPT_TYPES):
            about = decided(prompt.content, content)
            if about is not prompt.content:
                try:
                    issuer.check(evolve(prompt, content=about))
                except Refusal as refusal:
                    raise refuse_answer(("", refusal.sentence)) from None
        return content, extra

    # -- reading ----------------------------------------------------------------------

    def message(self, message_id: UUID) -> Entry:
        """Return a retained message, or refuse with ``message_not_found``."""
        entry = self.tables.messages.get(message_id)
        if entry is None or not self._guard.may_read(entry.channel):
            raise Refusal("message_not_found", message_id=str(message_id))
        return entry

    def prompt(self, prompt_id: UUID) -> Prompt:
        """Return a retained prompt, settled or not.

        :raises Refusal: ``message_not_found`` or ``not_a_prompt``.
        """
        self.message(prompt_id)
        try:
            return self.tables.prompts[prompt_id]
        except KeyError:
            raise Refusal("not_a_prompt", message_id=str(prompt_id)) from None

    def _original(self, prompt_id: UUID) -> Prompt:
        try:
            return self.prompt(prompt_id)
        except Refusal as refusal:
            if refusal.code == "message_not_found":
                raise Refusal("original_not_found", message_id=str(prompt_id)) from None
            raise

    def pending(self, channel: str | None = None) -> Iterable[Prompt]:
        """Return open prompts, channel by channel in the order they were asked.

        :raises Refusal: ``bad_channel``, or the channel may not be read.
        """
        if channel is not None:
            one = self.channel(channel)
            return one.state.open.values() if one else ()
        channels = sorted(self.channels.items())
        return chain.from_iterable(one.state.open.values() for _, one in channels)

    # -- who is before a prompt ---------------------------------------------------------

    def audience(self, prompt: Prompt) -> Audience:
        """Return who has been shown a prompt, to be told of changes."""
        if prompt.audience is None:
            prompt.audience = Audience(self.limits.viewers)
        return prompt.audience

    def show(self, prompt: Prompt, viewer: Hashable, showing: Showing, name: str) -> None:
        """Note how an open prompt stands with a surface; of a settled one it is too late.

        :param viewer: whose word it is: a connection.
        :param name: of the person, or of the surface where it does not know.
        """
        self._guard.check_respond(prompt)
        if prompt.response is not None:
            return
        name = self._guard.speaker(name) or name
        now = self.clock.now()
        for news in self.audience(prompt).tell(viewer, showing, name, now):
            self._registry.journal.note_shown(prompt.entry, now, news, name)
            if news is Showing.DELIVERED:
                self.tables.counts.show(prompt, now)

    async def wait_shown(self, prompt: Prompt) -> None:
        """Wait until a surface has shown a prompt, or until nobody can show it any more.

        The caller bounds the wait with a cancel scope.

        :raises Refusal: ``too_many_waiters``.
        """
        audience = self.audience(prompt)
        if prompt.response is not None or audience.delivered_at is not None or self.stopping:
            return
        woken = trio.Event()
        with self.tables.count_waiter():
            audience.listen(woken.set)
            try:
                await woken.wait()
            finally:
                audience.unlisten(woken.set)

    # -- following --------------------------------------------------------------------

    def subscribe(
        self,
        channel: str,
        on_ready: Callable[[Feed], None],
        express: Callable[[Batch], bool] | None = None,
        *,
        after: int | None = None,
        replay: int | None = None,
        pins: bool = True,
    ) -> Feed:
        """Follow a channel.

        :param on_ready: called, synchronously, whenever the feed has something to take.
        :param express: offered, synchronously, each batch that the reader may have at once;
            it says whether the reader has taken it.
        :param after: the last number the subscriber has seen; 0 asks for all there is.
            Without it the feed begins with what comes next.
        :param replay: without ``after``, begin with up to so many of the newest messages.
        :param pins: whether the feed keeps the channel alive when nothing else does.
        :raises Refusal: ``bad_channel``, ``too_many_channels``, ``too_many_feeds`` or
            ``shutting_down``.
        """
        if self.stopping:
            raise Refusal("shutting_down")
        self._guard.check_read(check_channel(channel))
        self._registry.check_room([channel])
        live = self._registry.channel(channel)
        history = live.history
        cursor = history.head if after is None else after or history.start
        if replay and after is None:
            oldest = next(iter(history.latest(replay)), None)
            cursor = oldest.seq - 1 if oldest else history.head
        feed = live.subscribe(cursor, on_ready, express, pins=pins)
        if feed.waiting:
            feed.wake()
        return feed

    def follow_channels(self, on_channel: Callable[[str], None]) -> Callable[[], None]:
        """Have ``on_channel`` called with every live channel's name, now and as they appear.

        :returns: call it to stop following.
        """
        if not self._guard.restricts:
            return self._registry.follow(on_channel)

        def on_readable(name: str) -> None:
            if self._guard.may_read(name):
                on_channel(name)

        return self._registry.follow(on_readable)

    # -- stopping ---------------------------------------------------------------------

    async def drain(self) -> None:
        """Refuse everything new, decide what has been taken, tell everybody who waits.

        With a journal that does not outlive the process, open prompts settle as cancelled.
        """
        await self._registry.drain()


@asynccontextmanager
async def open_broker(
    journal: Journal,
    limits: BrokerLimits | None = None,
    *,
    issuer: Issuer | None = None,
    drain_seconds: float = 5.0,
) -> AsyncIterator[Broker]:
    """Open a broker; leaving the block stops it cleanly.

    :param issuer: makes receipts of what people decide, if there are to be any.
    :param drain_seconds: how long what has been taken may need to be decided at the end.
    """
    async with trio.open_nursery() as channels:
        registry = Registry(
            journal,
            limits or BrokerLimits(),
            # A channel is started when it is first used, which nothing waits for.
            lambda channel: channels.start_soon(  # noqa: ASYNC113
                registry.serve, channel, name=f"channel {channel.name}"
            ),
            issuer,
        )
        broker = Broker(registry)
        await registry.recover()
        try:
            yield broker
        finally:
            with trio.move_on_after(drain_seconds, shield=True):
                await broker.drain()
            channels.cancel_scope.cancel()
