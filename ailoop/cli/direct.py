"""Direct mode: the person is at this terminal, and no server is involved.

The question goes to stderr, so that stdout carries the answer alone. Nothing but a typed
``y`` or ``yes`` approves: the end of the input, a timeout and anything else do not.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import click
import trio

from ailoop.cli.lines import LineReader, is_terminal
from ailoop.cli.show import detail_lines
from ailoop.cli.text import clean
from ailoop.model.ids import new_id
from ailoop.model.message import (
    Authorization,
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
    seconds = content.timeout_seconds or float("inf")
    response, reason = Response(response_type=_default(content)), "timeout"
    with trio.move_on_after(seconds) as patience:
        async with trio.open_nursery() as nursery:
            _show(channel, content)
            live = _counts_down(content) and seconds < float("inf")
            if live:
                nursery.start_soon(_count_down, patience)
            elif seconds < float("inf"):
                click.echo(f"({seconds:.0f} s to answer)", err=True)
            response, reason = await _converse(content, live)
            nursery.cancel_scope.cancel()
    if patience.cancelled_caught:
        click.echo("\nTime is over.", err=True)
        if isinstance(content, Question):
            response = Response(response_type=ResponseType.TIMEOUT)
    return ResponseMessage(
        channel=channel,
        sender_type=SenderType.HUMAN,
        content=response,
        correlation_id=new_id(),
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


async def _converse(content: PromptContent, live: bool) -> tuple[Response, str]:
    """Read lines until one decides; return the response and why, if it was no decision."""
    if not isinstance(content, Question) and not is_terminal(sys.stdin):
        return Response(response_type=_default(content)), "no person at this terminal"
    reader = LineReader()
    if not isinstance(content, Question):
        reader.forget_typed()
    read: Callable[[str], Response | str] = _read_decision
    hint = "Open it? [y/N] " if isinstance(content, Navigate) else "Allow it? [y/N] "
    if isinstance(content, Question):
        choices = content.choices

        def read(line: str) -> Response | str:
            return _read_answer(choices, line)

        hint = "Choice: " if choices else "Answer: "
    while True:
        if live:
            click.echo("", err=True)  # the line that counts down
        click.echo(hint, err=True, nl=False)
        line = await reader.readline()
        if line is None:
            click.echo("", err=True)
            return Response(response_type=_default(content)), "end of input"
        outcome = read(line)
        if isinstance(outcome, Response):
            return outcome, ""
        click.echo(outcome, err=True)


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


def _counts_down(content: PromptContent) -> bool:
    """Whether the line above the cursor can be kept up to date.

    Not where the cursor cannot be moved, nor while free text is typed: a text that goes over
    the end of its line moves the cursor, and the line above it is then another.
    """
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        return False
    free = isinstance(content, Question) and content.choices is None
    return os.environ.get("TERM", "dumb") != "dumb" and not free


async def _count_down(patience: trio.CancelScope) -> None:
    """Rewrite the line above the cursor every second, and leave what is typed alone."""
    while True:
        left = patience.deadline - trio.current_time()
        # Save the cursor, one line up, write, restore (DECSC, CUU, EL, DECRC).
        click.echo(f"\x1b7\x1b[A\r\x1b[2K({left:.0f} s left)\x1b8", err=True, nl=False)
        await trio.sleep(1)
