"""Tells the server which prompts this terminal lists, which were seen, and who types."""

from __future__ import annotations

from uuid import UUID

import trio

from ailoop import AiloopClient, AiloopError
from ailoop.cli.terminal.answering import Answering
from ailoop.cli.terminal.attendant import SURFACE
from ailoop.cli.terminal.board import Board
from ailoop.cli.terminal.entry import Entry
from ailoop.cli.terminal.link import Link
from ailoop.model.delivery import Showing

__all__ = ["Presence"]

_LOOK_SECONDS = 0.3
"""How often it is looked whether there is something to tell."""
_TYPING_SECONDS = 5.0
"""Who has typed nothing for so long is no longer typing."""
_AT_ONCE = 500


class Presence:
    """What this surface shows.

    :param me: the person's name.
    """

    def __init__(
        self, client: AiloopClient, board: Board, answering: Answering, link: Link, me: str
    ) -> None:
        self._client = client
        self._board = board
        self._answering = answering
        self._link = link
        self._me = me
        self._told: dict[UUID, Showing] = {}
        self._connection = 0
        """The one that was told; what a connection was told ends with it."""

    async def run(self) -> None:
        """Tell it, until cancelled."""
        while True:
            if self._link.connected:
                await self._tell()
            await trio.sleep(_LOOK_SECONDS)

    async def _tell(self) -> None:
        now = trio.current_time()
        if self._connection != self._link.count:
            self._connection, self._told = self._link.count, {}
        # What the terminal has not taken yet nobody has been shown.
        states = {
            one.id: self._state(one, now)
            for one in self._board.listed
            if one.is_open and one.listed
        }
        news: dict[Showing, list[UUID]] = {}
        for prompt_id, state in states.items():
            if self._told.get(prompt_id) is not state:
                news.setdefault(state, []).append(prompt_id)
        self._told = {one: state for one, state in self._told.items() if one in states}
        for state, ids in news.items():
            for start in range(0, len(ids), _AT_ONCE):
                some = ids[start : start + _AT_ONCE]
                try:
                    await self._client.show(some, state, name=self._me, surface=SURFACE)
                except AiloopError:
                    return  # it is told again, if it still is so
                if self._connection == self._link.count:
                    self._told |= dict.fromkeys(some, state)

    def _state(self, entry: Entry, now: float) -> Showing:
        form = self._answering.form
        typed = now < self._answering.typed_at + _TYPING_SECONDS
        if form is not None and form.entry is entry and typed:
            return Showing.TYPING
        return Showing.SEEN if entry.seen else Showing.DELIVERED
