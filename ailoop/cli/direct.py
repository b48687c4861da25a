"""Direct mode: the person is at this terminal, and no server is involved.

The question goes to stderr, so that stdout carries the answer alone. Nothing but a typed
``y`` or ``yes`` approves: the end of the input, a timeout and anything else do not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import click
import trio
from attrs import evolve

from ailoop.cli.form_lines import AskLine, edit, fill_in
from ailoop.cli.lines import LineReader, fits_screen, is_terminal
from ailoop.cli.show import detail_lines
from ailoop.cli.text import clean
from ailoop.model.choices import choose
from ailoop.model.errors import Refusal
from ailoop.model.fitting import fit_answer
from ailoop.model.form import Form, json_text
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
        # What takes several lines is asked in lines, with the terminal's own editing keys.
        in_lines = _takes_lines(content) or not fits_screen(sys.stderr)
        ask = _ask_in_lines if in_lines else _ask_on_screen
        response, reason = await ask(prompt, content, patience.deadline)
    if patience.cancelled_caught:
        click.echo("\nTime is over.", err=True)
        if isinstance(content, Question):
            response = Response(response_type=ResponseType.TIMEOUT)
    value: dict[str, Any] = {}
    if response is not None and _takes_lines(content):
        response, value = fit_answer(content, response)  # as a server does
    return ResponseMessage(
        channel=channel,
        sender_type=SenderType.HUMAN,
        content=response or Response(response_type=_default(content)),
        correlation_id=prompt.id,
        metadata={**({"reason": reason} if reason else {}), **value} or None,
    )


def _takes_lines(content: PromptContent) -> bool:
    if isinstance(content, Question):
        return content.schema is not None
    return isinstance(content, Authorization) and content.editable


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
    if isinstance(content, Authorization) and content.editable:
        return "Allow it? [y/N, e changes it first] "
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

    async def ask(hint: str) -> str | None:
        if isinstance(content, Authorization) and content.editable and hint == _hint(content):
            # What was pasted into the members is not to go on and approve.
            reader.forget_typed()
        click.echo(hint, err=True, nl=False)
        return await reader.readline()

    said = await _converse(content, ask)
    if said is None:
        click.echo("", err=True)
        return None, "end of input"
    return said, ""


async def _converse(content: PromptContent, ask: AskLine) -> Response | None:
    """Ask until there is a response; ``None`` if the input ends before."""
    if isinstance(content, Question) and content.schema is not None:
        filled = await fill_in(Form.of(content.schema), ask)
        return None if filled is None else Response(answer=json_text(filled))
    read = _reader(content)
    now: dict[str, Any] | None = None
    while (line := await ask(_hint(content))) is not None:
        said = read(line)
        if isinstance(said, Response):
            approves = said.response_type is ResponseType.AUTHORIZATION_APPROVED
            edited = json_text(now) if approves and now is not None else said.answer
            return evolve(said, answer=edited)
        if isinstance(content, Authorization) and content.editable and said == _EDIT:
            now = await edit(content.context if now is None else now, ask)
            if now is None:
                return None
            for shown in detail_lines(evolve(content, context=now)):
                click.echo(f"  {shown}", err=True)
        else:
            click.echo(said, err=True)
    return None


def _reader(content: PromptContent) -> Callable[[str], Response | str]:
    """Return what reads a line: a response, or why it is none."""
    if isinstance(content, Question):
        return partial(_read_answer, content.choices)
    if isinstance(content, Authorization) and content.editable:
        return lambda line: _EDIT if line.strip().casefold() in _EDITS else _read_decision(line)
    return _read_decision


_EDITS = ("e", "edit")
_EDIT = "edit"
"""What is typed to change a context before it is approved."""


def _read_answer(choices: tuple[str, ...] | None, line: str) -> Response | str:
    if choices is None:
        return Response(answer=line)
    try:
        return Response(answer=choices[choose(choices, line)])
    except Refusal:
        return f"Type a number from 1 to {len(choices)}, or the choice itself."


def _read_decision(line: str) -> Response | str:
    said = line.strip().casefold()
    if said in ("y", "yes"):
        return Response(response_type=ResponseType.AUTHORIZATION_APPROVED)
    if said in ("", "n", "no"):
        return Response(response_type=ResponseType.AUTHORIZATION_DENIED)
    return "Type y or n; just Enter means n."
