"""Which of several choices an answer means."""

from __future__ import annotations

from collections.abc import Sequence

from ailoop.model.errors import Refusal

__all__ = ["choose"]


def choose(choices: Sequence[str], answer: str) -> int:
    """Return the index of the choice that an answer names: by its text, or its number from 1.

    :raises Refusal: ``not_a_choice``.
    """
    # The very text first: choices may differ in nothing but case or spaces.
    if answer in choices:
        return choices.index(answer)
    answer = answer.strip()
    folded = answer.casefold()
    for index, choice in enumerate(choices):
        if choice.strip().casefold() == folded:
            return index
    # isdecimal() lets in other scripts' digits, which int() reads; the length bounds int().
    if answer.isdecimal() and len(answer) < 4 and 1 <= int(answer) <= len(choices):
        return int(answer) - 1
    raise Refusal("not_a_choice", choices=list(choices), path="$.content.answer")
