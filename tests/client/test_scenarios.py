"""The list of scenarios is that of the tests there are."""

from __future__ import annotations

from collections import Counter

from tests.client.faces import FACES
from tests.client.scenarios import README, SCENARIOS, cases, page


def test_each_test_is_of_one_scenario() -> None:
    """Every test of a face is in the list, once, and nothing else is."""
    listed = Counter(name for names in SCENARIOS.values() for name in names.split())
    assert set(listed.values()) == {1}
    there = Counter(one.name for one in cases())
    assert {name for name, count in there.items() if count > 1} == set()
    assert set(listed) == set(there)


def test_the_page_is_up_to_date() -> None:
    """The page says what the tests say; to write it anew, run the module."""
    assert README.read_text() == page(), "python -m tests.client.scenarios"


def test_what_is_left_out_has_a_reason() -> None:
    """No face is left out that is not one, and each case claims something."""
    for one in cases():
        assert one.claim, one
        assert one.left_out.keys() < FACES.keys(), one
        assert one.alone or one.left_out.keys() != FACES.keys(), one
