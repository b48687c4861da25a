"""Grants: a role on the channels that a pattern names, such as ``agent:deploys-*``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum, StrEnum, auto

from attrs import field, frozen

__all__ = ["Act", "Grant", "Role", "read_grants"]

_PATTERN = re.compile(r"[A-Za-z0-9_*-]{1,64}", re.ASCII)


class Role(StrEnum):
    """What somebody is on a channel."""

    AGENT = "agent"
    HUMAN = "human"
    OBSERVER = "observer"
    ADMIN = "admin"


class Act(Enum):
    """What can be done on a channel."""

    READ = auto()
    """See its messages and prompts, and wait for responses."""
    SEND = auto()
    """Ask, tell, and take back what one has asked."""
    RESPOND = auto()
    """Answer, and tell that a prompt has been shown."""
    MANAGE = auto()
    """Take back what others have asked."""


_ALLOWED = {
    Role.AGENT: {Act.READ, Act.SEND},
    Role.HUMAN: {Act.READ, Act.RESPOND},
    Role.OBSERVER: {Act.READ},
    Role.ADMIN: {Act.READ, Act.RESPOND, Act.MANAGE},
}


def _compile(pattern: str) -> re.Pattern[str]:
    first, *rest = map(re.escape, pattern.split("*"))
    if not rest:
        return re.compile(first, re.ASCII)
    *inner, last = rest
    # Each part where it comes first, for good: to try the later places as well finds nothing
    # more, and takes a time that grows with the name to the power of the stars.
    found = "".join(f"(?>.*?{part})" for part in inner if part)
    return re.compile(f"{first}{found}.*{last}", re.ASCII)


@frozen
class Grant:
    """A role on some channels.

    :param pattern: a channel's name, in which ``*`` stands for any number of characters. Case
        matters, as it does in names.
    """

    role: Role
    pattern: str
    _regex: re.Pattern[str] = field(init=False, repr=False, eq=False)

    @_regex.default
    def _make_regex(self) -> re.Pattern[str]:
        return _compile(self.pattern)

    @classmethod
    def parse(cls, text: str) -> Grant:
        """Read ``role:pattern``.

        :raises ValueError: it is none, with a sentence that says what one is.
        """
        role, colon, pattern = text.partition(":")
        if not colon or role not in list(Role) or not _PATTERN.fullmatch(pattern):
            raise ValueError(
                f"a grant is ROLE:PATTERN, such as agent:deploys-*, where ROLE is one of "
                f"{', '.join(Role)}, not {text[:100]!r}"
            )
        return cls(Role(role), pattern)

    def allows(self, act: Act, channel: str) -> bool:
        """Whether it lets somebody do something on a channel."""
        return act in _ALLOWED[self.role] and self._regex.fullmatch(channel) is not None

    @property
    def everywhere(self) -> bool:
        """Whether it is about every channel that there may ever be."""
        return not self.pattern.strip("*")

    def __str__(self) -> str:
        return f"{self.role}:{self.pattern}"


def read_grants(texts: Iterable[str]) -> tuple[Grant, ...]:
    """Read the grants of one credential.

    :raises ValueError: one of them is none, there is none, or an agent could answer.
    """
    grants = tuple(map(Grant.parse, texts))
    if not grants:
        raise ValueError("a credential without a grant could do nothing; give at least one")
    roles = {grant.role for grant in grants}
    if Role.AGENT in roles and roles & {Role.HUMAN, Role.ADMIN}:
        raise ValueError(
            "an agent's credential can never answer: make another one for the person"
        )
    return grants
