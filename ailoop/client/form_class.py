"""Forms written as attrs classes: their schema, and an instance of an answer.

::

    @frozen
    class Release:
        version: str = field(metadata={"title": "Version", "minLength": 1})
        region: Literal["eu", "us"]
        replicas: int = 3
        on: date | None = None
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import (
    Any,
    Generic,
    Literal,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from attrs import NOTHING, Attribute, Factory, fields, frozen, has

__all__ = ["FormClass"]

T = TypeVar("T")

_Make = Callable[[Any], Any]

_PLAIN: dict[Any, tuple[dict[str, Any], _Make]] = {
    str: ({"type": "string"}, str),
    int: ({"type": "integer"}, int),
    float: ({"type": "number"}, float),
    bool: ({"type": "boolean"}, bool),
    date: ({"type": "string", "format": "date"}, date.fromisoformat),
    datetime: ({"type": "string", "format": "date-time"}, datetime.fromisoformat),
}
_KEYWORDS = (
    *("title", "description", "format"),
    *("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"),
)
"""What a field's ``metadata`` may have for the schema; the rest of it is somebody else's."""


@frozen
class FormClass(Generic[T]):
    """A class as a form.

    :param schema: of the form.
    :param cls: makes an instance.
    :param makes: by the name of a field, makes its value of what was answered.
    :param needed: fields that may be left out, and that the class wants all the same.
    """

    schema: dict[str, Any]
    _cls: Callable[..., T]
    _makes: dict[str, _Make]
    _needed: tuple[str, ...]

    @classmethod
    def of(cls, of: type[T]) -> FormClass[T]:
        """Derive the form of a class.

        :raises TypeError: it is no attrs class, or has a field that no form has.
        """
        if not has(of):
            raise TypeError(f"a form is a schema or an attrs class, not {of!r}")
        try:
            hints = get_type_hints(of)
        except NameError as error:
            raise TypeError(
                f"{of.__qualname__}: {error}: types of fields are names of their module"
            ) from None
        properties: dict[str, Any] = {}
        makes: dict[str, _Make] = {}
        needed: list[str] = []
        required: list[str] = []
        for one in fields(of):
            if not one.init:
                continue
            name = one.alias or one.name
            kind, optional = _without_none(hints[one.name])
            try:
                part, makes[name] = _read(kind)
            except TypeError as error:
                raise TypeError(f"{of.__qualname__}.{one.name}: {error}") from None
            part |= {k: v for k, v in one.metadata.items() if k in _KEYWORDS}
            default = _default(one)
            if default is not None:
                part["default"] = default
            properties[name] = part
            if one.default is NOTHING:
                (needed if optional else required).append(name)
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        return FormClass(schema, cast("type[T]", of), makes, tuple(needed))

    def make(self, value: dict[str, Any]) -> T:
        """Return an answer that fits as an instance; what is left out has its default."""
        absent = dict.fromkeys(self._needed)  # optional by its type alone
        given = {name: self._makes[name](one) for name, one in value.items()}
        return self._cls(**(absent | given))


def _without_none(hint: Any) -> tuple[Any, bool]:
    """Return a type without its ``None``, and whether it had one."""
    if get_origin(hint) not in (Union, UnionType):
        return hint, False
    kinds = [one for one in get_args(hint) if one is not NoneType]
    return (kinds[0], True) if len(kinds) == 1 else (hint, False)


def _read(kind: Any) -> tuple[dict[str, Any], _Make]:
    """Return the schema of a type, and what makes a value of what was answered."""
    if kind in _PLAIN:
        part, make = _PLAIN[kind]
        return dict(part), make
    if get_origin(kind) is list and len(get_args(kind)) == 1:
        values, make = _options(get_args(kind)[0])
        items = {"type": "string", "enum": values}
        return {"type": "array", "items": items}, lambda chosen: [make(one) for one in chosen]
    values, make = _options(kind)
    return {"type": "string", "enum": values}, make


def _options(kind: Any) -> tuple[list[str], _Make]:
    """Return what can be chosen, of an ``Enum`` or a ``Literal``."""
    values: list[Any]
    make: _Make = str
    if isinstance(kind, type) and issubclass(kind, Enum):
        values, make = [one.value for one in kind], kind
    elif get_origin(kind) is Literal:
        values = list(get_args(kind))
    else:
        raise TypeError(
            f"no field of a form is of the type {kind!r}, but str, int, float, bool, date, "
            "datetime, an Enum or Literal of texts, or a list of one of those two"
        )
    if not all(isinstance(one, str) for one in values):
        raise TypeError(f"{kind!r} is not of texts alone")
    return [str.__str__(one) for one in values], make


def _default(one: Attribute[Any]) -> Any:
    """Return what a surface fills in first, as JSON; ``None`` where it is not known before."""
    value: Any = one.default
    # Factory is a class, which its stub hides.
    if isinstance(value, cast("type[Any]", Factory)):
        if value.takes_self:
            return None
        value = value.factory()
    return None if value is NOTHING else _as_json(value)


def _as_json(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_as_json(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date | datetime) else value
