"""What a client has asked for and has no reply to yet; messages share frames.

A request lives here from its wish to its reply, over as many connections as that takes. It
has the same ids each time, by which the server knows it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from math import inf
from typing import Any

import orjson
from attrs import define

from ailoop.client.errors import Refused, refusal_of
from ailoop.client.events import Failed, Replied
from ailoop.model.codec import encode
from ailoop.model.message import Message

__all__ = ["GREETING", "Requests", "frame_of"]

GREETING = 0
"""The ref of a connection's first request; the others count from 1."""

_TOGETHER_SECONDS = 0.001
"""What comes so soon after a frame of messages waits for company."""

_BATCH_MESSAGES = 200
_BATCH_BYTES = 256 * 1024


@define
class _Request:
    op: str
    members: dict[str, Any]
    size: int
    awaited: bool = True
    alone: bool = False
    """Whether it shares no frame, because one that it was in has been refused."""


class Requests:
    """The open requests, in their order.

    :param room: how many messages that nobody waits for may be open.
    :param outlasts_stop: whether what a stopping server refuses waits for its successor.
    """

    def __init__(self, room: int, *, outlasts_stop: bool = True) -> None:
        self.refs = count(GREETING + 1)
        self.dropped = 0
        """Messages nobody waits for that the server has not got, and never will."""
        self.unawaited = 0
        """Messages nobody waits for that are on their way."""
        self._room = room
        self.outlasts_stop = outlasts_stop
        self._open: dict[int, _Request] = {}
        # What follows belongs to the present connection.
        self._unsent: dict[int, None] = {}
        self._batches: dict[int, list[int]] = {}
        self._together_until = -inf

    def __contains__(self, ref: object) -> bool:
        return ref in self._open or ref in self._batches

    def add(self, op: str, members: Mapping[str, Any]) -> int:
        """Ask for something; return the ref of its reply."""
        size = len(frame_of(op, **members))
        return self._add(_Request(op, dict(members), size))

    def post(self, message: Message, *, awaited: bool = True) -> int | None:
        """Send a message; return its ref, or ``None`` where there was no room for it."""
        encoded = encode(message)
        if not awaited:
            if self.unawaited >= self._room:
                self.dropped += 1
                return None
            self.unawaited += 1
        members = {"message": orjson.Fragment(encoded)}
        return self._add(_Request("send", members, len(encoded), awaited))

    def _add(self, request: _Request) -> int:
        ref = next(self.refs)
        self._open[ref] = request
        self._unsent[ref] = None
        return ref

    def forget(self, ref: int) -> None:
        """Let a request go, sent or not; nobody waits for its reply any more."""
        self._unsent.pop(ref, None)
        request = self._open.pop(ref, None)
        if request is not None and not request.awaited:
            self.unawaited -= 1

    def drop_unawaited(self) -> None:
        """Count as dropped what nobody waits for: there will be no other connection."""
        self.dropped += self.unawaited
        self.unawaited = 0

    # -- out --------------------------------------------------------------------------

    @property
    def deadline(self) -> float:
        """When :meth:`take` has something, if it has anything."""
        return self._together_until if self._unsent else inf

    def take(self, now: float) -> Iterator[str]:
        """Write what is unsent, in its order, messages that follow one another together."""
        if now < self._together_until:
            return
        batch: list[int] = []
        room = 0
        for ref in self._unsent:
            request = self._open[ref]
            if batch and (request.op != "send" or request.alone or request.size > room):
                yield self._write(batch, now)
                batch = []
            if request.op != "send":
                yield frame_of(request.op, ref=ref, **request.members)
                continue
            if not batch:
                room = _BATCH_BYTES
            batch.append(ref)
            full = request.alone or len(batch) == _BATCH_MESSAGES
            room = -1 if full else room - request.size
        if batch:
            yield self._write(batch, now)
        self._unsent.clear()

    def _write(self, batch: list[int], now: float) -> str:
        self._together_until = now + _TOGETHER_SECONDS
        ref = next(self.refs)
        self._batches[ref] = batch
        messages = [self._open[one].members["message"] for one in batch]
        if len(messages) == 1:
            return frame_of("send", ref=ref, message=messages[0])
        return frame_of("send", ref=ref, messages=messages)

    def disconnected(self, *, too_large: bool) -> list[Failed]:
        """Send on the next connection what has no reply.

        :param too_large: the connection ended because of the size of a frame.
        """
        sent = [ref for ref in self._open if ref not in self._unsent]
        batches, self._batches = self._batches, {}
        self._unsent = dict.fromkeys(self._open)
        self._together_until = -inf
        if not too_large or not sent:
            return []
        if shared := [ref for refs in batches.values() if len(refs) > 1 for ref in refs]:
            self._separate(shared)
            return []
        # Sent again it would end the next connection too.
        largest = max(sent, key=lambda ref: self._open[ref].size)
        sentence = "The message is larger than this server accepts"
        return self._fail(largest, refusal_of({"error": sentence, "code": "too_large"}))

    def _separate(self, refs: list[int]) -> None:
        """Send each of them by itself, to find out which one is at fault."""
        for ref in refs:
            if ref in self._open:
                self._open[ref].alone = True
                self._unsent[ref] = None

    # -- in ---------------------------------------------------------------------------

    def granted(self, ref: int, frame: dict[str, Any]) -> list[Replied | Failed]:
        """Note a reply."""
        if ref not in self._batches:
            return self._reply(ref, frame)
        events: list[Replied | Failed] = []
        for one, item in zip(self._batches.pop(ref), frame["items"], strict=True):
            if "code" in item:
                events += self.refused(one, refusal_of(item))
            else:
                events += self._reply(one, item)
        return events

    def refused(self, ref: int, error: Refused) -> list[Replied | Failed]:
        """Note a refusal; of several messages, each has another chance alone."""
        if self.outlasts_stop and error.code == "shutting_down":
            return []  # nothing took effect; it goes again on the next connection
        refs = self._batches.pop(ref, [ref])
        if len(refs) > 1:
            self._separate(refs)
            return []
        return [*self._fail(refs[0], error)]

    def _reply(self, ref: int, frame: dict[str, Any]) -> list[Replied | Failed]:
        request = self._open.get(ref)
        self.forget(ref)
        return [] if request is None or not request.awaited else [Replied(ref, frame)]

    def _fail(self, ref: int, error: Refused) -> list[Failed]:
        request = self._open.get(ref)
        self.forget(ref)
        if request is not None and not request.awaited:
            self.dropped += 1
        return [] if request is None or not request.awaited else [Failed(ref, error)]


def frame_of(op: str, **members: Any) -> str:
    """Write a frame; members that are ``None`` are left out."""
    present = {key: value for key, value in members.items() if value is not None}
    return orjson.dumps({"op": op, **present}).decode()
