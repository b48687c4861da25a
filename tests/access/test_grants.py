"""Grants: what they are, and what they let through."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ailoop.access.grants import Act, Grant, Role, read_grants

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,10}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "act", "yes", "no"),
    [
        ("agent:deploys", Act.SEND, ["deploys"], ["deploys2", "Deploys", "xdeploys", "a"]),
        ("agent:deploys-*", Act.SEND, ["deploys-", "deploys-a"], ["deploys", "x-deploys-a"]),
        ("human:*", Act.RESPOND, ["a", "Z_9-"], []),
        ("human:*-prod", Act.RESPOND, ["a-prod", "-prod"], ["a-prod-b", "prod"]),
        ("observer:a*b", Act.READ, ["ab", "a-b"], ["a", "b", "abc"]),
    ],
)
def test_patterns(text: str, act: Act, yes: list[str], no: list[str]) -> None:
    """A pattern fits whole names, in their case, and a star any number of characters."""
    grant = Grant.parse(text)
    assert [grant.allows(act, name) for name in yes] == [True] * len(yes)
    assert [grant.allows(act, name) for name in no] == [False] * len(no)
    assert str(grant) == text


@pytest.mark.parametrize(
    ("role", "acts"),
    [
        (Role.AGENT, {Act.READ, Act.SEND}),
        (Role.HUMAN, {Act.READ, Act.RESPOND}),
        (Role.OBSERVER, {Act.READ}),
        (Role.ADMIN, {Act.READ, Act.RESPOND, Act.MANAGE}),
    ],
)
def test_roles(role: Role, acts: set[Act]) -> None:
    """Each role may do just this; an agent answers nothing."""
    assert {act for act in Act if Grant(role, "*").allows(act, "a")} == acts


@pytest.mark.parametrize(
    "text",
    ["", "agent", "agent:", ":a", "boss:*", "Agent:a", "agent:a b", "agent:ä", "agent:a\n",
     "agent:.*", "agent:a" * 20, "agent: a", "human:[a]"],
)  # fmt: skip
def test_what_is_no_grant(text: str) -> None:
    """Something else is refused with a sentence that says what a grant is."""
    with pytest.raises(ValueError, match="ROLE:PATTERN"):
        Grant.parse(text)


def test_an_agent_is_nothing_else() -> None:
    """A credential that asks can never answer, on whatever channel."""
    for other in ("human:b", "admin:b"):
        with pytest.raises(ValueError, match="can never answer"):
            read_grants(["agent:a", other])
    assert len(read_grants(["agent:a", "observer:*"])) == 2
    with pytest.raises(ValueError, match="at least one"):
        read_grants([])


@given(NAMES, NAMES)
def test_a_name_fits_itself_alone(one: str, other: str) -> None:
    """A pattern without a star is a name; what begins with it fits it with a star behind."""
    assert Grant(Role.AGENT, one).allows(Act.READ, other) == (one == other)
    assert Grant(Role.AGENT, f"{one}*").allows(Act.READ, other) == other.startswith(one)


def test_many_stars_take_no_time() -> None:
    """Whoever chooses a channel's name does not choose how long a pattern is looked for."""
    grant = Grant.parse("agent:" + "*a" * 30 + "b")
    assert not grant.allows(Act.READ, "a" * 64)
    assert grant.allows(Act.READ, "a" * 40 + "b")


@pytest.mark.parametrize("pattern", ["a*b", "*a*", "a*b*a", "*ab*ba*", "**", "a**b", "*aba"])
def test_stars_find_all_there_is(pattern: str) -> None:
    """A pattern means what it means to a shell."""
    grant = Grant.parse(f"agent:{pattern}")
    for size in range(1, 8):
        for letters in product("ab", repeat=size):
            name = "".join(letters)
            assert grant.allows(Act.READ, name) == fnmatchcase(name, pattern)
