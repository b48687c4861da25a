"""Which JSON Schemas are forms: reading one, strictly, into fields.

Nothing that is not understood is passed over: a keyword that a surface ignored would let
through what the agent had ruled out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve

from ailoop.model.field import (
    BooleanField,
    ChoiceField,
    ChoicesField,
    Field,
    NumberField,
    Option,
    TextField,
    Unfit,
    describe,
)
from ailoop.model.formats import FORMATS
from ailoop.model.schema_part import TEXT_LENGTH, Part

__all__ = ["MOST_FIELDS", "MOST_OPTIONS", "NAME_LENGTH", "read_schema"]

MOST_FIELDS = 50
MOST_OPTIONS = 100
NAME_LENGTH = 100


def read_schema(schema: Any) -> tuple[Field, ...]:
    """Return the fields that a schema describes.

    :raises FormError: it is no form.
    """
    root = Part("", schema)
    if root.get("type") != "object":
        raise root.error("type", 'must be "object"')
    for name in ("$schema", "title", "description"):
        root.text(name)
    if root.get("additionalProperties") not in (None, False):
        raise root.error("additionalProperties", "must be false: a form has no other fields")
    properties = root.get("properties")
    if not isinstance(properties, Mapping):
        raise root.error("properties", f"must be an object, not {describe(properties)}")
    if len(properties) > MOST_FIELDS:
        raise root.error(
            "properties", f"has {len(properties)} fields, the limit is {MOST_FIELDS}"
        )
    required = _required(root, properties)
    root.close()
    return tuple(
        _read_field(name, Part(f".properties.{name:.100}", part), required=name in required)
        for name, part in properties.items()
        if _is_name(root, name)
    )


def _required(root: Part, properties: Mapping[str, Any]) -> set[str]:
    names = root.get("required")
    if names is None:
        return set()
    if not isinstance(names, list | tuple):
        raise root.error("required", f"must be an array of names, not {describe(names)}")
    for index, name in enumerate(names):
        if not isinstance(name, str) or name not in properties:
            raise root.error(f"required[{index}]", "is none of the properties")
    return set(names)


def _is_name(root: Part, name: Any) -> bool:
    """Say yes.

    :raises FormError: a surface could not show the name, or trip over it.
    """
    if (
        not isinstance(name, str)
        or not name.strip()
        or len(name) > NAME_LENGTH
        or not name.isprintable()
        or name == "__proto__"  # of every object in JavaScript
    ):
        raise root.error(
            "properties", f"has a name that is not 1 to {NAME_LENGTH} characters to be shown"
        )
    return True


def _read_field(name: str, part: Part, *, required: bool) -> Field:
    about: dict[str, Any] = {
        "name": name,
        "title": part.text("title"),
        "description": part.text("description"),
        "required": required,
    }
    kind = part.get("type")
    default = part.get("default")
    field: Field
    match kind:
        case "string" if part.get("enum") is not None or part.get("oneOf") is not None:
            field = ChoiceField(options=_read_options(part, "oneOf"), **about)
        case "string":
            field = _read_text(part, about)
        case "number" | "integer":
            field = _read_number(part, about, whole=kind == "integer")
        case "boolean":
            field = BooleanField(**about)
        case "array":
            field = _read_choices(part, about)
        case _:
            raise part.error("type", "must be string, number, integer, boolean or array")
    part.close()
    if default is None:
        return field
    try:
        return evolve(field, default=field.fit(default))
    except Unfit as unfit:
        raise part.error("default", str(unfit)) from None


def _read_text(part: Part, about: dict[str, Any]) -> TextField:
    if part.get("pattern") is not None:
        raise part.error(
            "pattern", "is not taken: some patterns take for ever; say it in the description"
        )
    least, most = part.count("minLength"), part.count("maxLength")
    part.check_order("minLength", "maxLength")
    form = part.get("format")
    if form is not None and (not isinstance(form, str) or form not in FORMATS):
        raise part.error("format", f"must be one of {', '.join(FORMATS)}")
    return TextField(least=least or 0, most=most, format=form, **about)


def _read_number(part: Part, about: dict[str, Any], *, whole: bool) -> NumberField:
    minimum, maximum = part.number("minimum"), part.number("maximum")
    part.check_order("minimum", "maximum")
    if (
        whole
        and minimum is not None
        and maximum is not None
        and math.ceil(minimum) > math.floor(maximum)
    ):
        raise part.error("minimum", "leaves no whole number up to maximum")
    return NumberField(whole=whole, minimum=minimum, maximum=maximum, **about)


def _read_choices(part: Part, about: dict[str, Any]) -> ChoicesField:
    items = part.part("items")
    if items.get("type") not in (None, "string"):
        raise items.error("type", 'must be "string": an array is of choices')
    options = _read_options(items, "anyOf")
    items.close()
    least, most = part.count("minItems"), part.count("maxItems")
    part.check_order("minItems", "maxItems")
    if (least or 0) > len(options):
        raise part.error("minItems", f"is more than the {len(options)} choices there are")
    if part.get("uniqueItems") not in (None, True):
        raise part.error("uniqueItems", "must be true: each choice is there once")
    return ChoicesField(options=options, least=least or 0, most=most, **about)


def _read_options(part: Part, titled: str) -> tuple[Option, ...]:
    """Return what can be chosen: texts in ``enum``, or texts with titles in ``titled``."""
    plain, named = part.get("enum"), part.get(titled)
    name = "enum" if named is None else titled
    listed = plain if named is None else named
    if plain is not None and named is not None:
        raise part.error(titled, "does not go together with enum")
    if not isinstance(listed, list | tuple) or not listed:
        raise part.error(name, "must be an array with something to choose from")
    if len(listed) > MOST_OPTIONS:
        raise part.error(name, f"has {len(listed)} choices, the limit is {MOST_OPTIONS}")
    if named is None:
        options = tuple(_plain(part, index, one) for index, one in enumerate(listed))
    else:
        options = tuple(
            _titled(part.part(f"{titled}[{index}]", one)) for index, one in enumerate(listed)
        )
    _check_once(part, name, (one.value for one in options))
    return options


def _plain(part: Part, index: int, value: Any) -> Option:
    if not isinstance(value, str) or not value.strip() or len(value) > TEXT_LENGTH:
        raise part.error(f"enum[{index}]", "must be a text that is not empty")
    return Option(value, value)


def _titled(part: Part) -> Option:
    value, title = part.text("const"), part.text("title")
    part.close()
    if value is None or title is None:
        missing = "const" if value is None else "title"
        raise part.error(missing, "a required field is missing")
    return Option(value, title)


def _check_once(part: Part, name: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for index, value in enumerate(values):
        if value in seen:
            raise part.error(f"{name}[{index}]", "is there twice")
        seen.add(value)
