"""One channel: an inbox, a log, and the state that follows from the log.

The task takes all that waits in the inbox, appends it to the journal as one batch and then
applies each entry. :meth:`Channel._apply` holds no checkpoint, so it is atomic without a
lock, and every decision (first answer wins, this id is known already) is taken there, in
the order of the log.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

import structlog
import trio
from attrs import define, frozen
from sortedcontainers import SortedDict

from ailoop.broker.clock import Clock
from ailoop.broker.feed import Feed
from ailoop.broker.history import History
from ailoop.broker.ports import Entry, Journal, JournalError
from ailoop.broker.prompt import Prompt, close_response
from ailoop.broker.tables import Tables
from ailoop.model.codec import encode, load_json, load_message
from ailoop.model.errors import Refusal
from ailoop.model.message import PROMPT_TYPES, Message, Response

__all__ = ["Accepted", "Channel", "Outcome", "Submission"]

log = structlog.get_logger()

_JOURNAL_RETRY_SECONDS = 1.0
"""How long prompts that are due wait after the journal has failed to take their end."""


@frozen
class Accepted:
    """A message has its place in the log.

    :param created: false when it was there before, and this was the same again.
    """

    entry: Entry
    created: bool


Outcome = Accepted | Refusal


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
    """

    def __init__(
        self,
        name: str,
        journal: Journal,
        tables: Tables,
        clock: Clock,
        on_idle: Callable[[Channel], None],
    ) -> None:
        self.name = name
        self.history = History(journal.open(name), tables.limits)
        self.open: dict[UUID, Prompt] = {}
        """Pending prompts, in the order they were asked."""
        self._journal = journal
        self._tables = tables
        self._limits = tables.limits
        self._clock = clock
        self._on_idle = on_idle
        self._inbox, self._receive = trio.open_memory_channel[Submission](self._limits.inbox)
        self._feeds: dict[Feed, bool] = {}
        self._due: SortedDict = SortedDict()  # (deadline, seq) -> Prompt
        self._admitted = 0
        self._settled: dict[UUID, Prompt] = {}  # by the id of the response
        self._retry_at = -math.inf
        self._in_line = 0
        """Submissions sent and not yet decided, with those that wait for room in the inbox.

        The inbox cannot tell: what it hands to the waiting task is in nobody's buffer.
        """
        self._retired = False

    # -- from outside -----------------------------------------------------------------

    @property
    def inbox_depth(self) -> int:
        """How many submissions wait."""
        return self._inbox.statistics().current_buffer_used

    async def submit(self, submission: Submission) -> None:
        """Put a submission in line; waits while the inbox is full.

        :raises Refusal: ``shutting_down``.
        """
        self._in_line += 1
        sent = False
        try:
            await self._inbox.send(submission)
            sent = True
        except (trio.ClosedResourceError, trio.BrokenResourceError):
            raise Refusal("shutting_down") from None
        finally:
            if not sent:
                self._in_line -= 1
                self.retire_if_idle()

    def subscribe(
        self, cursor: int, on_ready: Callable[[Feed], None], *, pins: bool = True
    ) -> Feed:
        """Open a feed from ``cursor`` on.

        :param pins: whether this feed keeps an otherwise empty channel alive.
        """
        try:
            self._tables.add_feed()
        except Refusal:
            # This channel may have been made for the feed that it now does not get.
            self.retire_if_idle()
            raise
        feed = Feed(self.name, self.history, cursor, self._limits, on_ready, self._detach)
        self._feeds[feed] = pins
        return feed

    def _detach(self, feed: Feed) -> None:
        if self._feeds.pop(feed, None) is None:
            return
        self._tables.feeds -= 1
        self._tables.overflows += feed.overflows
        self.retire_if_idle()

    def retire_if_idle(self) -> None:
        """End this channel if nothing needs it any more."""
        if (
            self._retired
            or self._in_line
            or self.open
            or len(self.history)
            or any(self._feeds.values())
        ):
            return
        self._retired = True
        self.close()
        for feed in self._feeds:
            feed.closed = True
            self._tables.overflows += feed.overflows
        self._tables.feeds -= len(self._feeds)
        self._feeds.clear()
        self._on_idle(self)

    def close(self) -> None:
        """Take nothing more; the task ends when the inbox is empty."""
        self._inbox.close()

    # -- the task ---------------------------------------------------------------------

    async def run(self) -> None:
        """Serve the inbox and the deadlines until the channel is closed."""
        with self._receive:
            while (batch := await self._next_batch()) is not None:
                await self._settle_due()
                await self._commit(batch)
                self._forget_old()
                self._in_line -= len(batch)
                self.retire_if_idle()

    async def cancel_open_prompts(self) -> None:
        """Settle every open prompt as cancelled, because the process ends."""
        await self._append([close_response(p, "shutdown") for p in self.open.values()])

    async def _next_batch(self) -> list[Submission] | None:
        """Wait for submissions or for the next deadline; ``None`` when closed."""
        batch: list[Submission] = []
        wake_at = self.history.expires_at
        if self._due:
            wake_at = min(wake_at, max(self._due.peekitem(0)[0][0], self._retry_at))
        with trio.CancelScope(deadline=self._clock.timer(wake_at)):
            try:
                batch.append(await self._receive.receive())
                while len(batch) < self._limits.batch:
                    batch.append(self._receive.receive_nowait())
            except trio.WouldBlock:
                pass
            except trio.EndOfChannel:
                # Closed; but what was taken before is still to be decided.
                return batch or None
        return batch

    async def _settle_due(self) -> None:
        now = self._clock.now()
        if now < self._retry_at:
            return
        # The order of the deadlines is the order of the timeouts in the log.
        due = [self._due[key] for key in self._due.irange(maximum=(now, math.inf))]
        if due and not await self._append([close_response(p, "timeout") for p in due]):
            self._retry_at = self._clock.now() + _JOURNAL_RETRY_SECONDS

    async def _commit(self, batch: list[Submission]) -> None:
        """Append all submissions as one batch, apply them, and tell who submitted them."""
        refused: list[list[Refusal | None]] = []
        admitted: list[Message] = []
        for submission in batch:
            verdicts = [self._admit(message) for message in submission.messages]
            refused.append(verdicts)
            admitted += [m for m, v in zip(submission.messages, verdicts, strict=True) if not v]
        applied = await self._append(admitted)
        if applied is None:
            applied = [Refusal("journal_unavailable") for _ in admitted]
        decided = iter(applied)
        for submission, verdicts in zip(batch, refused, strict=True):
            submission.tell([verdict or next(decided) for verdict in verdicts])

    def _admit(self, message: Message) -> Refusal | None:
        """Refuse what this process has no room for, before it takes a place in the log."""
        if (
            isinstance(message.content, PROMPT_TYPES)
            and message.id not in self._tables.messages
        ):
            try:
                self._tables.admit_prompt(len(self.open) + self._admitted)
            except Refusal as refusal:
                return refusal
            self._admitted += 1
        return None

    async def _append(self, messages: Sequence[Message]) -> list[Outcome] | None:
        """Write to the log, then let the log decide. ``None`` when it could not be written."""
        if not messages:
            return []
        at = self._clock.now()
        records = [(at, encode(message)) for message in messages]
        try:
            first = await self._journal.append(self.name, records)
        except JournalError as error:
            log.exception("journal_unavailable", channel=self.name, reason=str(error))
            self._release_admitted()
            return None
        fresh: list[Entry] = []
        settled: list[Prompt] = []
        outcomes: list[Outcome] = []
        for seq, message, (_, encoded) in zip(
            range(first, first + len(records)), messages, records, strict=True
        ):
            entry = Entry(seq, at, self.name, message.id, encoded)
            try:
                known = self._apply(entry, message, settled)
            except Refusal as refusal:
                outcomes.append(refusal)
                continue
            if known is None:
                fresh.append(entry)
            outcomes.append(Accepted(known or entry, created=known is None))
        self._release_admitted()
        self._tell(fresh, settled)
        return outcomes

    # -- the log decides --------------------------------------------------------------

    def _apply(self, entry: Entry, message: Message, settled: list[Prompt]) -> Entry | None:
        """Let one entry change the state, in the order of the log; holds no checkpoint.

        :returns: the entry that said the same before, or ``None`` if this one counts.
        :raises Refusal: the entry is void: it is kept nowhere and reaches nobody.
        """
        known = self._tables.messages.get(entry.id)
        if known is not None:
            if self._is_same(known, message):
                return known
            raise Refusal("id_conflict", id=str(entry.id))
        content = message.content
        if isinstance(content, Response):
            prompt = self._find_prompt(message)
            repeated = prompt.judge(message, entry.at)
            if repeated is not None:
                return repeated
            self._close(prompt, entry, message)
            settled.append(prompt)
        elif isinstance(content, PROMPT_TYPES):
            self._open(Prompt(entry, message, entry.at + content.timeout_seconds))
        self._tables.messages[entry.id] = entry
        self.history.append(entry)
        return None

    def _find_prompt(self, response: Message) -> Prompt:
        prompt = self._tables.prompts.get(response.correlation_id or response.id)
        if prompt is None or prompt.message.channel != self.name:
            raise Refusal("original_not_found", message_id=str(response.correlation_id))
        return prompt

    def _is_same(self, known: Entry, message: Message) -> bool:
        """Whether a message posted again says what it said the first time."""
        if known.channel != self.name:
            return False
        before = load_message(load_json(known.encoded))
        return (
            before.content == message.content
            and before.sender_type is message.sender_type
            and before.correlation_id == message.correlation_id
            and before.metadata == message.metadata
        )

    def _open(self, prompt: Prompt) -> None:
        self.open[prompt.entry.id] = prompt
        self._due[prompt.deadline, prompt.entry.seq] = prompt
        self._tables.prompts[prompt.entry.id] = prompt
        self._tables.open_prompts += 1

    def _close(self, prompt: Prompt, entry: Entry, response: Message) -> None:
        prompt.settle(entry, response)
        del self.open[prompt.entry.id]
        del self._due[prompt.deadline, prompt.entry.seq]
        self._settled[entry.id] = prompt
        self._tables.open_prompts -= 1

    def _release_admitted(self) -> None:
        # From here on the prompts that were opened count themselves.
        self._tables.open_prompts -= self._admitted
        self._admitted = 0

    # -- after the log has decided ----------------------------------------------------

    def _tell(self, fresh: Sequence[Entry], settled: Iterable[Prompt]) -> None:
        if fresh:
            for feed in list(self._feeds):
                feed.offer(fresh)
        for prompt in settled:
            prompt.notify()

    def _forget_old(self) -> None:
        """Let history go by its bounds. Open prompts stay, and settled ones stay as long
        as their response, so that an agent that was away learns its answer.
        """  # noqa: D205
        for entry in self.history.trim(self._clock.now()):
            if entry.id not in self._tables.prompts:
                del self._tables.messages[entry.id]
            prompt = self._settled.pop(entry.id, None)
            if prompt is not None:
                del self._tables.prompts[prompt.entry.id]
                del self._tables.messages[prompt.entry.id]

    def stop_watching(self) -> None:
        """Wake everybody who waits for a prompt that stays open after this process."""
        for prompt in self.open.values():
            prompt.notify()
