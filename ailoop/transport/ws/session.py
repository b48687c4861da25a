"""What the two WebSocket protocols have in common; it knows nothing of sockets.

A session takes text frames with :meth:`Session.receive` and has text frames to send,
which :meth:`Session.take` hands out whenever the socket is ready for more. Nobody who has
something for this connection ever waits for it: replies are queued, and a feed costs a
cursor until its turn comes. What a feed brings while nothing else waits skips the queue and
goes ``express``, straight to the socket.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

import orjson
import structlog
import trio

from ailoop.access.identity import Identity
from ailoop.broker import Accepted, Batch, Entry, Feed, Gap, Outcome, Prompt
from ailoop.model.errors import CLOSE_SLOW_CONSUMER, CLOSE_UNAUTHENTICATED, Refusal
from ailoop.model.message import PROMPT_TYPES, Message
from ailoop.transport.gateway import Gateway

__all__ = ["Session"]

log = structlog.get_logger()

_ENTRIES_AT_ONCE = 64
"""Entries taken from one feed before the next has its turn."""


class Session(ABC):
    """One connection's conversation. Subclasses say how frames look.

    :param gateway: the broker and the bounds.
    :param identity: who has opened the connection, if its handshake has told.
    :param address: where it comes from.
    """

    protocol: ClassVar[str]
    """What metrics call it."""

    def __init__(
        self, gateway: Gateway, identity: Identity | None = None, address: str = ""
    ) -> None:
        self.gateway = gateway
        self.broker = gateway.broker
        self.identity = identity
        self._address = address
        self.recognised = trio.Event()
        """Set when it is known who this is, if anybody has to say."""
        if identity is not None:
            self._enter(identity)
        elif gateway.authenticator is None:
            self.recognised.set()
        self.role = ""
        self.close_with: tuple[int, str] | None = None
        """Set when the connection is to be closed once everything due has been sent."""
        self._replies: list[bytes] = []
        self._reply_bytes = 0
        self._feeds: dict[str, Feed] = {}
        self._ready: dict[Feed, None] = {}
        self.express: Callable[[Batch, Callable[[Entry], bytes]], bool] = lambda *_: False
        """Sends a batch at once if the socket can, and says whether it did."""
        self.unsent: Callable[[], int] = lambda: 0
        """Returns how many bytes have been taken from here that the socket has not taken."""
        self._told: dict[Feed, set[int]] = {}
        """What has been told as a reply and is not to come again from a feed."""
        self._watched: dict[UUID, Prompt] = {}
        self._unfollow: Callable[[], None] | None = None
        self._output: trio.Event | None = None  # while somebody waits for it
        self._room: trio.Event | None = None
        self._detached = False
        self._sent_away = False

    @property
    def unread(self) -> int:
        """How many replies the client has not taken yet."""
        return len(self._replies)

    @property
    def unread_bytes(self) -> int:
        """How many bytes these are."""
        return self._reply_bytes

    @property
    def watching(self) -> int:
        """How many prompts the client waits for."""
        return len(self._watched)

    @property
    def showing(self) -> int:
        """How many prompts the client has shown; earlier ones do not tell."""
        return 0

    # -- how frames look --------------------------------------------------------------

    @abstractmethod
    async def handle(self, value: Any) -> None:
        """Act on one parsed frame; what it refuses reaches the client as an error frame."""

    @abstractmethod
    def credential_of(self, value: Any) -> str | None:
        """Return the credential that a first frame carries, if it does."""

    @abstractmethod
    def welcome(self, ref: Any) -> None:
        """Tell who the client is."""

    @abstractmethod
    def ref_of(self, value: Any) -> Any:
        """Return what the reply to a frame is to repeat, or refuse it."""

    @abstractmethod
    def error_frame(self, refusal: Refusal, **context: Any) -> dict[str, Any]:
        """Return the frame that tells of a refusal."""

    @staticmethod
    @abstractmethod
    def message_frame(entry: Entry) -> bytes:
        """Return the frame that carries an entry of a feed, the same for every reader."""

    @abstractmethod
    def gap_frame(self, gap: Gap) -> bytes | None:
        """Return the frame that tells of a gap, or ``None`` where clients know none."""

    @abstractmethod
    def settled(self, prompt: Prompt) -> None:
        """Tell the client that a prompt it waits for has settled."""

    @abstractmethod
    def submitted(self, messages: list[Message], outcomes: list[Outcome], ref: Any) -> None:
        """Tell the client what became of messages it sent."""

    # -- in ---------------------------------------------------------------------------

    async def receive(self, frame: str | bytes) -> None:
        """Take one frame from the client; waits while too many replies are unread.

        What the reading task still had in hand when the connection ended is dropped: acted
        on, it would leave a subscription that nobody ever closes.
        """
        if self._is_gone():
            return
        self.gateway.counts.frames_received += 1
        if self._is_full():
            self.gateway.counts.reads_paused += 1
        while self._is_full():
            self._room = trio.Event()
            await self._room.wait()
        if self._is_gone():
            return  # meanwhile
        ref = None
        try:
            value = self.gateway.codec.load_json(frame)
            ref = self.ref_of(value)
            if self.recognised.is_set():
                await self.handle(value)
            else:
                await self._sign_in(value, ref)
        except Refusal as refusal:
            self.refuse(refusal, ref=ref)
        except Exception:
            log.exception("frame_failed")
            self.refuse(Refusal("internal"), ref=ref)

    # -- who is there -------------------------------------------------------------------

    async def _sign_in(self, value: Any, ref: Any) -> None:
        """Take the first frame of who has not said yet who it is; there is no second try."""
        try:
            self._enter(await self._identify(value))
        except Refusal as refusal:
            self.refuse(refusal, ref=ref)
            self.send_away(refusal)
        else:
            self.welcome(ref)

    async def _identify(self, value: Any) -> Identity:
        authenticator, credential = self.gateway.authenticator, self.credential_of(value)
        if authenticator is None or credential is None:
            raise Refusal("unauthenticated")
        return await authenticator.identify(credential, self._address)

    def _enter(self, identity: Identity) -> None:
        self.identity = identity
        self.broker = self.broker.on_behalf_of(identity)
        self.recognised.set()

    def send_away(self, refusal: Refusal) -> None:
        """Close with 4001: it is not known who this is, or they may be here no longer."""
        self.close_with = self.close_with or (CLOSE_UNAUTHENTICATED, refusal.code)
        if self.recognised.is_set():
            # What has not been sent by now is not for them.
            self._replies.clear()
            self._reply_bytes = 0
        self._sent_away = True
        self.let_all_go()
        self.nudge()

    def _is_gone(self) -> bool:
        return self._detached or self._sent_away

    def _is_full(self) -> bool:
        limits = self.gateway.limits
        return len(self._replies) >= limits.replies or self._reply_bytes >= limits.reply_bytes

    async def publish(self, value: Any, ref: Any = None) -> None:
        """Send messages on; the broker's verdict comes back through :meth:`submitted`."""
        messages = self.gateway.codec.structure_all(value)
        self.check_allowed(messages)
        prompts = sum([isinstance(one.content, PROMPT_TYPES) for one in messages])
        if len(self._watched) + prompts > self.gateway.limits.watched:
            raise Refusal("too_many_prompts", limit=self.gateway.limits.watched)
        self.gateway.rates.post(self.identity, self._address, messages)
        await self.broker.submit(messages, partial(self._decided, messages, ref=ref))

    @abstractmethod
    def check_allowed(self, messages: list[Message]) -> None:
        """Refuse what this connection's role may not send."""

    def _decided(self, messages: list[Message], outcomes: list[Outcome], ref: Any) -> None:
        for outcome in outcomes:
            if isinstance(outcome, Refusal):
                self.gateway.counts.refuse(outcome.code)
        if self._is_gone():
            return
        self.submitted(messages, outcomes, ref)
        for message, outcome in zip(messages, outcomes, strict=True):
            if isinstance(message.content, PROMPT_TYPES) and isinstance(outcome, Accepted):
                self.watch(self.broker.prompt(message.id))

    # -- following --------------------------------------------------------------------

    def follow(
        self,
        channels: Iterable[str] | None,
        after: Callable[[str], int | None],
        replay: int | None = None,
    ) -> None:
        """Subscribe to channels, or to all there are and will be.

        :param channels: their names, or ``None`` for all.
        :param after: gives a channel's cursor, if the client has one.
        """
        if channels is not None:
            for name in channels:
                self._open_feed(name, after(name), replay)
            return
        if self._unfollow is None:
            # Those that are there replay; one that appears later is followed from its start.
            self._unfollow = self.broker.follow_channels(
                lambda name: self._follow_one(name, after(name), replay)
            )

    def _follow_one(self, name: str, after: int | None, replay: int | None) -> None:
        """Follow a channel among all; called from inside the broker, so it never raises."""
        try:
            self._open_feed(name, after, replay, pins=False)
        except Refusal as refusal:
            self.refuse(refusal, channel=name)

    def _open_feed(
        self, name: str, after: int | None, replay: int | None, *, pins: bool = True
    ) -> None:
        if self.follows(name):
            return
        feed = self.broker.subscribe(
            name, self._feed_ready, self._take_batch, after=after, replay=replay, pins=pins
        )
        if self.follows(name):
            # The channel is new, so that following all has just opened a feed for it too.
            self._drop_feed(name)
        # A feed whose channel has disappeared meanwhile is replaced, and still drained.
        self._feeds[name] = feed

    def unfollow(self, channels: Iterable[str] | None) -> None:
        """Stop following channels, or all."""
        if channels is not None and self._unfollow is not None:
            raise Refusal(
                "bad_request", "This connection follows all channels; unsubscribe from * first"
            )
        if channels is None:
            if self._unfollow is not None:
                self._unfollow()
                self._unfollow = None
            channels = list(self._feeds)
        for name in channels:
            self._drop_feed(name)

    def _drop_feed(self, name: str) -> None:
        feed = self._feeds.get(name)
        if feed is not None:
            feed.close()
            self._let_go(feed)

    def cursors(self) -> dict[str, int]:
        """Return where each feed stands."""
        return {name: feed.cursor for name, feed in self._feeds.items() if not feed.closed}

    def follows(self, channel: str) -> bool:
        """Whether a feed of this session brings the channel's entries."""
        feed = self._feeds.get(channel)
        return feed is not None and not feed.closed

    def reply_once(self, entry: Entry) -> None:
        """Send an entry now, and not again from a feed that has yet to come to it."""
        feed = self._feeds.get(entry.channel)
        if feed is not None and feed.cursor < entry.seq:
            self._told.setdefault(feed, set()).add(entry.seq)
        self.reply_encoded(entry.encoded)

    # -- waiting for prompts ----------------------------------------------------------

    def watch(self, prompt: Prompt) -> None:
        """Have :meth:`settled` called once the prompt is settled, which it may be already."""
        prompt_id = prompt.entry.id
        if prompt.response is not None:
            self.settled(prompt)
        elif prompt_id not in self._watched:
            self._watched[prompt_id] = prompt
            prompt.watch(self._settled)

    def unwatch(self, prompt_id: UUID) -> None:
        """Stop waiting for a prompt."""
        prompt = self._watched.pop(prompt_id, None)
        if prompt is not None:
            prompt.unwatch(self._settled)

    def _settled(self, prompt: Prompt) -> None:
        self._watched.pop(prompt.entry.id, None)
        self.settled(prompt)

    # -- out --------------------------------------------------------------------------

    def reply(self, frame: dict[str, Any]) -> None:
        """Queue a frame for the client."""
        self.reply_encoded(orjson.dumps(frame))

    def refuse(self, refusal: Refusal, **context: Any) -> None:
        """Queue a frame that tells of a refusal."""
        self.gateway.counts.refuse(refusal.code)
        self.reply(self.error_frame(refusal, **context))

    def reply_encoded(self, frame: bytes) -> None:
        """Queue a frame that is JSON already."""
        if not self._is_gone():
            self._replies.append(frame)
            self._reply_bytes += len(frame)
            self.nudge()

    def _feed_ready(self, feed: Feed) -> None:
        self._ready[feed] = None
        self.nudge()

    def _take_batch(self, batch: Batch) -> bool:
        """Send what a feed brings at once, unless something is to come before it.

        A response to a prompt that is watched may have to be told once only, so a session
        that watches any takes all in its turn.
        """
        if (
            self._replies
            or self._watched
            or self.close_with is not None
            or batch.size > self.gateway.limits.outbox_bytes
            or not self.express(batch, self.message_frame)
        ):
            return False
        self.gateway.counts.frames_sent += len(batch.entries)
        return True

    def nudge(self) -> None:
        """Have the socket's task look again: there is something to send, or left over."""
        if self._output is not None:
            self._output.set()

    def take(self) -> list[bytes]:
        """Return the frames to send next, replies before a share of each ready feed.

        They have about as many bytes as the outbox holds: the last may be beyond it.
        """
        frames = []
        budget = self.gateway.limits.outbox_bytes
        for reply in self._replies:
            if budget <= 0:
                break
            frames.append(reply)
            self._reply_bytes -= len(reply)
            budget -= len(reply)
        del self._replies[: len(frames)]
        if self._room is not None:
            self._room.set()
            self._room = None
        for feed in list(self._ready):
            if budget <= 0:
                break
            gap, entries = feed.take(_ENTRIES_AT_ONCE)
            del self._ready[feed]
            if gap is not None:
                told = self.gap_frame(gap)
                if told is None:
                    # Nothing may come after what was missed, so the feeds end here.
                    self.close_with = (CLOSE_SLOW_CONSUMER, "fell behind; messages were missed")
                    self.gateway.counts.drop_feeds("gap", len(self._feeds))
                    self.unfollow(None)
                    return frames
                frames.append(told)
            told_already = self._told.pop(feed, set())
            frames += [
                self.message_frame(one) for one in entries if one.seq not in told_already
            ]
            if ahead := {seq for seq in told_already if seq > feed.cursor}:
                self._told[feed] = ahead
            budget -= sum(len(one.encoded) for one in entries)
            if feed.waiting:
                self._ready[feed] = None  # behind the others
            elif feed.closed:
                self._let_go(feed)
        return frames

    def _let_go(self, feed: Feed) -> None:
        """Forget a feed that has ended."""
        self._ready.pop(feed, None)
        self._told.pop(feed, None)
        if self._feeds.get(feed.channel) is feed:
            del self._feeds[feed.channel]

    @property
    def has_output(self) -> bool:
        """Whether :meth:`take` has something."""
        return bool(self._replies or self._ready)

    async def wait_output(self) -> None:
        """Return when there may be something to send, or the connection is to be closed."""
        if not (self.has_output or self.close_with):
            self._output = trio.Event()
            await self._output.wait()
            self._output = None

    def go_away(self) -> None:
        """Close with 1001 once everything due has been sent."""
        self.close_with = self.close_with or (1001, "the server is stopping")
        self.nudge()

    def detach(self) -> None:
        """Leave no trace in the broker; prompts that were asked stay open."""
        self._detached = True
        self.let_all_go()
        self._replies.clear()

    def let_all_go(self) -> None:
        """Follow nothing and wait for nothing any more."""
        self.unfollow(None)
        for prompt_id in list(self._watched):
            self.unwatch(prompt_id)
        self._ready.clear()
