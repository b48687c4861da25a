"""The conversation under the subprotocol ``ailoop.v1``: frames are objects with an ``op``.

A request may carry a ``ref``, which its reply repeats. Unknown members are ignored, an
unknown ``op`` gets an error frame and changes nothing, so that both sides can grow.
``docs/wire.rst`` shows every frame.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson

from ailoop.access.identity import Identity
from ailoop.broker import Accepted, Entry, Gap, Outcome, Prompt
from ailoop.model.errors import Refusal
from ailoop.model.message import Message, Response
from ailoop.model.names import check_channel
from ailoop.transport.decision import load_decision
from ailoop.transport.delivery import delivery_members, load_word
from ailoop.transport.gateway import Gateway
from ailoop.transport.ws.session import Session
from ailoop.transport.ws.shown import Shown
from ailoop.version import __version__

__all__ = ["SUBPROTOCOL", "V1Session"]

SUBPROTOCOL = "ailoop.v1"

_OPS = (
    "auth",
    "hello",
    "send",
    "subscribe",
    "unsubscribe",
    "respond",
    "withdraw",
    "watch",
    "unwatch",
    "show",
    "ping",
)
_REF_LENGTH = 128
_ROLES = {"agent": "agent", "human": "viewer", "observer": "viewer"}


class V1Session(Session):
    """One ``ailoop.v1`` connection."""

    protocol = SUBPROTOCOL

    def __init__(
        self, gateway: Gateway, identity: Identity | None = None, address: str = ""
    ) -> None:
        super().__init__(gateway, identity, address)
        self._declared = ""
        self._shown = Shown(lambda: self.broker, gateway.limits.shown, self.nudge)

    @property
    def showing(self) -> int:
        """How many prompts the client has shown, or hears of."""
        return len(self._shown)

    def ref_of(self, value: Any) -> int | str | None:
        """Return the request's number or short text."""
        ref = value.get("ref") if isinstance(value, dict) else None
        if ref is None or _is_count(ref) or (isinstance(ref, str) and len(ref) <= _REF_LENGTH):
            return ref
        raise Refusal(
            "bad_request",
            f"ref is a whole number, or a text of at most {_REF_LENGTH} characters",
            path="$.ref",
        )

    def credential_of(self, value: Any) -> str | None:
        """Return the credential of an ``auth`` frame."""
        if not isinstance(value, dict) or value.get("op") != "auth":
            return None
        credential = value.get("credential")
        return credential.strip() if isinstance(credential, str) else None

    def welcome(self, ref: Any) -> None:
        """Tell who the client is, and what that allows."""
        known = self.identity
        grants = [str(grant) for grant in known.grants] if known else []
        self._answer("auth", ref, name=known.name if known else None, grants=grants)

    async def handle(self, value: Any) -> None:
        """Act on one frame."""
        if not isinstance(value, dict):
            raise Refusal("bad_request", "A frame is an object with an op")
        op = value.get("op")
        if op not in _OPS:
            raise Refusal("unknown_op", ops=list(_OPS))
        await getattr(self, f"_{op}")(value, value.get("ref"))

    # -- requests ---------------------------------------------------------------------

    async def _auth(self, _: dict[str, Any], ref: Any) -> None:
        self.welcome(ref)  # it is known, or of no interest here

    async def _hello(self, frame: dict[str, Any], ref: Any) -> None:
        role = frame.get("role")
        if not isinstance(role, str) or role not in _ROLES:
            raise Refusal("bad_request", f"role is one of {', '.join(_ROLES)}", path="$.role")
        self._declared, self.role = role, _ROLES[role]
        limits = self.gateway.codec.limits
        self._answer(
            "hello",
            ref,
            server="ailoop",
            version=__version__,
            limits={
                "frame_bytes": self.gateway.limits.body_bytes,
                "message_bytes": limits.message_bytes,
                "batch_messages": limits.batch_messages,
                "timeout_seconds": limits.timeout_seconds,
            },
        )

    async def _send(self, frame: dict[str, Any], ref: Any) -> None:
        if "messages" not in frame and "message" not in frame:
            raise Refusal("bad_request", "send carries message or messages", path="$.messages")
        await self.publish(frame.get("messages", frame.get("message")), ref)

    async def _subscribe(self, frame: dict[str, Any], ref: Any) -> None:
        channels = _channels(frame)
        replay = frame.get("replay")
        if replay is not None and not _is_count(replay):
            raise Refusal("bad_request", "replay is a number of messages", path="$.replay")
        self.follow(channels, _cursors(channels, frame.get("after")), replay)
        self._answer("subscribed", ref, channels=self.cursors())

    async def _unsubscribe(self, frame: dict[str, Any], ref: Any) -> None:
        self.unfollow(_channels(frame))
        self._answer("unsubscribed", ref, channels=self.cursors())

    async def _respond(self, frame: dict[str, Any], ref: Any) -> None:
        self._check_may_respond()
        decision = load_decision(frame, self.gateway.codec.limits)
        self.gateway.rates.respond(self.identity, self._address)
        accepted = await self.broker.respond(
            _id(frame.get("id")),
            decision.response,
            reason=decision.reason,
            responder=decision.responder,
            surface=decision.surface,
            sealed=decision.sealed,
        )
        self._acknowledge_response(ref, accepted)

    async def _withdraw(self, frame: dict[str, Any], ref: Any) -> None:
        self._check_may_send()
        accepted = await self.broker.withdraw(_id(frame.get("id")))
        self._acknowledge_response(ref, accepted)

    async def _watch(self, frame: dict[str, Any], ref: Any) -> None:
        ids = _ids(frame)
        new = sum(prompt_id not in self._watched for prompt_id in ids)
        if len(self._watched) + new > self.gateway.limits.watched:
            raise Refusal("too_many_prompts", limit=self.gateway.limits.watched)
        for prompt_id in ids:
            try:
                prompt = self.broker.prompt(prompt_id)
                self.watch(prompt)
                if frame.get("delivery") is True:
                    self._shown.listen(prompt)
                    self._shown.put(prompt)
            except Refusal as refusal:
                self.refuse(refusal, ref=ref, id=str(prompt_id))

    async def _unwatch(self, frame: dict[str, Any], _: Any) -> None:
        for prompt_id in _ids(frame):
            self.unwatch(prompt_id)

    async def _show(self, frame: dict[str, Any], ref: Any) -> None:
        self._check_may_respond()
        word = load_word(frame)
        for prompt_id in _ids(frame):
            try:
                self._shown.show(self.broker.prompt(prompt_id), word.state, word.who)
            except Refusal as refusal:
                self.refuse(refusal, ref=ref, id=str(prompt_id))
        if ref is not None:
            self._answer("shown", ref)

    async def _ping(self, _: dict[str, Any], ref: Any) -> None:
        self._answer("pong", ref)

    def check_allowed(self, messages: list[Message]) -> None:
        """Refuse what the declared role may not send; nobody claims one to gain by it."""
        self._check_may_send()
        if any(isinstance(message.content, Response) for message in messages):
            self._check_may_respond()

    def _check_may_send(self) -> None:
        if self._declared == "observer":
            raise Refusal("not_allowed", "An observer only reads")

    def _check_may_respond(self) -> None:
        if self._declared in ("agent", "observer"):
            raise Refusal("not_allowed", f"A connection of role {self._declared} cannot answer")

    # -- who has been shown what ------------------------------------------------------

    def take(self) -> list[bytes]:
        """Return the frames to send next, after them how the prompts stand with others."""
        frames = super().take()
        return frames + [
            _delivery_frame(prompt_id, prompt)
            for prompt_id, prompt in self._shown.take().items()
        ]

    @property
    def has_output(self) -> bool:
        """Whether :meth:`take` has something."""
        return super().has_output or self._shown.has_news

    def let_all_go(self) -> None:
        """Hear of nothing any more; nobody types here."""
        super().let_all_go()
        self._shown.leave()

    # -- frames out -------------------------------------------------------------------

    def error_frame(self, refusal: Refusal, **context: Any) -> dict[str, Any]:
        """Return an ``error`` frame."""
        known = {key: value for key, value in context.items() if value is not None}
        return {"op": "error", **known, **refusal.body()}

    @staticmethod
    def message_frame(entry: Entry) -> bytes:
        """Return a ``message`` frame."""
        return b'{"op":"message","seq":%d,"message":%b}' % (entry.seq, entry.encoded)

    def gap_frame(self, gap: Gap) -> bytes | None:
        """Return a ``gap`` frame."""
        return orjson.dumps(
            {"op": "gap", "channel": gap.channel, "after": gap.after, "first": gap.first}
        )

    def settled(self, prompt: Prompt) -> None:
        """Send a ``response`` frame, or an error where the prompt outlives this process."""
        prompt_id = str(prompt.entry.id)
        if prompt.response is None:
            self.refuse(Refusal("shutting_down"), id=prompt_id)
            return
        self.reply_encoded(
            b'{"op":"response","id":"%b","seq":%d,"message":%b}'
            % (prompt_id.encode(), prompt.response.seq, prompt.response.encoded)
        )

    def submitted(self, messages: list[Message], outcomes: list[Outcome], ref: Any) -> None:
        """Send one ``ack`` with an item a message, or an ``error`` if it was just one."""
        if len(outcomes) == 1 and isinstance(outcomes[0], Refusal):
            self.reply(self.error_frame(outcomes[0], ref=ref, id=str(messages[0].id)))
            return
        self._acknowledge(
            ref, [_item(m.id, outcome) for m, outcome in zip(messages, outcomes, strict=True)]
        )

    def _acknowledge_response(self, ref: Any, accepted: Accepted) -> None:
        message = orjson.Fragment(accepted.entry.encoded)
        self._answer("ack", ref, items=[_item(accepted.entry.id, accepted)], message=message)

    def _acknowledge(self, ref: Any, items: list[dict[str, Any]]) -> None:
        self._answer("ack", ref, items=items)

    def _answer(self, op: str, ref: Any, **members: Any) -> None:
        self.reply({"op": op, **({} if ref is None else {"ref": ref}), **members})


def _delivery_frame(prompt_id: UUID, prompt: Prompt) -> bytes:
    return orjson.dumps(
        {"op": "delivery", "id": str(prompt_id), "delivery": delivery_members(prompt)}
    )


def _item(message_id: UUID, outcome: Outcome) -> dict[str, Any]:
    """Return what an ``ack`` says of one message; a replayed one names the recorded entry."""
    if isinstance(outcome, Refusal):
        return {"id": str(message_id), **outcome.body()}
    entry = outcome.entry
    return {"id": str(entry.id), "seq": entry.seq, "created": outcome.created}


def _channels(frame: dict[str, Any]) -> list[str] | None:
    wanted = frame.get("channels")
    if wanted in ("*", ["*"]):
        return None
    if not isinstance(wanted, list):
        raise Refusal("bad_request", 'channels is a list of names or "*"', path="$.channels")
    return [check_channel(name) for name in wanted]


def _cursors(channels: list[str] | None, after: Any) -> Callable[[str], int | None]:
    """Read ``after``: the cursor of the one channel asked for, or one by channel.

    ``*`` stands for every channel that is not named, which no channel can be called.
    """
    if after is None or (_is_count(after) and channels is not None and len(channels) == 1):
        return lambda _: after
    if isinstance(after, dict) and all(map(_is_count, after.values())):
        return lambda name: after.get(name, after.get("*"))
    raise Refusal(
        "bad_request",
        "after is an object of seq by channel, or a seq where there is one channel",
        path="$.after",
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _ids(frame: dict[str, Any]) -> list[UUID]:
    ids = frame.get("ids")
    if not isinstance(ids, list):
        raise Refusal("bad_request", "ids is a list of prompt ids", path="$.ids")
    return [_id(value, f"$.ids[{index}]") for index, value in enumerate(ids)]


def _id(value: Any, path: str = "$.id") -> UUID:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise Refusal("bad_request", f"{path}: must be a UUID", path=path) from None
