"""Patterns mean what they say, and take no time that a text could make long."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ailoop.policy.glob import Glob

TEXTS = st.text("ab*\\ /", max_size=12)


def as_regex(pattern: str) -> re.Pattern[str]:
    """Return the same as a regular expression, from what the documentation says."""
    tokens = re.findall(r"\\\\|\\\*|\*|[^*]", pattern, re.DOTALL)
    signs = {"*": ".*", "\\*": re.escape("*"), "\\\\": re.escape("\\")}
    return re.compile("".join(signs.get(one, re.escape(one)) for one in tokens), re.DOTALL)


@given(pattern=TEXTS, text=TEXTS)
def test_it_matches_what_the_expression_matches(pattern: str, text: str) -> None:
    """An asterisk is any text, and everything else is itself."""
    assert Glob(pattern).matches(text) == bool(as_regex(pattern).fullmatch(text))


@given(text=st.text(max_size=40))
def test_a_text_is_matched_by_itself_escaped(text: str) -> None:
    """With a backslash before asterisks and backslashes, a pattern is one text alone."""
    pattern = Glob(text.replace("\\", "\\\\").replace("*", "\\*"))
    assert pattern.matches(text)
    assert not pattern.matches(f"{text}x")
    assert not pattern.is_open


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("git status *", "git status", True),
        ("git status *", "git status -s", True),
        ("git status *", "git statusx", False),
        ("git status*", "git statusx", True),
        ("git status", "git status -s", False),
        ("*", "", True),
        (" *", "", True),
    ],
)
def test_a_command_without_arguments(pattern: str, text: str, matches: bool) -> None:
    """`` *`` at the end is also for the command alone, and never for another word."""
    assert Glob(pattern).matches_command(text) is matches


def test_letters() -> None:
    """Small and capital letters are the same only where it is asked for."""
    assert Glob("*RM *").matches("sudo Rm -rf", fold=True)
    assert not Glob("*RM *").matches("sudo Rm -rf")


def test_a_hostile_text_costs_nothing() -> None:
    """What makes a backtracking matcher wait for ages is over within the test's time."""
    assert not Glob("*a" * 400 + "b").matches("a" * 1_000_000)
