"""One channel at work: an inbox, the task that serves it, and the feeds that follow.

The task takes all that waits in the inbox, appends it to the journal as one batch, lets
:class:`~ailoop.broker.state.ChannelState` decide on each entry, and tells everybody.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from itertools import islice

import structlog
import trio
from attrs import define

from ailoop.broker.batch import Batch
from ailoop.broker.clock import Clock
from ailoop.broker.feed import Feed
from ailoop.broker.history import History
from ailoop.broker.ports import Entry, Issuer, Journal, JournalError, Kept, Verdicts
from ailoop.broker.prompt import close_response
from ailoop.broker.receipts import with_receipts
from ailoop.broker.state import Accepted, ChannelState, Outcome
from ailoop.broker.tables import Tables
from ailoop.model.codec import encode
from ailoop.model.errors import Refusal
from ailoop.model.message import PROMPT_TYPES, Message

__all__ = ["Channel", "Submission"]

log = structlog.get_logger()

_GATHER_LEAST = 0.0007
_GATHER_MOST = 0.002
"""For how long, in seconds, what comes back to back is gathered before anybody is told."""
_IDLE_TURNS = 2
"""After so many turns without anything new it does not come back to back: Trio runs the
tasks of a turn in either order, so one turn may miss what the reader is about to hand over.
"""

_JOURNAL_RETRY_SECONDS = 1.0
"""How long prompts that are due wait after the journal has failed to take their end."""


@define(eq=False)
class Submission:
    """Messages on their way into the log, and who is told what became of them."""

    messages: Sequence[Message]
    done: Callable[[list[Outcome]], None]

    def tell(self, outcomes: list[Outcome]) -> None:
        """Say what became of each message."""
        try:
            self.done(outcomes)
        except Exception:
            # It belongs to one connection; its fault must not reach the others.
            log.exception("submitter_failed")


class Channel:
    """A live channel.

    :param on_idle: called when nothing is left that needs this channel.
    :param issuer: makes receipts of what people decide, if there are to be any.
    """

    def __init__(
        self,
        name: str,
        journal: Journal,
        tables: Tables,
        clock: Clock,
        on_idle: Callable[[Channel], None],
        issuer: Issuer | None = None,
    ) -> None:
        self.name = name
        self.state = ChannelState(name, journal.open(name), tables)
        self._journal = journal
        self._tables = tables
        self._limits = tables.limits
        self._clock = clock
        self._on_idle = on_idle
        self._issuer = issuer
        self._inbox, self._receive = trio.open_memory_channel[Submission](self._limits.inbox)
        self._feeds: dict[Feed, bool] = {}
        self._admitted = 0
        self._retry_at = -math.inf
        self._in_line = 0
        """Submissions sent and not yet decided, with those that wait for room in the inbox.

        The inbox cannot tell: what it hands to the waiting task is in nobody's buffer.
        """
        self._retired = False
        self._telling_seconds = 0.0
        self._decided_at = -math.inf

    # -- from outside -----------------------------------------------------------------

    @property
    def history(self) -> History:
        """The recent part of the log."""
        return self.state.history

    @property
    def inbox_depth(self) -> int:
        """How many submissions wait."""
        # Its statistics are slow to make, and of most channels nobody wants anything now.
        return self._inbox.statistics().current_buffer_used if self._in_line else 0

    def fullest_feed(self) -> tuple[int, int]:
        """Return the most entries, and the most bytes, that wait in one feed."""
        entries = size = 0
        for feed in self._feeds:
            if feed.queued:  # of many feeds hardly any
                entries = max(entries, feed.queued)
                size = max(size, feed.queued_bytes)
        return entries, size

    async def submit(self, submission: Submission) -> None:
        """Put a submission in line; waits while the inbox is full.

        :raises Refusal: ``shutting_down``.
        """
        self._in_line += 1
        sent = False
        try:
            try:
                await trio.lowlevel.checkpoint_if_cancelled()
                # A turn of the scheduler for each message is more than the rest costs.
                self._inbox.send_nowait(submission)
            except trio.WouldBlock:
                await self._inbox.send(submission)
            sent = True
        except (trio.ClosedResourceError, trio.BrokenResourceError):
            raise Refusal("shutting_down") from None
        finally:
            if not sent:
                self._in_line -= 1
                self.retire_if_idle()

    def subscribe(
        self,
        cursor: int,
        on_ready: Callable[[Feed], None],
        express: Callable[[Batch], bool] | None = None,
        *,
        pins: bool = True,
    ) -> Feed:
        """Open a feed from ``cursor`` on.

        :param on_ready: see :class:`~ailoop.broker.feed.Feed`, as for ``express``.
        :param pins: whether this feed keeps an otherwise empty channel alive.
        """
        try:
            self._tables.add_feed()
        except Refusal:
            # This channel may have been made for the feed that it now does not get.
            self.retire_if_idle()
            raise
        feed = Feed(
            self.name,
            self.history,
            cursor,
            self._limits,
            self._tables.counts,
            on_ready,
            self._detach,
            express,
        )
        self._feeds[feed] = pins
        return feed

    def _detach(self, feed: Feed) -> None:
        if self._feeds.pop(feed, None) is None:
            return
        self._tables.feeds -= 1
        self.retire_if_idle()

    def retire_if_idle(self) -> None:
        """End this channel if nothing needs it any more."""
        if (
            self._retired
            or self._in_line
            or self.state.open
            or len(self.history)
            or any(self._feeds.values())
        ):
            return
        self._retired = True
        self.close()
        feeds, self._feeds = self._feeds, {}
        self._tables.feeds -= len(feeds)
        for feed in feeds:
            feed.closed = True
            feed.wake()
        self._on_idle(self)

    def close(self) -> None:
        """Take nothing more; the task ends when the inbox is empty."""
        self._inbox.close()

    def restore(self, kept: Kept) -> None:
        """Go on from what the journal has kept, before :meth:`run`."""
        self.state = ChannelState(self.name, kept.start, self._tables)
        verdicts = self.state.restore(kept)
        if verdicts.void or verdicts.settled:
            self._journal.judge(self.name, verdicts)

    # -- the task ---------------------------------------------------------------------

    async def run(self) -> None:
        """Serve the inbox and the deadlines until the channel is closed."""
        with self._receive:
            # What a journal has brought back may have been due while nobody was there.
            await self._settle_due("expired while down")
            self.state.forget_old(self._clock.now())
            while (batch := await self._next_batch()) is not None:
                await self._settle_due()
                await self._commit(batch)
                self.state.forget_old(self._clock.now())
                self._in_line -= len(batch)
                self._decided_at = time.perf_counter()
                self.retire_if_idle()

    async def cancel_open_prompts(self) -> None:
        """Settle every open prompt as cancelled, because the process ends."""
        await self._append([close_response(p, "shutdown") for p in self.state.open.values()])

    async def _next_batch(self) -> list[Submission] | None:
        """Wait for submissions or for the next deadline; ``None`` when closed."""
        batch: list[Submission] = []
        settle_at = max(self.state.next_deadline, self._retry_at)
        wake_at = min(self.history.expires_at, settle_at)
        with trio.CancelScope(deadline=self._clock.timer(wake_at)):
            try:
                batch.append(await self._receive.receive())
                await self._gather(batch)
            except trio.EndOfChannel:
                # Closed; but what was taken before is still to be decided.
                return batch or None
        return batch

    async def _gather(self, batch: list[Submission]) -> None:
        """Add what is in line, and what comes while every turn of the others brings more.

        To tell a reader costs about the same for one entry as for fifty, so under load we
        gather for about as long as telling everybody has last taken. A message that comes
        alone is not held.
        """
        now = time.perf_counter()
        idle_turns = 0 if now < self._decided_at + _GATHER_LEAST else _IDLE_TURNS
        until = now + min(max(self._telling_seconds, _GATHER_LEAST), _GATHER_MOST)
        while True:
            try:
                while len(batch) < self._limits.batch:
                    batch.append(self._receive.receive_nowait())
                    idle_turns = 0
            except trio.WouldBlock:
                pass
            full = len(batch) >= self._limits.batch
            if full or idle_turns >= _IDLE_TURNS or time.perf_counter() >= until:
                return
            idle_turns += 1
            await trio.lowlevel.checkpoint()

    async def _settle_due(self, reason: str = "timeout") -> None:
        now = self._clock.now()
        if now < self._retry_at:
            return
        due = self.state.due(now)
        if due and not await self._append([close_response(p, reason) for p in due]):
            self._retry_at = self._clock.now() + _JOURNAL_RETRY_SECONDS

    async def _commit(self, batch: list[Submission]) -> None:
        """Append all submissions as one batch, apply them, and tell who submitted them."""
        self._tables.counts.full_batches += len(batch) >= self._limits.batch
        messages = [message for submission in batch for message in submission.messages]
        early = [self._admit(message) for message in messages]
        admitted = [m for m, outcome in zip(messages, early, strict=True) if not outcome]
        applied = await self._append(admitted)
        if applied is None:
            applied = [Refusal("journal_unavailable") for _ in admitted]
        decided = iter(applied)
        outcomes = iter([outcome or next(decided) for outcome in early])
        for submission in batch:
            submission.tell(list(islice(outcomes, len(submission.messages))))

    def _admit(self, message: Message) -> Outcome | None:
        """Decide at once on what takes no place in the log.

        That is what this process has no room for, and what is known already: were it stored,
        a start could not tell it from a new message with the id of a forgotten one.
        """
        try:
            known = self.state.recall(message)
            if known is None and isinstance(message.content, PROMPT_TYPES):
                self._tables.admit_prompt(len(self.state.open) + self._admitted)
                self._admitted += 1
        except Refusal as refusal:
            return refusal
        return known

    async def _append(self, messages: Sequence[Message]) -> list[Outcome] | None:
        """Write to the log, then let the log decide. ``None`` when it could not be written."""
        if not messages:
            return []
        at = self._clock.now()
        if self._issuer is not None:
            messages = with_receipts(messages, at, self._tables, self._issuer)
        records = [(at, encode(message), message) for message in messages]
        try:
            first = await self._journal.append(self.name, records)
        except JournalError as error:
            log.exception("journal_unavailable", channel=self.name, reason=str(error))
            self._release_admitted()
            return None
        self._tables.counts.batches += 1
        outcomes: list[Outcome] = []
        verdicts = Verdicts()
        for seq, (_, encoded, message) in enumerate(records, first):
            entry = Entry(seq, at, self.name, message.id, encoded)
            try:
                outcome = self.state.apply(entry, message)
            except Refusal as refusal:
                outcomes.append(refusal)
                verdicts.void.append(seq)
            else:
                outcomes.append(outcome)
                if not outcome.created:
                    verdicts.void.append(seq)
                elif outcome.settled is not None:
                    verdicts.settled.append(outcome.settled.entry.seq)
        if verdicts.void or verdicts.settled:
            self._journal.judge(self.name, verdicts)
        self._release_admitted()
        self._tables.counts.take(messages, outcomes)
        self._tell([one for one in outcomes if isinstance(one, Accepted) and one.created])
        return outcomes

    # -- after the log has decided ----------------------------------------------------

    def _release_admitted(self) -> None:
        # From here on the prompts that were opened count themselves.
        self._tables.open_prompts -= self._admitted
        self._admitted = 0

    def _tell(self, accepted: Sequence[Accepted]) -> None:
        """Let feeds have what is new, then those who wait for a prompt."""
        if accepted and self._feeds:
            began = time.perf_counter()
            batch = Batch([one.entry for one in accepted])
            for feed in list(self._feeds):
                feed.offer(batch)
            self._telling_seconds = time.perf_counter() - began
        for one in accepted:
            if one.settled is not None:
                one.settled.notify()

    def stop_watching(self) -> None:
        """Wake everybody who waits for a prompt that stays open after this process."""
        for prompt in self.state.open.values():
            prompt.notify()
