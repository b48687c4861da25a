"""Options that make a question a form, read before anything is asked of anybody."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from ailoop.cli.form_text import read_field
from ailoop.cli.text import clean
from ailoop.model.codec import load_json
from ailoop.model.errors import Refusal
from ailoop.model.form import Form, FormError

__all__ = ["read_object", "read_schema_options"]

_LONGEST = 1024 * 1024
"""Characters of a file that may be a schema; a message has room for less."""

_TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "int": {"type": "integer"},
    "number": {"type": "number"},
    "bool": {"type": "boolean"},
    "email": {"type": "string", "format": "email"},
    "uri": {"type": "string", "format": "uri"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "date-time"},
}
_FIELD = re.compile(r"(?P<name>[^:=?]+):(?P<type>[^=?]+)(?P<optional>\?)?(=(?P<default>.*))?")


def read_schema_options(schema: str | None, fields: tuple[str, ...]) -> dict[str, Any] | None:
    """Return the schema of a form, if the options make one.

    :param schema: JSON, or the path of a file that holds it.
    :param fields: ``name:type``, each a field.
    """
    if schema is not None and fields:
        raise click.UsageError("--schema and --field do not go together")
    if schema is None and not fields:
        return None
    hint = "--field" if schema is None else "--schema"
    value = _of_fields(fields) if schema is None else _read(schema)
    try:
        Form.of(value)
    except FormError as error:
        raise click.BadParameter(clean(str(error)), param_hint=hint) from None
    form: dict[str, Any] = value
    return form


def read_object(text: str, hint: str) -> dict[str, Any]:
    """Read an option that is a JSON object.

    :param hint: the option's name.
    """
    value = _parse(text, hint)
    if not isinstance(value, dict):
        raise click.BadParameter("not a JSON object", param_hint=hint)
    return value


def _parse(text: str, hint: str) -> Any:
    try:
        return load_json(text)
    except (Refusal, UnicodeError) as error:
        raise click.BadParameter(clean(f"not JSON: {error}"), param_hint=hint) from None


def _read(schema: str) -> Any:
    if schema.lstrip().startswith("{"):
        return _parse(schema, "--schema")
    try:
        with Path(schema).open(encoding="utf-8") as file:
            text = file.read(_LONGEST)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise click.BadParameter(clean(f"{schema}: {why}"), param_hint="--schema") from None
    return _parse(text, "--schema")


def _of_fields(fields: tuple[str, ...]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required = []
    for text in fields:
        found = _FIELD.fullmatch(text)
        if found is None:
            raise click.BadParameter(
                f"not NAME:TYPE, such as replicas:int=3: {clean(text)}", param_hint="--field"
            )
        name = found["name"].strip()
        if name in properties:
            raise click.BadParameter(f"{clean(name)} is there twice", param_hint="--field")
        properties[name] = _part(found["type"].strip())
        if found["default"] is not None:
            properties[name]["default"] = _default(name, properties[name], found["default"])
        if not found["optional"]:
            required.append(name)
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    return {**schema, "required": required} if required else schema


def _part(kind: str) -> dict[str, Any]:
    if "|" in kind:
        return {"type": "string", "enum": [one.strip() for one in kind.split("|")]}
    if kind not in _TYPES:
        raise click.BadParameter(
            f"{clean(kind)} is no type: {', '.join(_TYPES)}, or choices such as eu|us",
            param_hint="--field",
        )
    return dict(_TYPES[kind])


def _default(name: str, part: dict[str, Any], words: str) -> Any:
    """Return what a default means: what it would if a person typed it.

    What means nothing stays as it is, and is refused with the whole schema.
    """
    with suppress(ValueError):
        (field,) = Form.of({"type": "object", "properties": {name: part}}).fields
        return read_field(field, words.strip())
    return words
