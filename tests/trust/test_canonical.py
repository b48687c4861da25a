"""Canonical JSON is that of RFC 8785, and both ends hash the same."""

from __future__ import annotations

import json
import math
import struct
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ailoop.model.codec import encode, load_json, load_message
from ailoop.model.message import Authorization, Message, Navigate, PromptContent, Question
from ailoop.trust.canonical import (
    CanonicalError,
    action_hash,
    answer_hash,
    canonical_json,
    content_hash,
)
from tests.model.strategies import anything, urls, words

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(1 - 2**53, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | anything,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(anything, inner, max_size=4),
    max_leaves=10,
)

# RFC 8785, appendix B: the bits of a double, and how it is written.
NUMBERS = """
0000000000000000 0
8000000000000000 0
0000000000000001 5e-324
8000000000000001 -5e-324
7fefffffffffffff 1.7976931348623157e+308
ffefffffffffffff -1.7976931348623157e+308
4340000000000000 9007199254740992
c340000000000000 -9007199254740992
4430000000000000 295147905179352830000
44b52d02c7e14af5 9.999999999999997e+22
44b52d02c7e14af6 1e+23
44b52d02c7e14af7 1.0000000000000001e+23
444b1ae4d6e2ef4e 999999999999999700000
444b1ae4d6e2ef4f 999999999999999900000
444b1ae4d6e2ef50 1e+21
3eb0c6f7a0b5ed8c 9.999999999999997e-7
3eb0c6f7a0b5ed8d 0.000001
41b3de4355555553 333333333.3333332
41b3de4355555554 333333333.33333325
41b3de4355555555 333333333.3333333
41b3de4355555556 333333333.3333334
41b3de4355555557 333333333.33333343
becbf647612f3696 -0.0000033333333333333333
43143ff3c1cb0959 1424953923781206.2
"""


@pytest.mark.parametrize(
    ("bits", "written"), [one.split() for one in NUMBERS.split("\n") if one]
)
def test_numbers_of_the_rfc(bits: str, written: str) -> None:
    """Numbers are written as ECMAScript writes them."""
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_json(number) == written.encode()


def test_the_example_of_the_rfc() -> None:
    """The example of section 3.2.2 comes to the bytes of section 3.2.4."""
    text = r"""{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }"""
    assert canonical_json(orjson.loads(text)) == (
        b'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        b'"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_the_order_of_the_rfc() -> None:
    """Names are sorted by their UTF-16 units (section 3.2.3), not by code points."""
    names = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert [*json.loads(canonical_json(names)).values()] == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


@given(values)
def test_it_is_json_and_means_the_same(value: Any) -> None:
    """What is written reads as the value, so two values with one form are the same JSON."""
    written = canonical_json(value)
    # As ECMAScript reads it: every number is a double, also one without a point.
    read = json.loads(written, parse_int=float)
    assert read == value
    assert canonical_json(read) == written


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (math.nan, ""),
        ([math.inf], "[0]"),
        ({"a": {"b": [1, -math.inf]}}, ".a.b[1]"),
        ({"amount": 2**53}, ".amount"),
        ([-(2**53)], "[0]"),
        ({"a": "\ud800"}, ".a"),
        ({"\udfff": 1}, ""),
        ({1: "a"}, ""),
        ([b"a"], "[0]"),
    ],
)
def test_what_has_no_form(value: Any, path: str) -> None:
    """It is refused with the place where it is, rather than written in one of two ways."""
    with pytest.raises(CanonicalError) as caught:
        canonical_json(value)
    assert caught.value.path == path


class Colour(Enum):
    RED = "red"


contents = st.one_of(
    st.builds(Authorization, action=words, context=values),
    st.builds(Navigate, url=urls, context=values),
    st.builds(
        Question,
        text=words,
        choices=st.none() | st.lists(words, min_size=1, max_size=5).map(tuple),
    ),
)


@given(contents)
@example(Authorization(action="a", context=(1, (2.0, -0.0), {"b": ()})))
@example(Authorization(action="a", context={"at": datetime(2026, 1, 2, tzinfo=UTC)}))
@example(Authorization(action="a", context=[date(2026, 1, 2), Colour.RED, UUID(int=7)]))
@example(Authorization(action="a", context=1e16))
def test_the_wire_changes_no_hash(content: PromptContent) -> None:
    """The server, from what has come over the wire, hashes what the client does."""
    message = load_message(load_json(encode(Message(channel="a", content=content))))
    assert content_hash(message.content) == content_hash(content)


@given(values, values)
def test_another_context_has_another_hash(one: Any, other: Any) -> None:
    """Hashes are equal where the JSON is, and only there."""
    hashes = [action_hash("authorization", "do it", context) for context in (one, other)]
    assert (hashes[0] == hashes[1]) == (canonical_json(one) == canonical_json(other))


def test_each_part_counts() -> None:
    """The kind, the action and the context are in the hash; how long a person has is not."""
    told = [
        action_hash("authorization", "https://a.test/"),
        action_hash("navigate", "https://a.test/"),
        action_hash("authorization", "https://a.test/ "),
        action_hash("authorization", "https://a.test/", {}),
        action_hash("authorization", "https://a.test/", {"a": None}),
        content_hash(Question(text="https://a.test/")),
        content_hash(Question(text="https://a.test/", choices=("a", "b"))),
        content_hash(Question(text="https://a.test/", choices=("b", "a"))),
    ]
    assert len(set(told)) == len(told)
    short, long = (Authorization(action="a", timeout_seconds=n) for n in (1, 2))
    assert content_hash(short) == content_hash(long)
    with pytest.raises(ValueError, match="question"):
        action_hash("question", "Which?")


def test_a_known_hash() -> None:
    """The hash is what anybody gets from the canonical form, in any language."""
    # printf '{"action":"deploy","context":{"v":1},"type":"authorization"}' | sha256sum
    known = "c964a2fe55f85645caf65ecffa09df0522c09f33bff679b400cef1416ea6ea29"
    assert action_hash("authorization", "deploy", {"v": 1.0}) == f"sha-256:{known}"
    assert answer_hash(None) is None
    assert answer_hash("") != answer_hash("null")
