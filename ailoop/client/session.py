"""The client's side of ``ailoop.v1``: what to send, what a frame means, what is still open.

A session outlives its connections: what has not been acknowledged when one ends is sent
again on the next, feeds go on from their cursors and prompts are watched again. It knows no
socket, no clock and no event loop, so that every face of the client can share it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from ailoop.client.answer import read_answer
from ailoop.client.compatibility import check_version
from ailoop.client.errors import (
    AiloopError,
    Incompatible,
    MissedMessages,
    PromptLost,
    Refused,
    refusal_of,
)
from ailoop.client.events import (
    Arrived,
    Event,
    Failed,
    Greeted,
    Replied,
    Settled,
    Shown,
    Unsettled,
)
from ailoop.client.following import Following
from ailoop.client.patience import Patience
from ailoop.client.pulse import Pulse
from ailoop.client.requests import GREETING, Requests, frame_of
from ailoop.model.codec import load_delivery, load_json, load_message
from ailoop.model.errors import Refusal
from ailoop.model.message import Message, ResponseMessage
from ailoop.version import __version__

__all__ = ["SUBPROTOCOL", "ClientSession"]

SUBPROTOCOL = "ailoop.v1"

_TOO_LARGE = 1009
"""WebSocket close code: the server does not take a frame of that size."""

_EARLY = 1000
"""Responses kept for who has asked and does not wait yet; of more, the server has them too."""


class ClientSession:
    """One conversation, over as many connections as it takes.

    A face sends what :meth:`take` returns whenever something is wanted and at
    :attr:`deadline`, hands every frame to :meth:`receive`, and wakes whom the events name.

    :param role: what to declare, if anything.
    """

    def __init__(self, role: str | None = None, patience: Patience | None = None) -> None:
        patience = patience or Patience()
        self._role = role
        self.requests = Requests(
            patience.buffered_messages, outlasts_stop=patience.give_up_seconds != 0
        )
        self._followings: dict[int, Following] = {}
        self._watched: dict[UUID, bool] = {}
        """By prompt, whether the server is known to have had it."""
        # What follows belongs to the present connection.
        self._pulse = Pulse(patience.heartbeat_seconds)
        self._greeted = False
        self._frames: list[str] = []
        self._to_watch: dict[UUID, None] = {}
        self._early: dict[UUID, ResponseMessage] = {}
        """Responses that came right behind the word that their prompts had been taken."""

    # -- what is wanted ---------------------------------------------------------------

    def request(self, op: str, **members: Any) -> int:
        """Ask for something; return the ref that its reply or its error will have."""
        return self.requests.add(op, members)

    def watch(self, prompt_id: UUID, *, taken: bool) -> ResponseMessage | None:
        """Wait for a prompt's response.

        :param taken: whether the server is known to have taken the prompt: then its not
            being there means that it has been lost.
        :returns: the response, if it has come already; then there is nothing to wait for.
        """
        early = self._early.pop(prompt_id, None)
        if early is not None:
            return early
        self._watched[prompt_id] = taken or self._watched.get(prompt_id, False)
        self._to_watch[prompt_id] = None
        return None

    def unwatch(self, prompt_id: UUID) -> None:
        """Wait for a prompt no longer."""
        self._watched.pop(prompt_id, None)
        self._to_watch.pop(prompt_id, None)
        if self._greeted:
            # Also where it was not watched yet: the server watches for whoever asks.
            self._frames.append(frame_of("unwatch", ids=[str(prompt_id)]))

    def follow(
        self, channels: Sequence[str] | None, after: Mapping[str, int], replay: int | None
    ) -> int:
        """Subscribe to channels (``None``: all); return the subscription's ref.

        :raises AiloopError: one of them is followed already.
        """
        if any(one.overlaps(channels) for one in self._followings.values()):
            raise AiloopError("this client follows one of these channels already; open another")
        ref = next(self.requests.refs)
        self._followings[ref] = Following(channels, dict(after), replay)
        if self._greeted:
            self._subscribe(ref)
        return ref

    def _subscribe(self, ref: int) -> None:
        members = self._followings[ref].members()
        self._frames.append(frame_of("subscribe", ref=ref, **members))

    def unfollow(self, ref: int) -> None:
        """Follow no longer."""
        following = self._followings.pop(ref, None)
        if following is not None and self._greeted:
            self._frames.append(frame_of("unsubscribe", channels=following.names))

    # -- the connection ---------------------------------------------------------------

    def opened(self, now: float) -> None:
        """Begin on a new connection, with a greeting; the rest waits for its answer.

        :param now: on any clock that does not jump, in seconds; so everywhere here.
        """
        self._pulse.begin(now)
        # Another server may have another prompt of the same id.
        self._early.clear()
        # Without a role there is nothing to declare, but somebody has to be there.
        hello = {"role": self._role, "client": "ailoop", "version": __version__}
        greeting = ("ping", {}) if self._role is None else ("hello", hello)
        self._frames = [frame_of(greeting[0], ref=GREETING, **greeting[1])]

    def closed(self, code: int | None = None) -> list[Event]:
        """Forget the connection; what is open waits for the next.

        :param code: the WebSocket close code, if the server closed.
        """
        self._greeted = False
        self._frames = []
        self._to_watch = dict.fromkeys(self._watched)
        return [*self.requests.disconnected(too_large=code == _TOO_LARGE)]

    @property
    def deadline(self) -> float:
        """When to :meth:`take` again, even if nothing new is wanted by then."""
        pulse = self._pulse.deadline
        return min(self.requests.deadline, pulse) if self._greeted else pulse

    def is_dead(self, now: float) -> bool:
        """Whether the server has been silent for too long."""
        return self._pulse.is_dead(now)

    def take(self, now: float) -> list[str]:
        """Return the frames to send now."""
        if self._greeted:
            for prompt_id in map(str, self._to_watch):
                # A text as ref tells a refusal of this from those of requests.
                self._frames.append(frame_of("watch", ref=prompt_id, ids=[prompt_id]))
            self._to_watch.clear()
            self._frames += self.requests.take(now)
            if self._pulse.asks(now):
                self._frames.append(frame_of("ping"))
        frames, self._frames = self._frames, []
        return frames

    # -- what has come ----------------------------------------------------------------

    def receive(self, frame: str | bytes, now: float) -> list[Event]:
        """Say what a frame means to whoever waits.

        :raises Incompatible: the frame is none of this protocol, or of another version.
        :raises Refused: the server does not want this connection.
        """
        self._pulse.heard(now)
        try:
            value = load_json(frame)
            return self._read(value["op"], value)
        except (Refusal, LookupError, TypeError, ValueError) as error:
            raise Incompatible(
                f"the server sent a frame that is not understood: {error}"
            ) from None

    def _read(self, op: str, value: dict[str, Any]) -> list[Event]:
        ref: Any = value.get("ref")
        match op:
            case "message":
                return self._arrived(value["seq"], load_message(value["message"]))
            case "gap":
                missed = MissedMessages(value["channel"], value["after"], value["first"])
                return self._missed(missed)
            case "response":
                prompt_id = UUID(value["id"])
                response = read_answer(prompt_id, value["message"])
                return self._settled(prompt_id, response)
            case "delivery":
                return [Shown(load_delivery(UUID(value["id"]), value["delivery"]))]
            case "error":
                return self._refused(value)
            case _ if ref == GREETING:
                return self._greet(value)
            case _ if ref in self._followings:
                self._followings[ref].begin(value["channels"])
                return [Replied(ref, value)]
            case _ if ref in self.requests:
                return [*self.requests.granted(ref, value)]
        return []

    def _greet(self, frame: dict[str, Any]) -> list[Event]:
        check_version(frame.get("version", __version__))
        self._greeted = True
        for ref in self._followings:
            self._subscribe(ref)
        return [Greeted()]

    def _following(self, channel: str) -> int | None:
        for ref, one in self._followings.items():
            # What comes before it has begun is of another, which has just ended.
            if one.begun and one.wants(channel):
                return ref
        return None

    def _arrived(self, seq: int, message: Message) -> list[Event]:
        ref = self._following(message.channel)
        if ref is None or not self._followings[ref].advances(message.channel, seq):
            return []  # of a subscription that has ended, or known
        return [Arrived(ref, (seq, message))]

    def _missed(self, missed: MissedMessages) -> list[Event]:
        ref = self._following(missed.channel)
        if ref is None:
            return []
        # Maybe backwards: the channel's new life may count from less.
        self._followings[ref].cursors[missed.channel] = missed.first - 1
        return [Arrived(ref, missed)]

    def _settled(self, prompt_id: UUID, response: ResponseMessage) -> list[Event]:
        self._to_watch.pop(prompt_id, None)
        if self._watched.pop(prompt_id, None) is None:
            self._early[prompt_id] = response
            if len(self._early) > _EARLY:
                del self._early[next(iter(self._early))]
            return []
        return [Settled(prompt_id, response)]

    def _refused(self, value: dict[str, Any]) -> list[Event]:
        ref: Any = value.get("ref")
        error = refusal_of(value)
        if ref == GREETING:
            raise error
        if ref in self._followings:
            return self._unfollowed(ref, error)
        if ref in self.requests:
            return [*self.requests.refused(ref, error)]
        if ref is None and "channel" in value:
            feed = self._following(value["channel"])
            return [] if feed is None else [Arrived(feed, error)]
        prompt_id = value.get("id") or (ref if isinstance(ref, str) else None)
        return [] if prompt_id is None else self._unsettled(UUID(prompt_id), error)

    def _unfollowed(self, ref: int, error: Refused) -> list[Event]:
        outlasts = self._followings[ref].begun or self.requests.outlasts_stop
        if outlasts and error.code == "shutting_down":
            return []  # the connection is about to end, and the next takes it up
        del self._followings[ref]
        return [Failed(ref, error)]

    def _unsettled(self, prompt_id: UUID, error: Refused) -> list[Event]:
        if error.code == "shutting_down" or prompt_id not in self._watched:
            return []  # the prompt outlives the server; or nobody waits for it
        if self._watched.pop(prompt_id) and error.code == "message_not_found":
            error = PromptLost(error.details)
        return [Unsettled(prompt_id, error)]
