"""The catalogue of refusals."""

from __future__ import annotations

import re
from http import HTTPStatus

import orjson
import pytest

from ailoop.model.errors import CATALOGUE, CLOSE_SLOW_CONSUMER, Refusal


@pytest.mark.parametrize("code", CATALOGUE)
def test_row(code):
    """Each code is a stable word with an HTTP error status and a sentence for a person."""
    spec = CATALOGUE[code]
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code)
    assert HTTPStatus(spec.status) >= 400
    assert spec.sentence[0].isupper()
    assert not spec.sentence.endswith(".")
    # Only what may be tried again says when.
    assert (spec.retry_after is not None) == (spec.status in (429, 503))


def test_body():
    """A refusal shows its own sentence if it has one, its code, and its details."""
    plain = Refusal("expired")
    assert plain.body() == {"error": CATALOGUE["expired"].sentence, "code": "expired"}
    exact = Refusal("too_large", "It has 70000 bytes", limit=65536)
    assert exact.body() == {"error": "It has 70000 bytes", "code": "too_large", "limit": 65536}
    assert str(exact) == "It has 70000 bytes"
    assert list(orjson.loads(orjson.dumps(exact.body())))[:2] == ["error", "code"]


def test_unknown_code():
    """A code that is not in the catalogue cannot be used."""
    with pytest.raises(KeyError):
        Refusal("whatever")


def test_sentences_of_earlier_servers():
    """Earlier clients match on these two sentences."""
    assert CATALOGUE["message_not_found"].sentence == "Message not found"
    assert CATALOGUE["original_not_found"].sentence == "Original message not found"


def test_close_code():
    """The close code for slow readers is in the range left to applications."""
    assert 4000 <= CLOSE_SLOW_CONSUMER <= 4999
