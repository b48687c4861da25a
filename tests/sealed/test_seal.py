"""What is sealed opens for its recipients, in its place, whole; and for nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ailoop.trust.keys import make_key
from ailoop.trust.reply import ReplySecret
from ailoop.trust.sealed import CannotUnseal, NoKey, seal, unseal
from tests.sealed.kit import WORDS, People, damaged

ANN, BOB, EVE = make_key("ann"), make_key("bob"), make_key("eve")
PLACE = "question a 0190f3a2-0000-7000-8000-000000000000"

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(value=values, place=st.text(min_size=1, max_size=100))
def test_round_trip(value: Any, place: str) -> None:
    """Any JSON comes out for each recipient as it went in, also after a way over the wire."""
    part = json.loads(json.dumps(seal(value, [ANN, BOB], place)))
    assert unseal(part, [ANN], place) == (value, ANN)
    assert unseal(part, [EVE, BOB], place) == (value, BOB)
    with pytest.raises(NoKey):
        unseal(part, [EVE], place)
    with pytest.raises(CannotUnseal):
        unseal(part, [ANN], place + " ")


@given(data=st.data())
def test_damage(data: st.DataObject) -> None:
    """Whatever letter of it is changed, it does not open, and nothing but that is raised."""
    part = seal({"text": WORDS}, [ANN], PLACE)
    text = json.dumps(part)
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from('AB0_"{}:,e'))
    changed = text[:place] + letter + text[place + 1 :]
    try:
        read = json.loads(changed)
    except ValueError:
        return
    try:
        value, _ = unseal(read, [ANN], PLACE)
    except (NoKey, CannotUnseal):
        return
    # The last letters of Base64 have bits that mean nothing.
    assert value == {"text": WORDS}


@pytest.mark.parametrize("member", ["ciphertext", "tag", "iv", "protected", "aad"])
def test_damaged_members(member: str) -> None:
    """Each part of it is needed, unchanged."""
    part = seal({"text": WORDS}, [ANN], PLACE)
    with pytest.raises(CannotUnseal):
        unseal(damaged(part, member), [ANN], PLACE)
    with pytest.raises(CannotUnseal):
        unseal({k: v for k, v in part.items() if k != member}, [ANN], PLACE)


@pytest.mark.parametrize(
    "part",
    [
        {},
        {"ciphertext": "AA"},
        {"recipients": {}},
        {"recipients": [5, {"header": 5}]},
        {"recipients": [{"header": {"kid": ANN.kid}}]},
        {"recipients": [{"header": {"kid": ANN.kid, "alg": "dir"}}], "ciphertext": 5},
    ],
)
def test_nonsense(part: dict[str, Any]) -> None:
    """What is no sealed content at all is refused in the same words."""
    with pytest.raises((CannotUnseal, NoKey)):
        unseal(part, [ANN], PLACE)


def test_the_wrong_key_under_the_right_name() -> None:
    """Who only calls themselves ann cannot open what is for ann."""
    part = seal({"text": WORDS}, [ANN], PLACE)
    part["recipients"][0]["header"]["kid"] = EVE.kid
    with pytest.raises(CannotUnseal, match=f"damaged, or not for the key {EVE.kid}"):
        unseal(part, [EVE], PLACE)


def test_other_algorithms_are_refused() -> None:
    """A message does not choose how it is opened."""
    from joserfc import jwe

    envelope = jwe.GeneralJSONEncryption({"enc": "A128GCM"}, b"{}", aad=PLACE.encode())
    envelope.add_recipient({"alg": "ECDH-ES+A256KW", "kid": ANN.kid}, ANN.jwk)
    part = jwe.encrypt_json(envelope, None, algorithms=["ECDH-ES+A256KW", "A128GCM"])
    with pytest.raises(CannotUnseal):
        unseal(dict(part), [ANN], PLACE)


def test_lengths_tell_little() -> None:
    """``yes`` and ``no`` are of one length."""
    short, long = (seal({"answer": text}, [ANN], PLACE) for text in ("no", "yes, please"))
    assert len(short["ciphertext"]) == len(long["ciphertext"])


def test_recipients_are_named(people: People) -> None:
    """Who can read it stands in it, and no word of what it says."""
    part = seal({"text": WORDS}, [people.public_key("ann")], PLACE)
    assert [one["header"]["kid"] for one in part["recipients"]] == [people.keys["ann"].kid]
    assert WORDS not in json.dumps(part)
    with pytest.raises(NoKey, match=people.keys["ann"].kid):
        unseal(part, [people.keys["bob"]], PLACE)


def test_reply_secrets() -> None:
    """The secret of a prompt follows from who asks, where and what; all else from it."""
    own = ANN.derive("replies")
    known = ReplySecret.of(own, PLACE, {"a": 1, "b": 2})
    again = ReplySecret.of(own, PLACE, {"b": 2, "a": 1})
    assert known == again
    assert known.nonce == again.nonce
    assert known.key.kid == again.key.kid
    assert known.key.dump(private=True) == again.key.dump(private=True)
    others = [
        ReplySecret.of(BOB.derive("replies"), PLACE, {"a": 1, "b": 2}),
        ReplySecret.of(own, "question b x", {"a": 1, "b": 2}),
        ReplySecret.of(own, PLACE, {"a": 1, "b": 3}),
    ]
    marks = {one.fingerprint for one in [known, *others]}
    assert len(marks) == len({one.nonce for one in [known, *others]}) == 4
    assert marks.isdisjoint({one.nonce for one in [known, *others]})
