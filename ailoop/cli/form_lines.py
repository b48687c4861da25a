"""Filling in a form at this terminal, one field after the other.

What does not fit is asked again; an empty line takes the default. Each of the two returns
``None`` where the input ended before all was said.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import click
import orjson

from ailoop.cli.form_text import read_field, written
from ailoop.cli.text import one_line
from ailoop.model.codec import load_json
from ailoop.model.errors import Refusal
from ailoop.model.field import Field, Unfit
from ailoop.model.form import Form

__all__ = ["AskLine", "edit", "fill_in"]

AskLine = Callable[[str], Awaitable[str | None]]
"""Shows a hint and returns the line that is typed after it; ``None`` where the input ends."""

_NONE = "-"
"""What leaves out a field that has a default."""


async def fill_in(form: Form, ask: AskLine) -> dict[str, Any] | None:
    """Return an answer to a form."""
    filled: dict[str, Any] = {}
    for field in form.fields:
        while True:
            line = await ask(_hint(field))
            if line is None:
                return None
            try:
                value = _read(field, line.strip())
            except ValueError as error:
                click.echo(f"  it {one_line(str(error))}", err=True)
                continue
            if value is not None:
                filled[field.name] = value
            break
    return form.fit(filled)


async def edit(context: dict[str, Any], ask: AskLine) -> dict[str, Any] | None:
    """Return a context with other values for its members."""
    edited = {}
    for name, value in context.items():
        now = value if isinstance(value, str) else orjson.dumps(value).decode()
        while True:
            line = await ask(f"{one_line(name)} [{one_line(now)}]: ")
            if line is None:
                return None
            try:
                edited[name] = _edited(value, line.strip())
            except ValueError as error:
                click.echo(f"  it {one_line(str(error))}", err=True)
                continue
            break
    return edited


def _hint(field: Field) -> str:
    default = "" if field.default is None else one_line(written(field))
    leaves_out = "" if field.required or not default else f", {_NONE} leaves it out"
    shown = f" [{default}{leaves_out}]" if default else ""
    return f"{one_line(field.label)}{shown}: "


def _read(field: Field, words: str) -> Any:
    """Return what was typed for a field; ``None`` if nothing was.

    :raises ValueError: it does not fit.
    """
    if not words and field.default is not None:
        return field.default
    if not words or (words == _NONE and not field.required and field.default is not None):
        if field.required:
            raise Unfit("is required")
        return None
    return read_field(field, words)


def _edited(value: Any, words: str) -> Any:
    if not words:
        return value
    if isinstance(value, str):
        return words
    try:
        return load_json(words)
    except Refusal:
        raise ValueError("was no text, and is not JSON as it was; Enter keeps it") from None
