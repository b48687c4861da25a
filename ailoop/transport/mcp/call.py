"""One call of a tool: who calls, how long it may wait, and asking people on its behalf."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import trio
from attrs import evolve, frozen

from ailoop.client.ticket import id_of_key
from ailoop.model.ids import new_id
from ailoop.model.message import Message, Notification, PromptContent, ResponseMessage
from ailoop.transport.mcp.answers import open_result, settled_result
from ailoop.transport.mcp.desk import Desk, DeskFault, Standing

__all__ = ["Call", "Waits"]

_LOOK_SECONDS = 5.0
"""How long a call may be held up by asking how its prompt stands."""
_WITHDRAW_SECONDS = 2.0
"""How long a cancelled call may be held up by taking its prompt back."""
_PASSING = ("shutting_down", "unreachable", "too_many_waiters")
"""Faults of a wait that say nothing of the prompt."""


@frozen(kw_only=True)
class Waits:
    """How long calls wait, in seconds.

    :param ticket: a call whose client hears of no progress; then it gets a ticket. Most
        clients give up after 60.
    :param progress: a call whose client does.
    :param tick: between two words of progress.
    :param check: the most that ``check_answer`` waits.
    :param least_timeout: the least that a person is given; models ask for absurdly little.
    :param most_timeout: the most.
    """

    ticket: float = 50.0
    progress: float = 3600.0
    tick: float = 10.0
    check: float = 55.0
    least_timeout: int = 30
    most_timeout: int = 24 * 60 * 60

    def timeout(self, wanted: float | None, default: int) -> int:
        """Return for how many seconds a person is asked."""
        if wanted is None:
            return default
        # In this order what is no number (NaN) is the least.
        return int(min(max(self.least_timeout, wanted), self.most_timeout))

    def within(self, seconds: float) -> Waits:
        """Return them for a client that waits no longer, whatever it hears."""
        return evolve(
            self,
            ticket=min(self.ticket, seconds),
            progress=min(self.progress, seconds),
            check=min(self.check, seconds),
        )


@frozen(kw_only=True)
class Call:
    """A call of a tool.

    :param desk: who takes what is asked.
    :param channel: where it is asked, unless the model says so.
    :param report: tells the client how long it has waited, of how long, and for what;
        ``None`` if it does not want to hear.
    :param taken_back: whether the call, when it is cancelled, was so by its client.
    """

    desk: Desk
    channel: str
    waits: Waits
    report: Callable[[float, float, str], Awaitable[None]] | None
    taken_back: Callable[[], bool]

    async def say(self, content: Notification, channel: str | None) -> Message:
        """Tell people something.

        :raises DeskFault: it was not taken.
        """
        message = Message(channel=channel or self.channel, content=content)
        await self.desk.post(message)
        return message

    async def ask(
        self,
        content: PromptContent,
        channel: str | None,
        key: str | None,
        metadata: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Ask people and return what became of it, or that it still waits.

        :param key: makes the prompt the same one each time; such a one is never taken back.
        :raises DeskFault: it was not taken.
        """
        response, prompt = await self.ask_for_response(content, channel, key, metadata)
        return await self._result(prompt, response)

    async def ask_for_response(
        self,
        content: PromptContent,
        channel: str | None,
        key: str | None,
        metadata: dict[str, Any] | None = None,
        seconds: float | None = None,
    ) -> tuple[ResponseMessage | None, Message]:
        """Ask people and return the response, if there is one in time, and what was asked.

        :param seconds: how long to wait; by default as long as this client bears it.
        :raises DeskFault: it was not taken.
        """
        name = channel or self.channel
        prompt = Message(
            id=new_id() if key is None else id_of_key(name, content, key),
            channel=name,
            content=content,
            metadata=metadata,
        )
        if seconds is None:
            seconds = self.waits.ticket if self.report is None else self.waits.progress
        try:
            await self.desk.post(prompt)
            return await self.wait(prompt, seconds), prompt
        except trio.Cancelled:
            if key is None and self.taken_back():
                await self._take_back(prompt)  # noqa: ASYNC102 -- it is shielded in there
            raise

    async def check(self, standing: Standing, seconds: float) -> dict[str, Any]:
        """Wait for a prompt that was asked before."""
        prompt = standing.message
        if not standing.is_open:
            seconds = max(seconds, _LOOK_SECONDS)  # the response has only to be fetched
        return await self._result(prompt, await self.wait(prompt, seconds))

    async def wait(self, prompt: Message, seconds: float) -> ResponseMessage | None:
        """Wait in slices, with a word to the client between; ``None`` if that is not enough."""
        began = trio.current_time()
        total = float(getattr(prompt.content, "timeout_seconds", 0) or seconds)
        while True:
            waited = trio.current_time() - began
            if self.report is not None:
                await self.report(waited, max(total, waited), self._waiting_for())
            try:
                with trio.move_on_after(max(min(self.waits.tick, seconds - waited), 0)):
                    return await self.desk.wait(prompt)
            except DeskFault as fault:
                if fault.code in _PASSING:
                    return None
                raise
            if trio.current_time() - began >= seconds:
                return None

    def _waiting_for(self) -> str:
        place = f" at {self.desk.page}" if self.desk.page else ""
        return f"Waiting for a person{place}"

    async def _result(
        self, prompt: Message, response: ResponseMessage | None
    ) -> dict[str, Any]:
        standing = None
        with trio.move_on_after(_LOOK_SECONDS):
            try:
                standing = await self.desk.look_up(prompt.id)
            except DeskFault as fault:
                if fault.code not in _PASSING and response is None:
                    raise
        page = self.desk.page
        if response is None:
            return open_result(str(prompt.id), standing, page)
        delivered = standing is None or standing.delivered
        return settled_result(prompt, response, delivered=delivered, page=page)

    async def _take_back(self, prompt: Message) -> None:
        with trio.move_on_after(_WITHDRAW_SECONDS, shield=True):
            # It may never have been taken, or nobody be there: then nobody has to be told.
            with suppress(DeskFault):
                await self.desk.withdraw(prompt.id)
