"""``ailoop inbox``: what waits for a person, live, answered from the same terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID

import click
import trio

from ailoop.cli.lines import LineReader
from ailoop.cli.running import (
    OK,
    any_channel,
    as_json,
    complain,
    explain,
    only_ailoop_error,
    responder,
    run,
    server,
)
from ailoop.cli.show import outcome, prompt_lines
from ailoop.cli.text import colour, one_line, print_json
from ailoop.client import AiloopClient, MissedMessages, Refused, Unreachable
from ailoop.model.codec import dump_message
from ailoop.model.message import (
    PROMPT_TYPES,
    Message,
    Notification,
    Question,
    Response,
    ResponseType,
)

__all__ = ["Inbox", "inbox", "serve_person"]

_RETRY_SECONDS = 1.0

_HELP = """\
  TEXT            answer the first question; a choice also by its number
  y, n [REASON]   approve or deny the first authorization
  #2 …            the same for prompt number 2
  list            show what waits; help, quit"""


class Inbox:
    """The prompts a person has been shown, by the number they were shown with.

    :param write: shows one line.
    """

    def __init__(
        self,
        client: AiloopClient,
        *,
        channel: str | None,
        responder: str,
        write: Callable[[str], None],
    ) -> None:
        self._client = client
        self._channel = channel
        self._responder = responder
        self._write = write
        self._numbers: dict[int, Message] = {}
        self._next = 1
        self._answered: set[UUID] = set()
        """Prompts that this person has answered here."""
        self._surprised = False
        """Whether the prompt that a bare line means has changed under the person's hands."""

    async def follow(
        self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Show what waits and what comes, until cancelled."""
        # Following comes before listing, so that no prompt falls between the two.
        async with self._client.subscribe(self._channel or "*") as feed:
            for item in await self._client.pending(self._channel):
                self._show(item["message"])
            task_status.started()
            while True:
                try:
                    async for message in feed:
                        self._show(message)
                except MissedMessages as missed:
                    self._write(colour(f"! {missed}", fg="red"))
                    for item in await self._client.pending(self._channel):
                        self._show(item["message"])

    def _show(self, message: Message) -> None:
        content = message.content
        if isinstance(content, Response):
            self._retract(message)
        elif isinstance(content, Notification):
            self._write(
                f"[{message.channel}] {one_line(content.text)}"
                + (f" ({content.priority})" if content.priority != "normal" else "")
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
                if prompt.id not in self._answered and number == min(self._numbers):
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
        prompt = self._numbers.get(number)
        if prompt is None:
            self._write(f"There is no #{number}." if number else "Nothing is waiting.")
            return
        if self._surprised and not line.startswith("#"):
            # The line may have been begun when another prompt was the first.
            self._surprised = False
            self._write(
                f"Not taken: the first is #{number} now. Say it again if you mean that."
            )
            return
        decision = _read(prompt, said)
        if decision is None:
            self._write(f"#{number} takes y or n, and a reason if you like.")
            return
        self._answered.add(prompt.id)
        try:
            await self._client.respond(prompt.id, responder=self._responder, **decision)
        except Refused as refused:
            self._answered.discard(prompt.id)
            self._write(f"#{number} not recorded: {one_line(explain(refused))}")

    def _address(self, line: str) -> tuple[int, str]:
        """Read which prompt a line is about: the first, unless it begins with ``#``."""
        if line.startswith("#"):
            word, _, rest = line[1:].partition(" ")
            return (int(word) if word.isdecimal() and len(word) < 10 else 0), rest.strip()
        return min(self._numbers, default=0), line


def _read(prompt: Message, said: str) -> dict[str, Any] | None:
    """Read a decision; only an explicit yes is one that approves."""
    if isinstance(prompt.content, Question):
        return {"answer": said}
    word, _, reason = said.partition(" ")
    kinds = {
        "y": ResponseType.AUTHORIZATION_APPROVED,
        "yes": ResponseType.AUTHORIZATION_APPROVED,
        "n": ResponseType.AUTHORIZATION_DENIED,
        "no": ResponseType.AUTHORIZATION_DENIED,
    }
    if word.lower() not in kinds:
        return None
    return {"response_type": kinds[word.lower()], "reason": reason.strip() or None}


async def serve_person(client: AiloopClient, channel: str | None, responder: str) -> None:
    """Let the person at this terminal answer, until they quit."""
    box = Inbox(client, channel=channel, responder=responder, write=click.echo)
    reader = LineReader()
    # Between two connections a person types about prompts that may be others by now.
    reader.forget_typed()
    async with trio.open_nursery() as nursery:
        await nursery.start(box.follow)
        click.echo("Answer here; help shows how.", err=True)
        await box.converse(reader)
        nursery.cancel_scope.cancel()


@click.command()
@any_channel
@click.option("--once", is_flag=True, help="List what waits now and exit.")
@responder
@server
@as_json
def inbox(
    channel: str | None, once: bool, responder: str, server: str | None, as_json: bool
) -> None:
    r"""Show the prompts that wait for people, and answer them.

    On a terminal, type the answer. Otherwise it prints what waits and what comes; --json
    prints each message on a line.

    \b
    Examples:
      ailoop inbox
      ailoop inbox --once --json | jq -r .message_id
    """

    async def list_once() -> int:
        async with AiloopClient(server, transport="rest", role="human") as client:
            items = await client.pending(channel)
        for item in items:
            if as_json:
                print_json({**item, "message": dump_message(item["message"])})
            else:
                label = one_line(item["label"])
                click.echo(f"{item['message_id']} [{item['channel']}] {item['kind']}: {label}")
        if not items and not as_json:
            click.echo("Nothing is waiting.", err=True)
        return OK

    async def follow() -> int:
        connected = False
        while True:
            try:
                async with AiloopClient(server, role="human") as client:
                    connected = True
                    await _attend(client, channel, responder, as_json)
                    return OK
            except (Unreachable, ExceptionGroup) as error:
                lost = only_ailoop_error(error)
                if not connected or not isinstance(lost, Unreachable):
                    raise lost from None
                complain(f"{lost}; trying again")
            await trio.sleep(_RETRY_SECONDS)

    run(list_once if once else follow)


async def _attend(
    client: AiloopClient, channel: str | None, responder: str, as_json: bool
) -> None:
    """Serve one connection's worth of inbox."""
    if as_json:
        await _print_messages(client, channel)
    elif sys.stdin.isatty():
        await serve_person(client, channel, responder)
    else:
        box = Inbox(client, channel=channel, responder=responder, write=click.echo)
        await box.follow()


async def _print_messages(client: AiloopClient, channel: str | None) -> None:
    async with client.subscribe(channel or "*") as feed:
        shown = set()
        for item in await client.pending(channel):
            shown.add(item["message"].id)
            print_json(dump_message(item["message"]))
        async for message in feed:
            if message.id not in shown:
                print_json(dump_message(message))
