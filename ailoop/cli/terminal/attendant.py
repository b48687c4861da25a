"""Keeps the board as the server has it, and brings it what the person decides."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any
from uuid import UUID

import trio

from ailoop import AiloopClient, AiloopError, MissedMessages, Refused
from ailoop.cli.running import explain
from ailoop.cli.show import outcome, seal_lines
from ailoop.cli.terminal.bell import Bell
from ailoop.cli.terminal.board import Board
from ailoop.cli.terminal.entry import Entry
from ailoop.cli.terminal.link import Link
from ailoop.cli.terminal.news import News
from ailoop.cli.text import one_line
from ailoop.model.codec import load_message
from ailoop.model.message import PROMPT_TYPES, Message, Notification, Response

__all__ = ["Attendant"]

SURFACE = "terminal"
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.25, 5.0
_SEND_SECONDS = 15.0
"""A decision that has not arrived by then is the person's to make again, or not."""


class Attendant:
    """The tasks of an inbox that talk to the server.

    :param changed: called when the screen is to look different.
    :param heard: called with every message that comes.
    """

    def __init__(
        self,
        client: AiloopClient,
        board: Board,
        news: News,
        link: Link,
        bell: Bell,
        me: str,
        *,
        changed: Callable[[], None],
        heard: Callable[[Message], None],
    ) -> None:
        self._client = client
        self._board = board
        self._news = news
        self._link = link
        self._bell = bell
        self._me = me
        self._changed = changed
        self._heard = heard

    async def run(self) -> None:
        """Follow what comes, until cancelled or until the server cannot be followed."""
        # Following comes before listing, so that no prompt falls between the two.
        async with self._client.subscribe("*") as feed, trio.open_nursery() as nursery:
            nursery.start_soon(self._resume)
            nursery.start_soon(self._hear_deliveries)
            while True:
                try:
                    async for message in feed:
                        self._take(message)
                except MissedMessages as missed:
                    self._news.add(f"{missed}", "trouble")
                    await self._catch_up(quiet=False)

    async def _resume(self) -> None:
        """Look what waits, whenever there is a connection; a server may have forgotten all."""
        first = True
        while True:
            await self._link.reconnected()
            await self._catch_up(quiet=first)
            if not first:
                self._news.add("connected again")
            first = False
            self._changed()

    async def _catch_up(self, *, quiet: bool) -> None:
        """List what waits, and take back what waits no more.

        :param quiet: ring for none of it; who opens an inbox looks at it.
        """
        known, items = await self._list()
        for item in items:
            # A server of an earlier version does not tell; it says when the time is over.
            left = float(item.get("expires_in", inf))
            self._put(item["message"], trio.current_time() + left, quiet=quiet)
        self._board.unread = False
        self._board.retain((item["message"].id for item in items), known)
        self._changed()

    async def _list(self) -> tuple[set[UUID], list[dict[str, Any]]]:
        """Return what was known, and then what the server lists, however long that takes."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            known = self._board.known
            try:
                return known, await self._client.pending()
            except AiloopError as error:
                if not self._board.unread:
                    self._news.add(f"what waits is not to be had: {error}", "trouble")
                self._board.unread = True
                self._changed()
            await trio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _take(self, message: Message) -> None:
        content = message.content
        if isinstance(content, Response):
            entry = self._board.settle(message)
            if entry is not None and self._board.lists(message.channel):
                label = one_line(entry.content.label)
                self._news.add(
                    f"[{message.channel}] {label[:60]}: {outcome(message)}", "settled"
                )
        elif isinstance(content, Notification):
            if self._board.lists(message.channel):
                urgency = f" ({content.priority})" if content.priority != "normal" else ""
                sealed = "".join(f" {line}" for line in seal_lines(message))
                words = f"[{message.channel}] {content.text}{urgency}{sealed}"
                self._news.add(words, "notice")
                self._bell.call(content.priority)
        elif isinstance(content, PROMPT_TYPES):
            # What has just come has all its time; senders may give any timestamp.
            self._put(message, trio.current_time() + content.timeout_seconds, quiet=False)
        self._heard(message)
        self._changed()

    def _put(self, prompt: Message, deadline: float, *, quiet: bool) -> None:
        entry = self._board.put(prompt, deadline)
        if entry is not None and not quiet and self._board.lists(prompt.channel):
            self._bell.call(prompt.priority)

    async def _hear_deliveries(self) -> None:
        async with self._client.deliveries() as feed:
            async for delivery in feed:
                entry = self._board.find(delivery.prompt_id)
                if entry is not None:
                    entry.delivery = delivery
                    self._changed()

    async def send(self, entry: Entry, decision: dict[str, Any]) -> str:
        """Send what was decided; return why it was not recorded, or nothing."""
        problem = "there is no connection"
        if self._link.connected:
            problem = "the server does not answer"
            with trio.move_on_after(_SEND_SECONDS):
                try:
                    response = await self._client.respond(
                        entry.prompt, responder=self._me, surface=SURFACE, **decision
                    )
                    entry.draft = entry.changes = ""
                    self._board.settle(response)
                    problem = ""
                except AiloopError as error:
                    if isinstance(error, Refused):
                        self._settled_before(error)
                    problem = explain(error)
        entry.sending = False
        self._changed()
        return one_line(problem)

    def _settled_before(self, refused: Refused) -> None:
        recorded = refused.details.get("response")
        if isinstance(recorded, dict):
            self._board.settle(load_message(recorded))

    async def history(self, channel: str) -> list[Message]:
        """Return a channel's newest messages."""
        return await self._client.history(channel, limit=100)

    async def channels(self) -> list[dict[str, Any]]:
        """Return the live channels."""
        return await self._client.channels()
