"""What comes of asking people, in the words that all adapters share.

Only a person's explicit approval is :class:`Approved`; where nobody has decided there is
:class:`Silent`, which no adapter makes an approval of.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from ailoop.client.errors import AiloopError

__all__ = ["Approved", "Denied", "NoDecision", "Outcome", "Said", "Silent"]


class NoDecision(AiloopError):  # noqa: N818 -- an outcome that programs name in `except`
    """Nobody has decided, or in a way that the agent does not take; nothing was approved.

    :param asked: what was asked.
    :param why: what came instead.
    """

    def __init__(self, asked: str, why: str) -> None:
        self.asked = asked
        self.why = why
        super().__init__(f"not decided: {asked} ({why})")


@frozen
class Approved:
    """A person has approved.

    :param context: what exactly: as it was asked, or as the person has edited it.
    """

    context: Any = None
    edited: bool = False


@frozen
class Denied:
    """A person has denied, or wants no part in it."""

    reason: str | None = None


@frozen
class Said:
    """A person has answered: a text, or what a form holds."""

    value: Any


@frozen
class Silent:
    """Nobody has decided.

    :param why: the end of a sentence.
    """

    why: str


Outcome = Approved | Denied | Said | Silent
