"""The inbox on a whole terminal: a client, a screen, and the tasks between the two."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import trio

from ailoop import AiloopClient, AiloopError, Tls
from ailoop.cli.terminal.attendant import Attendant
from ailoop.cli.terminal.board import Board
from ailoop.cli.terminal.entry import Entry
from ailoop.cli.terminal.inbox_view import InboxView
from ailoop.cli.terminal.link import Link
from ailoop.cli.terminal.news import News
from ailoop.cli.terminal.pages import ChannelsPage, HistoryPage
from ailoop.cli.terminal.presence import Presence
from ailoop.cli.terminal.stage import Stage
from ailoop.client.face import DEFAULT_URL, server_url
from ailoop.model.message import Message

__all__ = ["show_inbox"]

_OPEN = "import sys, webbrowser; sys.exit(not webbrowser.open_new_tab(sys.argv[1]))"


async def show_inbox(
    server: str | None,
    channel: str | None,
    me: str,
    *,
    mouse: bool,
    tls: Tls | None = None,
    token: str | None = None,
    keys: Sequence[str] | None = None,
) -> None:
    """Let the person at this terminal answer, until they quit or the terminal hangs up.

    A lost connection is made again; only the first must be there.

    :param server: its address; else what the environment names.
    :param channel: what is listed at first; ``None``: all.
    :param me: the person's name.
    :param tls: whom to trust; else what the environment says.
    :param token: who this is; else what the environment says.
    :param keys: files of the keys that open what is encrypted for the person; else those
        that the environment names.
    :raises AiloopError: the server cannot be reached, or speaks another language.
    """
    link = Link(server or server_url() or DEFAULT_URL)
    async with AiloopClient(
        server, role="human", token=token, tls=tls, on_event=link.tell, keys=keys
    ) as client:
        desk = _Desk(client, Board(channel), link, me, mouse=mouse)
        await desk.run()


class _Desk:
    """Does for the screen what takes time."""

    def __init__(
        self, client: AiloopClient, board: Board, link: Link, me: str, *, mouse: bool
    ) -> None:
        news = News()
        view = self._view = InboxView(board, news, link, me)
        view.commands = self
        self._news = news
        self._stage = Stage(view, sys.stdout, mouse=mouse)
        self._attendant = Attendant(
            client,
            board,
            news,
            link,
            view.bell,
            me,
            changed=self._stage.changed,
            heard=self._heard,
        )
        self._presence = Presence(client, board, view.answering, link, me)
        self._nursery: trio.Nursery
        self._on_their_way = 0
        """Decisions that are being sent."""
        self._leaving = False

    async def run(self) -> None:
        """Show the inbox."""
        async with trio.open_nursery() as self._nursery:
            self._nursery.start_soon(self._attendant.run)
            self._nursery.start_soon(self._presence.run)
            await self._stage.run()
            self._nursery.cancel_scope.cancel()

    def quit(self) -> None:
        """End the inbox, once what was decided has arrived; the second time at once."""
        if self._leaving or not self._on_their_way:
            self._nursery.cancel_scope.cancel()
        self._leaving = True

    def toggle_mouse(self) -> None:
        """Take the mouse, or leave it to the terminal."""
        taken = self._stage.toggle_mouse()
        self._news.add(f"the mouse is {'used here' if taken else 'left to the terminal'}")

    def send(self, entry: Entry, decision: dict[str, Any]) -> None:
        """Send a decision to the server."""
        self._on_their_way += 1
        self._nursery.start_soon(self._send, entry, decision)

    async def _send(self, entry: Entry, decision: dict[str, Any]) -> None:
        problem = await self._attendant.send(entry, decision)
        self._on_their_way -= 1
        if self._leaving and not problem and not self._on_their_way:
            self._nursery.cancel_scope.cancel()
        if problem:
            self._leaving = False
            self._news.add(f"not recorded: {problem}", "trouble")
            if self._view.board.selected is entry:
                self._view.answering.notice = f"Not recorded: {problem}"
            self._stage.changed()

    def _heard(self, message: Message) -> None:
        page = self._view.page
        if isinstance(page, HistoryPage) and page.channel == message.channel:
            page.put(message)

    def fill_history(self, page: HistoryPage) -> None:
        """Fetch a channel's messages."""
        self._nursery.start_soon(self._fill_history, page)

    async def _fill_history(self, page: HistoryPage) -> None:
        try:
            page.begin(await self._attendant.history(page.channel))
        except AiloopError as error:
            page.fail(str(error))
        self._stage.changed()

    def fill_channels(self, page: ChannelsPage) -> None:
        """Fetch the channels."""
        self._nursery.start_soon(self._fill_channels, page)

    async def _fill_channels(self, page: ChannelsPage) -> None:
        try:
            page.put(await self._attendant.channels())
        except AiloopError as error:
            self._news.add(f"the channels are not to be had: {error}", "trouble")
        self._stage.changed()

    def open_page(self, url: str) -> None:
        """Open a page in the person's browser."""
        if urlsplit(url).scheme not in ("http", "https"):
            self._view.answering.notice = "Not opened: only http and https are."
            return
        self._nursery.start_soon(self._open_page, url)

    async def _open_page(self, url: str) -> None:
        # Apart from this terminal, which a browser for text would take.
        command = [sys.executable, "-c", _OPEN, url]
        quiet: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        done = await trio.run_process(command, check=False, start_new_session=True, **quiet)
        self._view.answering.notice = (
            "There is no browser here; copy the address." if done.returncode else "Opened."
        )
        self._stage.changed()
