"""A form as text: the lines that a person fills in, and what a field makes of typed words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson

from ailoop.cli.text import json_line, one_line
from ailoop.model.codec import load_json
from ailoop.model.errors import Refusal
from ailoop.model.field import (
    BooleanField,
    ChoiceField,
    ChoicesField,
    Field,
    NumberField,
    Option,
    TextField,
    Unfit,
)
from ailoop.model.form import Form, json_text

__all__ = [
    "field_lines",
    "form_template",
    "read_context",
    "read_field",
    "read_form",
    "written",
]

_SPACES = re.compile(r'("(?:\\.|[^"\\])*")|\s+')
"""A text of JSON, which stays, or space between."""

_YES, _NO = ("yes", "y", "true", "on", "1"), ("no", "n", "false", "off", "0")


def field_lines(schema: Mapping[str, Any]) -> list[str]:
    """Return a form's fields, each on a line: its name, what it takes, what it is for."""
    return [_describe(field) for field in Form.of(schema).fields]


def _describe(field: Field) -> str:
    asked = [_takes(field), "required" if field.required else ""]
    if field.title is not None:
        asked.insert(0, field.title)
    said = f"{field.name}: {', '.join(one for one in asked if one)}"
    return one_line(said if field.description is None else f"{said}. {field.description}")


def _takes(field: Field) -> str:
    match field:
        case TextField():
            kind = {"email": "an e-mail address", "uri": "a URI", "date": "a date"}
            kind["date-time"] = "a time with its zone"
            return kind.get(field.format or "", "text") + _between(
                field.least or None, field.most, "characters"
            )
        case NumberField():
            kind_of = "a whole number" if field.whole else "a number"
            return kind_of + _between(field.minimum, field.maximum)
        case BooleanField():
            return "yes or no"
        case ChoiceField():
            return f"one of {_list(field.options)}"
        case ChoicesField():
            return f"any of {_list(field.options)}" + _between(field.least or None, field.most)
    return ""


def _between(least: float | None, most: float | None, unit: str = "") -> str:
    bounds = [f"at least {least}"] if least is not None else []
    bounds += [f"at most {most}"] if most is not None else []
    return f" ({' and '.join(bounds)}{' ' if unit else ''}{unit})" if bounds else ""


def _list(options: tuple[Option, ...]) -> str:
    return " | ".join(
        one.value if one.title == one.value else f"{one.value} ({one.title})" for one in options
    )


def form_template(schema: Mapping[str, Any]) -> str:
    """Return the lines to fill in: ``name: ``, and the default where there is one."""
    fields = Form.of(schema).fields
    return "\n".join(f"{field.name}: {written(field)}" for field in fields)


def written(field: Field) -> str:
    """Return a field's default as a person would type it."""
    match field.default:
        case None:
            return ""
        case bool():
            return "yes" if field.default else "no"
        case list() as chosen:
            bare = chosen and all(_is_bare(one) and "," not in one for one in chosen)
            return ", ".join(chosen) if bare else json_line(chosen)
        case str() as text:
            return text if _is_bare(text) else json_line(text)
    return str(field.default)


def _is_bare(text: str) -> bool:
    """Whether it can stand as it is: on one line, and not to be taken for JSON."""
    return one_line(text) == text and not text.startswith(('"', "["))


def read_form(schema: Mapping[str, Any], text: str) -> str:
    """Read what was filled in, or the answer as JSON; return the answer as it is sent.

    :param text: ``name: words`` a line; on one line with ``;`` between them.
    :raises ValueError: its text says which field is wrong, and how.
    """
    form = Form.of(schema)
    text = text.strip()
    value = _read_json(text) if text.startswith("{") else _read_lines(form, text)
    try:
        return json_text(form.fit(value))
    except Refusal as refusal:
        raise ValueError(refusal.sentence) from None


def read_context(text: str) -> str:
    """Read the context that is approved in the place of what was asked; return it as sent.

    :raises ValueError: its text says what is wrong.
    """
    if not isinstance(_read_json(text), dict):
        raise ValueError("a context is a JSON object: { … }")  # noqa: TRY004 -- it is text
    # An answer may have no room for the spaces of many lines.
    return _SPACES.sub(r"\1", text)


def _read_json(text: str) -> Any:
    try:
        return load_json(text)
    except Refusal as refusal:
        raise ValueError(refusal.sentence) from None


def _read_lines(form: Form, text: str) -> dict[str, Any]:
    fields = {field.name: field for field in form.fields}
    filled: dict[str, Any] = {}
    between = "|".join(re.escape(name) for name in fields)
    # Who has lines needs no other mark, and may have it among the words.
    for line in re.split("\n" if "\n" in text else rf";(?=\s*(?:{between}):)", text):
        if not line.strip():
            continue
        # The longest name that fits: a name may have a colon of its own.
        names = [name for name in fields if line.lstrip().startswith(f"{name}:")]
        if not names:
            raise ValueError(f"begin each line with a field: {', '.join(fields)}")
        field = fields[max(names, key=len)]
        words = line.lstrip()[len(field.name) + 1 :].strip()
        if field.name in filled:  # a paste may bring a line of its own
            raise ValueError(f"{field.name} is there twice")
        if words:
            try:
                filled[field.name] = read_field(field, words)
            except ValueError as unfit:
                raise ValueError(f"{field.name} {unfit}") from None
    return filled


def read_field(field: Field, words: str) -> Any:
    """Return what typed words mean in a field.

    :raises Unfit: they mean nothing there.
    """
    match field:
        case NumberField():
            return field.fit(_number(words))
        case BooleanField():
            if words.lower() in _YES + _NO:
                return words.lower() in _YES
            raise Unfit("must be yes or no")
        case ChoiceField():
            return field.fit(_option(field.options, _unquoted(words)))
        case ChoicesField():
            chosen = _read_json(words) if words.startswith("[") else _split(words)
            return field.fit([_option(field.options, str(one)) for one in chosen])
    return field.fit(_unquoted(words))


def _unquoted(words: str) -> str:
    if words.startswith('"'):
        with suppress(orjson.JSONDecodeError):  # words may begin with a quotation
            return str(orjson.loads(words))
    return words


def _number(words: str) -> int | float:
    for kind in (int, float):
        try:
            return kind(words)
        except ValueError:
            continue
    raise Unfit("must be a number")


def _split(words: str) -> list[str]:
    return [one.strip() for one in words.split(",") if one.strip()]


def _option(options: tuple[Option, ...], words: str) -> str:
    """Return the value of an option: it is named by its value, its title or its number."""
    for option in options:
        if words == option.value:
            return option.value
    folded = words.casefold()
    for option in options:
        if folded in (option.value.casefold(), option.title.casefold()):
            return option.value
    if words.isdecimal() and len(words) < 4 and 0 < int(words) <= len(options):
        return options[int(words) - 1].value
    return words
