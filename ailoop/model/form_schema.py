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
    FORMATS,
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

__all__ = [
    "MOST_FIELDS",
    "MOST_OPTIONS",
    "NAME_LENGTH",
    "TEXT_LENGTH",
    "FormError",
    "read_schema",
]

MOST_FIELDS = 50
MOST_OPTIONS = 100
NAME_LENGTH = 100
TEXT_LENGTH = 2000
"""Characters of one text of a schema; all of them together a message has room for."""


class FormError(ValueError):
    """A schema is no form.

    :param path: where in the schema, such as ``.properties.age.type``; empty for the whole.
    """

    def __init__(self, path: str, sentence: str) -> None:
        self.path = path
        self.sentence = sentence
        super().__init__(f"schema{path}: {sentence}")


def read_schema(schema: Any) -> tuple[Field, ...]:
    """Return the fields that a schema describes.

    :raises FormError: it is no form.
    """
    root = _Part("", schema)
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
        _read_field(name, _Part(f".properties.{name:.100}", part), required=name in required)
        for name, part in properties.items()
        if _is_name(root, name)
    )


class _Part:
    """One object of a schema, and where it stands; what is never asked for is refused."""

    def __init__(self, path: str, value: Any) -> None:
        if not isinstance(value, Mapping):
            raise FormError(path, f"must be an object, not {describe(value)}")
        self._path = path
        self._value = value
        self._known: set[str] = set()
        for name, one in value.items():
            if one is None:  # it is recorded as it came, and surfaces read it
                raise self.error(f"{name!s:.100}", "must not be null")

    def get(self, name: str) -> Any:
        """Return a member, ``None`` where it is absent."""
        self._known.add(name)
        return self._value.get(name)

    def close(self) -> None:
        """Refuse what nobody has asked for."""
        for name in self._value:
            if name not in self._known:
                raise self.error(f"{name!s:.100}", "is no keyword that forms have here")

    def error(self, name: str, sentence: str) -> FormError:
        """Return the error of a member."""
        return FormError(f"{self._path}.{name}", sentence)

    def part(self, name: str, *value: Any) -> _Part:
        """Return a member that is an object; one of an array is given."""
        return _Part(f"{self._path}.{name}", value[0] if value else self.get(name))

    def text(self, name: str) -> str | None:
        """Return a member that is text."""
        value = self.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            raise self.error(name, "must be a text that is not empty")
        if len(value) > TEXT_LENGTH:
            raise self.error(name, f"has more than {TEXT_LENGTH} characters")
        return value

    def number(self, name: str) -> float | None:
        """Return a member that is a number."""
        value = self.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(name, f"must be a number, not {describe(value)}")
        if not math.isfinite(value):
            raise self.error(name, "must be a number that JSON has")
        return value

    def count(self, name: str) -> int | None:
        """Return a member that is a whole number from 0 on."""
        value = self.number(name)
        if value is None:
            return None
        if value < 0 or value != int(value):
            raise self.error(name, "must be a whole number that is not negative")
        return int(value)

    def check_order(self, low: str, high: str) -> None:
        """Refuse two bounds between which there is nothing."""
        least, most = self.get(low), self.get(high)
        if least is not None and most is not None and least > most:
            raise self.error(low, f"is more than {high}, so that nothing fits")


def _required(root: _Part, properties: Mapping[str, Any]) -> set[str]:
    names = root.get("required")
    if names is None:
        return set()
    if not isinstance(names, list | tuple):
        raise root.error("required", f"must be an array of names, not {describe(names)}")
    for index, name in enumerate(names):
        if not isinstance(name, str) or name not in properties:
            raise root.error(f"required[{index}]", "is none of the properties")
    return set(names)


def _is_name(root: _Part, name: Any) -> bool:
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


def _read_field(name: str, part: _Part, *, required: bool) -> Field:
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


def _read_text(part: _Part, about: dict[str, Any]) -> TextField:
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


def _read_number(part: _Part, about: dict[str, Any], *, whole: bool) -> NumberField:
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


def _read_choices(part: _Part, about: dict[str, Any]) -> ChoicesField:
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


def _read_options(part: _Part, titled: str) -> tuple[Option, ...]:
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


def _plain(part: _Part, index: int, value: Any) -> Option:
    if not isinstance(value, str) or not value.strip() or len(value) > TEXT_LENGTH:
        raise part.error(f"enum[{index}]", "must be a text that is not empty")
    return Option(value, value)


def _titled(part: _Part) -> Option:
    value, title = part.text("const"), part.text("title")
    part.close()
    if value is None or title is None:
        missing = "const" if value is None else "title"
        raise part.error(missing, "a required field is missing")
    return Option(value, title)


def _check_once(part: _Part, name: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for index, value in enumerate(values):
        if value in seen:
            raise part.error(f"{name}[{index}]", "is there twice")
        seen.add(value)
