"""One object of a schema that is being read: its members, checked, and where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ailoop.model.field import describe, is_finite

__all__ = ["TEXT_LENGTH", "FormError", "Part"]

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


class Part:
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

    def part(self, name: str, *value: Any) -> Part:
        """Return a member that is an object; one of an array is given."""
        return Part(f"{self._path}.{name}", value[0] if value else self.get(name))

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
        if not is_finite(value):
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
