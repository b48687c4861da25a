"""The one converter, strict, and what its errors say.

cattrs coerces by default (``5`` becomes ``"5"``, ``"abc"`` a list of letters), so every
type that a message uses has a strict hook here. Unknown members are ignored beside the
content, for the sake of earlier clients, and refused with their path inside it.
A member that is ``null`` counts as absent.

There are two converters with the same hooks. The fast one stops at the first thing that is
wrong and cannot say where; then the other reads the same again and names every path.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from types import UnionType
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from cattrs import Converter, ForbiddenExtraKeysError, transform_error
from cattrs.errors import BaseValidationError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from cattrs.preconf.orjson import make_converter

from ailoop.model.delivery import Showing
from ailoop.model.errors import Refusal
from ailoop.model.field import describe
from ailoop.model.form import Form, FormError, json_text
from ailoop.model.message import (
    CONTENT_TYPES,
    Authorization,
    Content,
    Message,
    Navigate,
    Notification,
    Priority,
    Question,
    Response,
    ResponseType,
    SenderType,
)

__all__ = ["converter", "structure_as"]

T = TypeVar("T")

converter = make_converter()
_fast = make_converter(detailed_validation=False)

_EXTRA_SHOWN = 10
"""Of so many unknown fields the error names each; it is not to outgrow the message."""


class FieldError(ValueError):
    """Its text is written for the sender.

    :param path: where inside the field it is.
    """

    def __init__(self, sentence: str, path: str = "") -> None:
        super().__init__(sentence)
        self.path = path


class UnknownContentError(FieldError):
    """The content's tag names no content."""


def structure_as(cls: type[T], value: Any) -> T:
    """Make any known class of parsed JSON, or refuse with the path of the field."""
    try:
        return _fast.structure(value, cls)
    except (FieldError, ForbiddenExtraKeysError, KeyError):
        pass  # to be read again; this stands in the way of every message, so no suppress()
    try:
        return converter.structure(value, cls)
    except (BaseValidationError, FieldError) as error:
        raise _explain(error) from None


def _explain(error: Exception) -> Refusal:
    """Turn what cattrs raised into one refusal that names each field by its path."""
    codes: list[str] = []
    members: list[list[str]] = []  # what each problem's path lacks

    def say(problem: BaseException, _: type | None) -> str:
        unknown = isinstance(problem, UnknownContentError)
        codes.append("unknown_content" if unknown else "invalid_message")
        members.append([""])
        if isinstance(problem, FieldError):
            members[-1] = [problem.path]
            return str(problem)
        if isinstance(problem, ForbiddenExtraKeysError):
            extra = sorted(problem.extra_fields)[:_EXTRA_SHOWN]
            members[-1] = [f".{name:.100}" for name in extra]
            return "unknown field"
        if isinstance(problem, KeyError):
            return "a required field is missing"
        return "not valid"

    problems = []
    lines = transform_error(error, path="$", format_exception=say)
    for line, names in zip(lines, members, strict=True):
        sentence, _, path = line.rpartition(" @ ")
        problems += [{"path": path + name, "error": sentence} for name in names]
    first = problems[0]
    return Refusal(
        codes[0], f"{first['path']}: {first['error']}", path=first["path"], problems=problems
    )


def _strict(cls: type, wanted: str) -> Callable[[Any, Any], Any]:
    def structure(value: Any, _: Any) -> Any:
        if type(value) is not cls:
            raise FieldError(f"must be {wanted}, not {describe(value)}")
        return value

    return structure


def _enum(cls: type[StrEnum], fold: Callable[[str], str]) -> Callable[[Any, Any], StrEnum]:
    members = {str(one): one for one in cls}

    def structure(value: Any, _: Any) -> StrEnum:
        try:
            return members[fold(value)]
        except (KeyError, AttributeError, TypeError):
            raise FieldError(f"must be one of {', '.join(cls)}") from None

    return structure


def _structure_uuid(value: Any, _: Any) -> UUID:
    try:
        return UUID(value)
    except (ValueError, AttributeError, TypeError):
        raise FieldError("must be a UUID") from None


def _structure_time(value: Any, _: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise FieldError("must be a time in ISO 8601, such as 2026-01-31T12:00:00Z") from None


def _structure_seconds(value: Any, _: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise FieldError("must be a whole number of seconds")
    if value < 0:
        raise FieldError("must not be negative; 0 means as long as the server allows")
    return int(value)


def _structure_text(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise FieldError(f"must be text, not {describe(value)}")
    if not value.strip():
        raise FieldError("must not be empty")
    return value


def _structure_choices(value: Any, _: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        raise FieldError(f"must be an array of texts, not {describe(value)}")
    for index, choice in enumerate(value):
        if not isinstance(choice, str) or not choice.strip():
            raise FieldError(f"has no text at index {index}")
    return tuple(value) or None


def _structure_schema(value: Any, _: Any) -> dict[str, Any]:
    try:
        Form.of(value)
    except FormError as error:
        raise FieldError(error.sentence, error.path) from None
    form: dict[str, Any] = value
    return form


def _structure_answer(value: Any, _: Any) -> str | None:
    """Read an answer, if there is one; an object stands for its text."""
    if value is None:
        return None
    if isinstance(value, dict):
        return json_text(value)
    if type(value) is not str:
        raise FieldError(f"must be text or an object, not {describe(value)}")
    return value


def _check_question(content: Question) -> None:
    if content.schema is not None and content.choices is not None:
        raise FieldError("does not go together with choices", ".schema")


def _check_authorization(content: Authorization) -> None:
    if content.editable and not isinstance(content.context, dict):
        raise FieldError(
            f"must be an object to be editable, not {describe(content.context)}", ".context"
        )


def _structure_url(value: Any, _: Any) -> str:
    url = _structure_text(value, _)
    if any(char <= " " or char == "\x7f" for char in url):
        raise FieldError("must not contain spaces or control characters")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise FieldError("must be a URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FieldError("must be an http or https URL with a host")
    return url


def _structure_object(value: Any, _: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FieldError(f"must be an object, not {describe(value)}")
    return value


def _register(reader: Converter) -> None:
    """Give a converter every hook there is."""

    def structure_content(value: Any, _: Any) -> Content:
        kind = _structure_object(value, _).get("type")
        read = contents.get(kind) if isinstance(kind, str) else None
        if read is None:
            said = "without a type" if kind is None else f"type {kind!r:.100}"
            raise UnknownContentError(
                f"unknown content {said}, expected one of {', '.join(CONTENT_TYPES)}"
            )
        return read({k: v for k, v in value.items() if v is not None and k != "type"}, _)

    def structure_message(value: Any, _: Any) -> Message:
        fields = {k: v for k, v in _structure_object(value, _).items() if v is not None}
        return read_fields(fields, Message)

    for kind, hook in _HOOKS.items():
        reader.register_structure_hook(kind, hook)
    reader.register_structure_hook_func(lambda kind: kind == dict[str, Any], _structure_object)
    reader.register_structure_hook_func(lambda kind: kind is Any, lambda value, _: value)
    contents = {
        cls.type: _register_content(reader, cls, **_SPECIAL.get(cls, {}))
        for cls in CONTENT_TYPES.values()
    }
    reader.register_structure_hook_func(
        lambda kind: isinstance(kind, UnionType) and kind == Content, structure_content
    )
    read_fields = make_dict_structure_fn(Message, reader)
    reader.register_structure_hook(Message, structure_message)


def _register_content(
    reader: Converter, cls: type[Content], **special: Callable[[Any, Any], Any]
) -> Callable[[Any, Any], Content]:
    """Give a content class its strict reader and a writer that leaves out absent extras."""
    reading: dict[str, Any] = {
        name: override(struct_hook=hook) for name, hook in special.items()
    }
    writing: dict[str, Any] = {
        name: override(omit_if_default=True)
        for name in ("choices", "context", "schema", "editable")
        if name in cls.__annotations__
    }
    read = make_dict_structure_fn(cls, reader, _cattrs_forbid_extra_keys=True, **reading)
    write: Callable[[Any], dict[str, Any]] = make_dict_unstructure_fn(cls, reader, **writing)
    kind = cls.type
    check = _CHECKS.get(cls)
    checked = read if check is None else _and_check(read, check)
    reader.register_structure_hook(cls, checked)
    reader.register_unstructure_hook(cls, lambda content: {"type": kind, **write(content)})
    return checked


def _and_check(
    read: Callable[[Any, Any], Any], check: Callable[[Any], None]
) -> Callable[[Any, Any], Any]:
    """Return what reads a content, and checks what its members are to each other."""

    def read_and_check(value: Any, kind: Any) -> Any:
        content = read(value, kind)
        check(content)
        return content

    return read_and_check


_HOOKS: dict[type, Callable[[Any, Any], Any]] = {
    str: _strict(str, "text"),
    bool: _strict(bool, "true or false"),
    SenderType: _enum(SenderType, str.upper),
    Priority: _enum(Priority, str.lower),
    ResponseType: _enum(ResponseType, str.lower),
    Showing: _enum(Showing, str.lower),
    UUID: _structure_uuid,
    datetime: _structure_time,
}
_SPECIAL: dict[type, dict[str, Callable[[Any, Any], Any]]] = {
    Question: {
        "text": _structure_text,
        "timeout_seconds": _structure_seconds,
        "choices": _structure_choices,
        "schema": _structure_schema,
    },
    Authorization: {"action": _structure_text, "timeout_seconds": _structure_seconds},
    Navigate: {"url": _structure_url, "timeout_seconds": _structure_seconds},
    Notification: {"text": _structure_text},
    Response: {"answer": _structure_answer},
}
_CHECKS: dict[type, Callable[[Any], None]] = {
    Question: _check_question,
    Authorization: _check_authorization,
}

for _one in (converter, _fast):
    _register(_one)
