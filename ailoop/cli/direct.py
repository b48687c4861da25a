"""Direct mode: the person is at this terminal, and no server is involved.

The question goes to stderr, so that stdout carries the answer alone. Nothing but a typed
``y`` or ``yes`` approves: the end of the input, a timeout and anything else do not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import click
import trio

from ailoop.cli.lines import LineReader, fits_screen, is_terminal
from ailoop.cli.show import detail_lines
from ailoop.cli.text import clean
from ailoop.model.message import (
    Authorization,
    Message,
    Navigate,
    PromptContent,
    Question,
    Response,
    ResponseMessage,
    ResponseType,
    SenderType,
)

__all__ = ["ask_here"]


async def ask_here(channel: str, content: PromptContent) -> ResponseMessage:
    """Ask the person at this terminal and return the response."""
    response: Response | None = None
    reason = "timeout"
    prompt = Message(channel=channel, content=content)
    with trio.move_on_after(content.timeout_seconds or float("inf")) as patience:
        ask = _ask_on_screen if fits_screen(sys.stderr) else _ask_in_lines
        response, reason = await ask(prompt, content, patience.deadline)
    if patience.cancelled_caught:
        click.echo("\nTime is over.", err=True)
        if isinstance(content, Question):
            response = Response(response_type=ResponseType.TIMEOUT)
    return ResponseMessage(
        channel=channel,
        sender_type=SenderType.HUMAN,
        content=response or Response(response_type=_default(content)),
        correlation_id=prompt.id,
        metadata={"reason": reason} if reason else None,
    )


def _default(content: PromptContent) -> ResponseType:
    """Return what a prompt comes to when nobody decides."""
    if isinstance(content, Authorization):
        return ResponseType.AUTHORIZATION_DENIED
    return ResponseType.CANCELLED


def _show(channel: str, content: PromptContent) -> None:
    ask = {"question": "asks", "authorization": "wants to", "navigate": "wants you to open"}
    click.echo(f"[{channel}] An agent {ask[content.type]}:", err=True)
    click.echo(clean(content.label), err=True)
    for line in detail_lines(content):
        click.echo(f"  {line}", err=True)


def _hint(content: PromptContent) -> str:
    """Return what is asked for, as it stands before what is typed."""
    if isinstance(content, Question):
        return "Choice: " if content.choices else "Answer: "
    return "Open it? [y/N] " if isinstance(content, Navigate) else "Allow it? [y/N] "


async def _ask_on_screen(
    prompt: Message, content: PromptContent, deadline: float
) -> tuple[Response | None, str]:
    """Ask on the whole terminal; what was asked and said there stays on it as lines."""
    from ailoop.cli.terminal.alone import ask_on_screen

    hint, typed = _hint(content), ""
    try:
        response, typed = await ask_on_screen(prompt, content, deadline, hint, _reader(content))
    finally:
        with suppress(OSError):  # it may have hung up
            _show(prompt.channel, content)
            click.echo(f"{hint}{clean(typed)}", err=True)
    return response, "" if response else "end of input"


async def _ask_in_lines(
    prompt: Message, content: PromptContent, deadline: float
) -> tuple[Response | None, str]:
    """Read lines until one decides; return the response, or why there is none."""
    _show(prompt.channel, content)
    if deadline < float("inf"):
        click.echo(f"({content.timeout_seconds} s to answer)", err=True)
    if not isinstance(content, Question) and not (
        is_terminal(sys.stdin) and is_terminal(sys.stderr)
    ):
        return None, "no person at this terminal"
    reader = LineReader()
    if not isinstance(content, Question):
        reader.forget_typed()
    read = _reader(content)
    while True:
        click.echo(_hint(content), err=True, nl=False)
        line = await reader.readline()
        if line is None:
            click.echo("", err=True)
            return None, "end of input"
        said = read(line)
        if isinstance(said, Response):
            return said, ""
        click.echo(said, err=True)


def _reader(content: PromptContent) -> Callable[[str], Response | str]:
    """Return what reads a line: a response, or why it is none."""
    if isinstance(content, Question):
        return partial(_read_answer, content.choices)
    return _read_decision


def _read_answer(choices: tuple[str, ...] | None, line: str) -> Response | str:
    if choices is None:
        return Response(answer=line)
    said = line.strip().casefold()
    # As on a server: the texts come before the numbers, should one look like the other.
    for choice in choices:
        if said == choice.strip().casefold():
            return Response(answer=choice)
    for number, choice in enumerate(choices, 1):
        if said == str(number):
            return Response(answer=choice)
    return f"Type a number from 1 to {len(choices)}, or the choice itself."


def _read_decision(line: str) -> Response | str:
    said = line.strip().casefold()
    if said in ("y", "yes"):
        return Response(response_type=ResponseType.AUTHORIZATION_APPROVED)
    if said in ("", "n", "no"):
        return Response(response_type=ResponseType.AUTHORIZATION_DENIED)
    return "Type y or n; just Enter means n."
