"""The TypeScript client as a face: called, and answering, as Python's own.

What goes over is put into JavaScript's words (``leave_open`` → ``leaveOpen``), what comes back
is put into Python's classes as it is: an error has exactly what the other side's had.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any
from uuid import UUID

import trio
from attrs import asdict, evolve

import ailoop
from ailoop import (
    Approval,
    Connected,
    ConnectionState,
    FormAnswer,
    Lost,
    Patience,
    Reconnecting,
    Ticket,
)
from ailoop.model.codec import dump_content, dump_message, load_delivery, load_message
from ailoop.model.message import CONTENT_TYPES, Message, ResponseMessage
from ailoop.trust.receipt import Receipt
from tests.client.bridge import Bridge, Reply
from tests.client.places import Chromium, Node
from tests.client.theirs import (
    Redeeming,
    form_answer_of,
    form_class_of,
    kept_number,
    opened_of,
    receipt_of,
    sealed_of,
    secrets_of,
)

__all__ = ["in_chromium", "in_node", "opened"]

_ENVIRONMENT = (
    *("AILOOP_SERVER", "AILOOP_BASE_URL", "AILOOP_TOKEN"),
    *("AILOOP_SEAL_FOR", "AILOOP_KEYS", "AILOOP_RECEIPT_KEY"),
)
"""What a client would read there, had it been started anew by the test."""


def camel(name: str) -> str:
    """Return a name of ours as JavaScript writes it."""
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def snake(name: str) -> str:
    """Return a name of JavaScript's as Python writes it."""
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)


def outgoing(value: Any) -> Any:
    """Return a value as JSON; what is not plain says what it is."""
    if (number := kept_number(value)) is not None:
        return {"$kept": number}
    match value:
        case Ticket():
            return {"$ticket": str(value)}
        case Message():
            return dump_message(value)
        case UUID():
            return str(value)
        case Patience():
            return {camel(name): one for name, one in asdict(value).items()}
        case _ if isinstance(value, tuple(CONTENT_TYPES.values())):
            return {"type": value.type} | dump_content(value)
        case list() | tuple():
            return [outgoing(one) for one in value]
        case _ if callable(value):
            return {"$call": True}
    return value


def options_of(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return keyword arguments as an object of options."""
    told = {name: value for name, value in arguments.items() if value is not None}
    return {camel(name): outgoing(value) for name, value in told.items()}


def message_of(value: Any) -> Message:
    """Return a message, of its more special class if it is a response."""
    message = load_message(value)
    assert dump_message(message) == value, "a message is not as the wire has it"
    return ResponseMessage.of(message) if message.content.type == "response" else message


def approval_of(told: Reply, bridge: Bridge) -> Approval:
    """Return a decision, which is redeemed over there; at once, as with a Python client."""

    def redeem(action: str, context: Any) -> Receipt:
        more = {"target": told["number"], "args": [action, context]}
        return value_of(bridge.get("redeem", **more), bridge)  # type: ignore[no-any-return]

    approval = Approval(
        result_of(told["response"], bridge),
        told.get("latencySeconds"),
        receipt=result_of(told.get("receipt"), bridge),
        doubt=told.get("doubt"),
        asked=told.get("context"),
        proof=Redeeming(redeem),
    )
    for name in ("approved", "edited", "context", "reason", "responder"):
        assert getattr(approval, name) == told.get(name), name
    return approval


_KINDS = {"CanonicalError": ValueError}
"""What is no error of the client's own."""


def error_of(told: Reply, bridge: Bridge) -> Exception:
    """Return an error of Python's class of the same name, with what the other one has."""
    kind = _KINDS.get(told["name"]) or getattr(ailoop, told["name"], None)
    if kind is None:
        return RuntimeError(f"{told['name']}: {told['message']}\n{told.get('stack', '')}")
    error: Exception = kind.__new__(kind)
    error.args = (told["message"],)
    for name, value in told.get("members", {}).items():
        plain = UUID(value) if name == "promptId" else result_of(value, bridge)
        setattr(error, snake(name), plain)
    return error


def result_of(value: Any, bridge: Bridge) -> Any:
    """Return what a verb has returned."""
    match value:
        case {"$": "ticket", "text": text}:
            return Ticket.load(text)
        case {"$": "decision"}:
            return approval_of(value, bridge)
        case {"$": "sealed"}:
            return sealed_of(message_of(value["value"]), value)
        case {"$": "opened"}:
            response = message_of(value["value"])
            assert isinstance(response, ResponseMessage)
            return opened_of(response, value)
        case {"keyId": _}:
            return receipt_of({snake(name): one for name, one in value.items()})
        case {"$": "form", "response": told}:
            return form_answer_of(result_of(told, bridge), value.get("filled"))
        case {"$": "delivery", "value": told}:
            return load_delivery(UUID(told["prompt_id"]), told)
        case {"$": "message", "value": message}:
            return message_of(message)
        case {"message": dict(), "message_id": _}:
            return value | {"message": result_of(value["message"], bridge)}
        case list():
            return [result_of(one, bridge) for one in value]
    return value


def value_of(reply: Reply, bridge: Bridge) -> Any:
    """Return what a reply holds, or raise it."""
    if "error" in reply:
        raise error_of(reply["error"], bridge)
    return result_of(reply.get("value"), bridge)


class TypeScriptClient:
    """An open client of the other side."""

    def __init__(self, bridge: Bridge, number: int) -> None:
        self._bridge = bridge
        self._number = number
        self._link = None  # no test can look into it

    @property
    def state(self) -> ConnectionState:
        """How it stands to its server."""
        return ConnectionState(self._get("state"))

    @property
    def dropped(self) -> int:
        """How many messages nobody waited for the server has not got."""
        return int(self._get("dropped"))

    @property
    def base_url(self) -> str:
        """The server's address."""
        return str(self._get("baseURL"))

    def _get(self, name: str) -> Any:
        return value_of(self._bridge.get("get", target=self._number, name=name), self._bridge)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return one of its verbs."""
        if name.startswith("_"):
            raise AttributeError(name)

        # Python's `authorize` tells of a denial as much as of an approval.
        verb = "decide" if name == "authorize" else camel(name)

        async def call(*args: Any, **options: Any) -> Any:
            form = form_class_of(options.get("schema"))
            if form is not None:
                options["schema"] = form.schema
            sent = [outgoing(one) for one in args]
            if name == "respond" and len(sent) == 1:
                sent.append(None)
            if options:
                sent.append(options_of(options))
            answer = await self.verb(verb, *sent)
            if form is None or not isinstance(answer, FormAnswer) or answer.value is None:
                return answer
            return evolve(answer, value=form.make(answer.value))

        return call

    async def verb(self, name: str, *args: Any) -> Any:
        """Call a verb in JavaScript's own words."""
        more = {"target": self._number, "verb": name, "args": args}
        return value_of(await self._bridge.call("call", **more), self._bridge)

    async def refused(self, body: Mapping[str, Any]) -> Exception:
        """Return the error that a body stands for over there."""
        return error_of((await self._bridge.call("refuse", body=body))["error"], self._bridge)

    def approval_of(
        self, response: ResponseMessage, channel: str, action: str, *, context: Any = None
    ) -> Approval:
        """Return the decision that a response is; it is as it is called here: at once."""
        args = [outgoing(response), channel, action, {"context": context}]
        more = {"target": self._number, "verb": "decisionOf", "args": args}
        return value_of(self._bridge.get("call", **more), self._bridge)  # type: ignore[no-any-return]

    def subscribe(self, channels: Any = "*", **options: Any) -> Any:
        """Follow channels, as the others do."""
        return self._feed("subscribe", [outgoing(channels), options_of(options)])

    def deliveries(self) -> Any:
        """Hear of deliveries, as the others do."""
        return self._feed("deliveries", [])

    @asynccontextmanager
    async def _feed(self, verb: str, args: list[Any]) -> AsyncIterator[TypeScriptFeed]:
        more = {"target": self._number, "verb": verb, "args": args}
        number = value_of(await self._bridge.call("feed", **more), self._bridge)
        try:
            yield TypeScriptFeed(self._bridge, number)
        finally:
            with trio.CancelScope(shield=True):
                value_of(await self._bridge.call("leave", target=number), self._bridge)


class TypeScriptFeed:
    """An open feed of the other side."""

    def __init__(self, bridge: Bridge, number: int) -> None:
        self._bridge = bridge
        self._number = number

    @property
    def cursors(self) -> dict[str, int]:
        """By channel, the seq read last."""
        reply = self._bridge.get("get", target=self._number, name="cursors")
        return value_of(reply, self._bridge)  # type: ignore[no-any-return]

    def __aiter__(self) -> TypeScriptFeed:
        return self

    async def __anext__(self) -> Any:
        return value_of(await self._bridge.call("next", target=self._number), self._bridge)


@asynccontextmanager
async def opened(
    place: Any, base_url: str | None = None, **options: Any
) -> AsyncIterator[TypeScriptClient]:
    """Open a client in a place."""
    on_event, token = options.pop("on_event", None), options.get("token")
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    secrets = secrets_of(options, files=isinstance(place, Node))
    async with place.enter(base_url or environment.get("AILOOP_SERVER", "")) as bridge:
        number = value_of(
            await bridge.call(
                "make",
                baseURL=base_url,
                environment=environment,
                options=options_of(options) | secrets,
            ),
            bridge,
        )

        def hear(word: Reply) -> None:
            match word:
                case {"warning": text}:
                    warnings.warn(text, ailoop.VersionWarning, stacklevel=1)
                case {"need": need}:
                    assert callable(token)
                    bridge.tell("give", need=need, value=token())
                case {"event": event} if on_event is not None:
                    on_event(event_of(event, bridge))

        bridge.listen(number, hear)
        try:
            value_of(await bridge.call("connect", target=number), bridge)
            yield TypeScriptClient(bridge, number)
        finally:
            with trio.CancelScope(shield=True):
                value_of(await bridge.call("close", target=number), bridge)
            bridge.forget(number)


def event_of(told: Reply, bridge: Bridge) -> Any:
    """Return what became of a connection."""
    match told:
        case {"type": "connected"}:
            return Connected()
        case {"type": "lost", "why": why}:
            return Lost(error_of(why, bridge))
        case {"type": "reconnecting", "seconds": seconds}:
            return Reconnecting(seconds)
    raise AssertionError(f"an unknown event: {told}")


@cache
def _node() -> Node:
    return Node()


@cache
def _chromium() -> Chromium:
    return Chromium()


def in_node(*args: Any, **options: Any) -> Any:
    """Open a client in the Node process."""
    return opened(_node(), *args, **options)


def in_chromium(*args: Any, **options: Any) -> Any:
    """Open a client in a page of Chromium."""
    return opened(_chromium(), *args, **options)
