"""Which names a channel may have."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ailoop.model.errors import Refusal
from ailoop.model.names import RESERVED_CHANNELS, check_channel
from tests.model.strategies import channels

LETTERS = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


def allowed(name: str) -> bool:
    """Say the rule a second time, without a regular expression."""
    return (
        1 <= len(name) <= 64
        and name[0] in LETTERS
        and set(name) <= LETTERS | {"_", "-"}
        and name.lower() not in {"system", "admin", "internal", "reserved", "ailoop"}
    )


@given(channels)
def test_good_names(name):
    """A name of the contract's shape is returned as it is."""
    assert check_channel(name) == name


@given(
    st.text()
    | st.text("aZ09_-", max_size=66)
    | st.from_regex(r"[\w-]{1,64}\n?", fullmatch=True)
    | st.sampled_from([n.swapcase() for n in RESERVED_CHANNELS])
)
@example("a\n")
@example("²")
@example("\N{FULLWIDTH LATIN SMALL LETTER A}")
@example("\N{LATIN SMALL LETTER LONG S}ystem")
def test_any_text(name):
    """Any other text is refused, with the name shown but not in full length."""
    if allowed(name):
        assert check_channel(name) == name
        return
    with pytest.raises(Refusal) as caught:
        check_channel(name)
    assert caught.value.code == "bad_channel"
    assert caught.value.spec.status == 400
    assert caught.value.details["channel"] == name[:100]


@given(st.none() | st.integers() | st.booleans() | st.lists(st.text()) | st.binary())
def test_no_text(name):
    """What is not text is no name."""
    with pytest.raises(Refusal) as caught:
        check_channel(name)
    assert caught.value.details == {"channel": None}


@pytest.mark.parametrize("name", sorted(RESERVED_CHANNELS))
def test_reserved_names(name):
    """A reserved name is refused in any case; as part of a longer name it is good."""
    for spelled in (name, name.upper(), name.title()):
        with pytest.raises(Refusal):
            check_channel(spelled)
    assert check_channel(name + "s")
    assert check_channel(f"my-{name}")
