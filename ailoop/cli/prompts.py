"""The prompts a person has been shown at a terminal, and what their lines decide."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import trio

from ailoop import (
    AiloopClient,
    Conflict,
    MissedMessages,
    NotFound,
    Refused,
    SealedMessage,
    SealedPrompt,
)
from ailoop.cli.form_text import read_context, read_form
from ailoop.cli.lines import LineReader
from ailoop.cli.running import explain
from ailoop.cli.show import outcome, prompt_lines, seal_lines
from ailoop.cli.text import colour, one_line
from ailoop.model.message import (
    PROMPT_TYPES,
    Authorization,
    Message,
    Notification,
    Question,
    Response,
    ResponseType,
)

__all__ = ["Inbox"]

_HELP = """\
  TEXT            answer the question; a choice also by its number
  FIELD: TEXT; …  fill in a form; or its answer as JSON
  y, n [REASON]   approve or deny
  edit {JSON}     approve with another context, where that is allowed
  #2 …            the same for number 2; needed when more than one waits
  list            show what waits; help, quit"""


class Inbox:
    """The prompts a person has been shown, by the number they were shown with.

    :param write: shows one line.
    """

    def __init__(
        self,
        *,
        channel: str | None,
        responder: str,
        write: Callable[[str], None],
    ) -> None:
        self._client: AiloopClient
        self._channel = channel
        self._responder = responder
        self._write = write
        self._numbers: dict[int, Message] = {}
        self._next = 1
        self._answered: set[UUID] = set()
        """Prompts that this person has answered here."""
        self._surprised = False
        """Whether a prompt has gone by itself since the person's last line."""

    async def follow(
        self,
        client: AiloopClient,
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Show what waits and what comes, until cancelled or cut off.

        :param client: may be another one each time; the numbers stay.
        """
        self._client = client
        # Following comes before listing, so that no prompt falls between the two.
        async with client.subscribe(self._channel or "*") as feed:
            await self._catch_up()
            task_status.started()
            while True:
                try:
                    async for message in feed:
                        self._show(message)
                except MissedMessages as missed:
                    self._write(colour(f"! {missed}", fg="red"))
                    await self._catch_up()

    async def _catch_up(self) -> None:
        """Show what waits and has not been shown, and take back what waits no more."""
        waiting = [item["message"] for item in await self._client.pending(self._channel)]
        ids = {message.id for message in waiting}
        for number, prompt in list(self._numbers.items()):
            if prompt.id not in ids:
                del self._numbers[number]
                self._surprised = True
                self._write(f"#{number} waits no more")
        for message in waiting:
            self._show(message)

    def _show(self, message: Message) -> None:
        content = message.content
        if isinstance(content, Response):
            self._retract(message)
        elif isinstance(content, Notification):
            self._write(
                f"[{message.channel}] {one_line(content.text)}"
                + (f" ({content.priority})" if content.priority != "normal" else "")
                + "".join(f" {line}" for line in seal_lines(message))
            )
        elif message.id not in {known.id for known in self._numbers.values()}:
            number, self._next = self._next, self._next + 1
            self._numbers[number] = message
            first, *rest = prompt_lines(message)
            self._write(f"#{number} {first}")
            for line in rest:
                self._write(f"   {line}")
            self._write(f"   {colour(str(message.id), dim=True)}")

    def _retract(self, response: Message) -> None:
        for number, prompt in list(self._numbers.items()):
            if prompt.id == response.correlation_id:
                if prompt.id not in self._answered:
                    self._surprised = True
                self._answered.discard(prompt.id)
                del self._numbers[number]
                self._write(f"#{number} {outcome(response)}")

    async def converse(self, reader: LineReader) -> None:
        """Act on what the person types, until they quit or the input ends."""
        while (line := await reader.readline()) is not None:
            word = line.strip()
            if word in ("quit", "exit", "q"):
                return
            if word in ("help", "?"):
                self._write(_HELP)
            elif word in ("list", "ls"):
                self._list()
            elif word:
                await self._act(word)

    def _list(self) -> None:
        for number, prompt in self._numbers.items():
            label = prompt.content.label if isinstance(prompt.content, PROMPT_TYPES) else ""
            self._write(f"#{number} [{prompt.channel}] {one_line(label)}")
        if not self._numbers:
            self._write("Nothing is waiting.")

    async def _act(self, line: str) -> None:
        number, said = self._address(line)
        if number is None:
            return
        prompt = self._numbers.get(number)
        if prompt is None:
            self._write(
                f"There is no #{number}." if number else "That is no number of a prompt."
            )
            return
        try:
            decision = _read(prompt, said)
        except ValueError as error:
            self._write(f"#{number} {one_line(str(error))}")
            return
        self._answered.add(prompt.id)
        try:
            await self._client.respond(
                prompt, responder=self._responder, surface="terminal", **decision
            )
        except (Refused, SealedPrompt) as refused:
            self._answered.discard(prompt.id)
            self._write(f"#{number} not recorded: {one_line(explain(refused))}")
            if isinstance(refused, Conflict | NotFound):
                self._numbers.pop(number, None)

    def _address(self, line: str) -> tuple[int | None, str]:
        """Read which prompt a line is about; it is never guessed.

        Without a number it is the one that waits, if it is the only one and has been for as
        long as the line may have been in the typing.
        """
        if line.startswith("#"):
            word, _, rest = line[1:].partition(" ")
            return (int(word) if word.isdecimal() and len(word) < 10 else 0), rest.strip()
        surprised, self._surprised = self._surprised, False
        numbers = [f"#{number}" for number in self._numbers]
        if not numbers:
            self._write("Nothing is waiting.")
        elif len(numbers) > 1:
            self._write(f"Not taken: begin with the number you mean, of {', '.join(numbers)}.")
        elif surprised:
            # The line may have been begun when another prompt was the only one.
            self._write(f"Not taken: it is {numbers[0]} that waits now. Say it again for that.")
        else:
            return next(iter(self._numbers)), line
        return None, line


def _read(prompt: Message, said: str) -> dict[str, Any]:
    """Read a decision; only an explicit yes is one that approves.

    :raises ValueError: it is none that this prompt takes; the text says what it does.
    """
    unread = isinstance(prompt, SealedMessage) and not prompt.is_open
    content = prompt.content
    if isinstance(content, Question) and not unread:
        return {
            "answer": said
            if content.schema is None
            else _taken(partial(read_form, content.schema), said)
        }
    word, _, rest = said.partition(" ")
    kind = _WORDS.get(word.lower())
    editable = isinstance(content, Authorization) and content.editable and not unread
    if word.lower() == "edit" and editable:
        return {"response_type": _APPROVED, "answer": _taken(read_context, rest)}
    if unread and kind is not ResponseType.AUTHORIZATION_DENIED:
        raise ValueError(
            "cannot be read here, so it takes n alone: nobody is to approve it unread."
        )
    if kind is None:
        raise ValueError(f"takes y or n, and a reason if you like{_EDIT if editable else '.'}")
    if isinstance(content, Question):
        kind = ResponseType.CANCELLED
    return {"response_type": kind, "reason": rest.strip() or None}


def _taken(read: Callable[[str], str], said: str) -> str:
    try:
        return read(said)
    except ValueError as error:
        raise ValueError(f"not taken: {error}") from None


_APPROVED = ResponseType.AUTHORIZATION_APPROVED
_WORDS = {
    "y": _APPROVED,
    "yes": _APPROVED,
    "n": ResponseType.AUTHORIZATION_DENIED,
    "no": ResponseType.AUTHORIZATION_DENIED,
}
_EDIT = "; edit {…} approves with another context."
