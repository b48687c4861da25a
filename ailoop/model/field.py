"""The fields of a form: what a person may put into each, and what it means.

Each knows the JSON that answers it (``fit``), says in a sentence what is wrong with other JSON,
and has what a surface needs to show it.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

from attrs import frozen

from ailoop.model.formats import FORMATS

__all__ = [
    "BooleanField",
    "ChoiceField",
    "ChoicesField",
    "Field",
    "NumberField",
    "Option",
    "TextField",
    "Unfit",
    "describe",
    "is_finite",
]

_LARGEST = 2**53 - 1
"""Beyond it, what JavaScript reads is not what was written (RFC 7493, section 2.2)."""


class Unfit(ValueError):  # noqa: N818 -- an answer that does not fit is no fault
    """A value does not fit its field; the text says why, for whoever filled it in."""


def describe(value: Any) -> str:
    """Say what kind of JSON a value is."""
    names = {dict: "an object", list: "an array", str: "text", bool: "true or false"}
    return names.get(type(value), "null" if value is None else "a number")


def is_finite(value: float) -> bool:
    """Whether a number is one to calculate with; Python has whole ones beyond any float."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


@frozen(kw_only=True)
class Field(ABC):
    """One field.

    :param name: of the property that it fills.
    :param title: what a surface shows in place of the name, if there is one.
    :param default: what it is filled with before a person changes it; ``None`` if with nothing.
    :param required: whether an answer has to have it.
    """

    name: str
    title: str | None = None
    description: str | None = None
    default: Any = None
    required: bool = False

    @property
    def label(self) -> str:
        """What a surface shows beside it."""
        return self.title or self.name

    @abstractmethod
    def fit(self, value: Any) -> Any:
        """Return a value as it is recorded.

        :raises Unfit: it is none for this field.
        """


@frozen(kw_only=True)
class TextField(Field):
    """Words, or what is written like words.

    :param least: how many characters there have to be.
    :param most: how many there may be, if that is bounded.
    :param format: a key of :data:`~ailoop.model.formats.FORMATS`.
    """

    least: int = 0
    most: int | None = None
    format: str | None = None

    def fit(self, value: Any) -> str:
        """Return the text."""
        if not isinstance(value, str):
            raise Unfit(f"must be text, not {describe(value)}")
        if len(value) < self.least:
            raise Unfit(f"must have at least {_count(self.least, 'character')}")
        if self.most is not None and len(value) > self.most:
            raise Unfit(f"must have at most {_count(self.most, 'character')}")
        if self.format is not None:
            is_so, sentence = FORMATS[self.format]
            if not is_so(value):
                raise Unfit(sentence)
        return value


@frozen(kw_only=True)
class NumberField(Field):
    """A number.

    :param whole: whether it has to be a whole one.
    """

    whole: bool = False
    minimum: float | None = None
    maximum: float | None = None

    def fit(self, value: Any) -> int | float:
        """Return the number; a whole one that is wanted so has no point."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Unfit(f"must be {self._wanted}, not {describe(value)}")
        number = self._exact(value)
        if self.minimum is not None and number < self.minimum:
            raise Unfit(f"must be at least {self.minimum}")
        if self.maximum is not None and number > self.maximum:
            raise Unfit(f"must be at most {self.maximum}")
        return number

    @property
    def _wanted(self) -> str:
        return "a whole number" if self.whole else "a number"

    def _exact(self, value: float) -> int | float:
        if not is_finite(value):
            raise Unfit(f"must be {self._wanted} that JSON has")
        if self.whole:
            if value != int(value):
                raise Unfit("must be a whole number")
            if abs(value) > _LARGEST:
                raise Unfit("must not be beyond 2^53 - 1, which not every reader can read")
            return int(value)
        return value if abs(value) <= _LARGEST else float(value)


@frozen(kw_only=True)
class BooleanField(Field):
    """Yes or no."""

    def fit(self, value: Any) -> bool:
        """Return what was decided."""
        if not isinstance(value, bool):
            raise Unfit(f"must be true or false, not {describe(value)}")
        return value


@frozen
class Option:
    """One of what can be chosen.

    :param value: what an answer has.
    :param title: what a surface shows.
    """

    value: str
    title: str


@frozen(kw_only=True)
class ChoiceField(Field):
    """One of several."""

    options: tuple[Option, ...]

    def fit(self, value: Any) -> str:
        """Return the value of the option."""
        return _choose(self.options, value, "must be")


@frozen(kw_only=True)
class ChoicesField(Field):
    """Any of several, each once, in any order.

    :param least: how many have to be chosen.
    :param most: how many may be, if that is bounded.
    """

    options: tuple[Option, ...]
    least: int = 0
    most: int | None = None

    def fit(self, value: Any) -> list[str]:
        """Return the values of the options."""
        if not isinstance(value, list):
            raise Unfit(f"must be an array, not {describe(value)}")
        if len(value) < self.least:
            raise Unfit(f"must have at least {_count(self.least, 'choice')}")
        # Also where nothing bounds it: a long array is no answer, and is not looked through.
        if len(value) > (len(self.options) if self.most is None else self.most):
            most = len(self.options) if self.most is None else self.most
            raise Unfit(f"must have at most {_count(most, 'choice')}")
        chosen = [_choose(self.options, one, "must be of") for one in value]
        if len(set(chosen)) < len(chosen):
            raise Unfit("must have each choice once")
        return chosen


def _choose(options: tuple[Option, ...], value: Any, wanted: str) -> str:
    if not isinstance(value, str):
        raise Unfit(f"{wanted} the texts to choose from, not {describe(value)}")
    if all(value != one.value for one in options):
        raise Unfit(f"{wanted} one of {', '.join(one.value for one in options):.500}")
    return value


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
