"""What came from outside, made fit for a terminal."""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from typing import Any

import click
import orjson

__all__ = ["clean", "colour", "complain", "json_line", "json_lines", "one_line", "print_json"]

# Colours (ECMA-48, SGR) are dropped as a whole. Of every other sequence only the characters
# that a terminal acts on are: its text stays, so that nothing can be hidden from a person.
_PLAIN = re.compile(r"[\x20-\x7e\n]*")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def clean(text: str) -> str:
    """Return a text without anything that a terminal acts on, except line ends.

    Also gone are Unicode's direction overrides, which can make one text look like another.
    """
    if _PLAIN.fullmatch(text):
        return text
    text = _COLOURS.sub("", text).replace("\r\n", "\n").replace("\t", " ")
    return "".join(
        char for char in text if char == "\n" or unicodedata.category(char) not in _UNSAFE
    )


_UNSAFE = ("Cc", "Cf", "Cs", "Zl", "Zp")


def one_line(text: str) -> str:
    """Return a cleaned text on one line."""
    return " ".join(clean(text).split())


def complain(sentence: str) -> None:
    """Say on stderr, in one line, what is wrong."""
    click.echo(f"ailoop: {one_line(sentence)}", err=True)


def colour(text: str, **style: Any) -> str:
    """Style a text for a terminal that wants it (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return text
    return click.style(text, **style)


def print_json(value: Any) -> None:
    """Print a value as :func:`json_line` writes it."""
    click.echo(json_line(value))


def json_line(value: Any) -> str:
    """Write a value as one line of JSON, with escapes for what terminals act on."""
    return _harmless(orjson.dumps(value).decode())


def json_lines(value: Any) -> str:
    """Write a value as :func:`json_line` does, over several lines."""
    return _harmless(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def _harmless(text: str) -> str:
    if text.isascii() and "\x7f" not in text:  # as most are, and a journal has a million
        return text
    return "".join(map(_escaped, text))


def _escaped(char: str) -> str:
    # The JSON stays equal: only a string can hold such a character.
    if char.isascii() and char != "\x7f":
        return char
    return json.dumps(char)[1:-1] if unicodedata.category(char) in _UNSAFE else char
