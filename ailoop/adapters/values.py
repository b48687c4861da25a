"""Values of other libraries as JSON that arrives as it was written."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

__all__ = ["as_json", "load_exactly"]

_DIGITS = 20
"""Of the largest whole number that messages have, which have 64 bits."""


def as_json(value: Any) -> str:
    """Write a value down for a person; what is no JSON in its own words."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def load_exactly(text: str) -> Any:
    """Read JSON; a number that a message would change or lose is its text.

    :raises ValueError: it is no JSON, or too deep to be read.
    """
    try:
        return json.loads(
            text, parse_int=_whole_number, parse_float=_number, parse_constant=str
        )
    except RecursionError:
        raise ValueError("nested too deep") from None


def _whole_number(text: str) -> int | str:
    fits = len(text) <= _DIGITS and -(2**63) <= int(text) < 2**64
    return int(text) if fits else text


def _number(text: str) -> float | str:
    return float(text) if isfinite(float(text)) else text
