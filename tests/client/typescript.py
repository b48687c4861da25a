"""The TypeScript client as a face: called, and answering, as Python's own.

Each call goes over a bridge; :mod:`tests.client.words` translates.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import trio
from attrs import evolve

import ailoop
from ailoop import (
    Approval,
    ConnectionState,
    FormAnswer,
)
from ailoop.model.message import ResponseMessage
from tests.client.bridge import Bridge, Reply
from tests.client.places import Chromium, Node
from tests.client.theirs import (
    form_class_of,
    secrets_of,
)
from tests.client.words import camel, error_of, event_of, options_of, outgoing, value_of

__all__ = ["in_chromium", "in_node", "opened"]

_ENVIRONMENT = (
    *("AILOOP_SERVER", "AILOOP_BASE_URL", "AILOOP_TOKEN"),
    *("AILOOP_SEAL_FOR", "AILOOP_KEYS", "AILOOP_RECEIPT_KEY"),
)
"""What a client would read there, had it been started anew by the test."""


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
