"""A surface's word of how a prompt stands with it, and what is told of all such words."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from ailoop.broker import Prompt
from ailoop.broker.audience import Audience
from ailoop.model.converter import structure_as
from ailoop.model.delivery import Showing
from ailoop.model.errors import Refusal

__all__ = ["Word", "delivery_members", "load_word"]

_NAME_LENGTH = 100

_NOBODY = Audience(0).members()


@frozen(kw_only=True)
class Word:
    """What a surface says."""

    state: Showing
    name: str | None = None
    surface: str | None = None

    @property
    def who(self) -> str:
        """What the person is called, or else the surface."""
        return self.name or self.surface or "somebody"


def load_word(value: Any) -> Word:
    """Make a word of parsed JSON; members that it does not know are ignored.

    :raises Refusal: ``invalid_message`` with the path of the field.
    """
    if not isinstance(value, dict):
        raise Refusal("invalid_message", "$: must be an object", path="$")
    word = structure_as(Word, {key: one for key, one in value.items() if one is not None})
    for name in ("name", "surface"):
        if len(getattr(word, name) or "") > _NAME_LENGTH:
            raise Refusal(
                "invalid_message",
                f"$.{name} is longer than {_NAME_LENGTH} characters",
                path=f"$.{name}",
            )
    return word


def delivery_members(prompt: Prompt) -> dict[str, Any]:
    """Return how far a prompt has come, as the wire shows it."""
    return _NOBODY if prompt.audience is None else prompt.audience.members()
