"""A receipt is believed for exactly what it is about, in its time, once; and no forgery is."""

from __future__ import annotations

import base64
import hmac
import threading
from typing import Any
from uuid import UUID

import orjson
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OKPKey

from ailoop.model.message import Authorization, Navigate, Question, Response, ResponseType
from ailoop.trust.canonical import answer_hash, content_hash
from ailoop.trust.faults import Fault, ReceiptError
from ailoop.trust.receipt import Receipt
from ailoop.trust.receipt_check import Expected, ReceiptVerifier
from tests.trust.kit import APPROVED, ASKED, EXPECTED, NOW, PROMPT, Signing

ANSWERED = Response(answer="eu")
DENIED = Response(response_type=ResponseType.AUTHORIZATION_DENIED)


def fault_of(signing: Signing, token: Any, expected: Expected = EXPECTED) -> Fault:
    """Return why a token is refused; the same to check and to redeem, and it stays unused."""
    told = []
    for hold in (signing.verifier.check, signing.verifier.redeem):
        with pytest.raises(ReceiptError) as caught:
            hold(token, expected)
        told.append(caught.value.fault)
    assert told[0] == told[1]
    assert not signing.verifier._used._ids
    return told[0]


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


def test_it_says_what_was_signed() -> None:
    """What comes out is what went in."""
    signing = Signing()
    receipt = signing.receipt()
    assert signing.verifier.check(signing.signer.sign(receipt), EXPECTED) == receipt


def test_it_is_redeemed_once() -> None:
    """Checking uses nothing up; the second redeeming is refused, and so is checking then."""
    signing = Signing()
    token = signing.sign()
    for _ in range(3):
        signing.verifier.check(token, EXPECTED)
    signing.verifier.redeem(token, EXPECTED)
    for hold in (signing.verifier.redeem, signing.verifier.check):
        with pytest.raises(ReceiptError) as caught:
            hold(token, EXPECTED)
        assert caught.value.fault is Fault.USED
    signing.verifier.redeem(signing.sign(), EXPECTED)


def test_of_many_threads_one_redeems(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that have all found the same receipt unused do not all get through."""
    signing = Signing()
    token, checked = signing.sign(), threading.Barrier(8)
    faults: list[Fault | None] = []
    check = signing.verifier.check

    def check_together(*args: Any) -> Receipt:
        receipt = check(*args)
        checked.wait()
        return receipt

    monkeypatch.setattr(signing.verifier, "check", check_together)

    def redeem() -> None:
        try:
            signing.verifier.redeem(token, EXPECTED)
            faults.append(None)
        except ReceiptError as error:
            faults.append(error.fault)

    threads = [threading.Thread(target=redeem) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, faults)) == ["None"] + ["used"] * 7


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"content": evolve(ASKED, action="deploy ")}, Fault.OTHER_ACTION),
        ({"content": evolve(ASKED, context={"version": "1.5"})}, Fault.OTHER_ACTION),
        ({"content": evolve(ASKED, context=None)}, Fault.OTHER_ACTION),
        ({"content": Navigate(url="https://a.test/")}, Fault.OTHER_ACTION),
        ({"channel": "deploy"}, Fault.OTHER_CHANNEL),
        ({"prompt_id": UUID(int=2)}, Fault.OTHER_PROMPT),
        ({"response": evolve(APPROVED, answer="but")}, Fault.OTHER_DECISION),
        ({"response": DENIED}, Fault.OTHER_DECISION),
    ],
)
def test_it_is_about_one_thing(changes: dict[str, Any], fault: Fault) -> None:
    """Whatever differs of what is about to be done is named."""
    signing = Signing()
    assert fault_of(signing, signing.sign(), evolve(EXPECTED, **changes)) is fault


@pytest.mark.parametrize("decision", ["text", "authorization_denied", "timeout", "cancelled"])
def test_no_other_decision_is_an_approval(decision: str) -> None:
    """A signed denial cannot stand where an approval has to."""
    signing = Signing()
    assert (
        fault_of(signing, signing.sign(decision=ResponseType(decision))) is Fault.OTHER_DECISION
    )


def test_words_are_signed_too() -> None:
    """The receipt of an answer is about these words."""
    signing = Signing()
    asked = Question(text="Which region?", choices=("eu", "us"))
    token = signing.sign(
        decision=ResponseType.TEXT,
        action_hash=content_hash(asked),
        answer_hash=answer_hash("eu"),
    )
    expected = evolve(EXPECTED, content=asked, response=ANSWERED)
    signing.verifier.check(token, expected)
    other = evolve(expected, response=Response(answer="us"))
    assert fault_of(signing, token, other) is Fault.OTHER_DECISION


@pytest.mark.parametrize(("later", "fine"), [(299.9, True), (300, False), (10**6, False)])
def test_it_expires(later: float, fine: bool) -> None:
    """It is good until just before its end."""
    signing = Signing()
    token = signing.sign()
    signing.clock.now += later
    if fine:
        signing.verifier.redeem(token, EXPECTED)
    else:
        assert fault_of(signing, token) is Fault.EXPIRED
        assert signing.verifier.read(token, expired_too=True).approver == "ann"


@pytest.mark.parametrize(("ahead", "fine"), [(60, True), (61, False)])
def test_a_receipt_from_the_future(ahead: int, fine: bool) -> None:
    """The signer's clock may be ahead a little."""
    signing = Signing()
    token = signing.sign(issued_at=NOW + ahead, expires_at=NOW + 900)
    if fine:
        signing.verifier.check(token, EXPECTED)
    else:
        assert fault_of(signing, token) is Fault.NOT_YET


def test_the_memory_is_bounded_and_forgets_nothing_that_counts() -> None:
    """When it is full nothing more is redeemed; what has long expired makes room."""
    signing = Signing(most_used=2)
    first, second, third = (signing.sign() for _ in range(3))
    signing.verifier.redeem(first, EXPECTED)
    signing.verifier.redeem(second, EXPECTED)
    with pytest.raises(ReceiptError) as caught:
        signing.verifier.redeem(third, EXPECTED)
    assert caught.value.fault is Fault.TOO_MANY
    signing.clock.now += 5000
    later = NOW + 5000
    signing.verifier.redeem(signing.sign(issued_at=later, expires_at=later + 9), EXPECTED)
    assert len(signing.verifier._used._ids) == len(signing.verifier._used._ends) == 1


def test_a_clock_set_back_opens_nothing() -> None:
    """A redeemed receipt stays so when the clock is behind again after its end."""
    signing = Signing()
    token = signing.sign()
    signing.verifier.redeem(token, EXPECTED)
    signing.clock.now += 400
    later = NOW + 400
    signing.verifier.redeem(signing.sign(issued_at=later, expires_at=later + 9), EXPECTED)
    signing.clock.now = NOW + 100
    with pytest.raises(ReceiptError) as caught:
        signing.verifier.redeem(token, EXPECTED)
    assert caught.value.fault is Fault.USED


# -- forgeries ------------------------------------------------------------------------------


def test_another_key() -> None:
    """What somebody else signs is refused, also under our key's name."""
    signing, other = Signing(), Signing()
    assert fault_of(signing, other.sign()) is Fault.UNKNOWN_KEY
    header = {"alg": "Ed25519", "typ": "ailoop-receipt+jwt", "kid": signing.signer.key_id}
    forged = jwt.encode(header, signing.receipt().claims(), other.key, algorithms=["Ed25519"])
    assert fault_of(signing, forged) is Fault.BAD_SIGNATURE


def test_a_key_of_its_own() -> None:
    """A key that the token brings along is not looked at."""
    signing, other = Signing(), Signing()
    header = {
        "alg": "Ed25519",
        "typ": "ailoop-receipt+jwt",
        "kid": other.signer.key_id,
        "jwk": other.public,
    }
    forged = jwt.encode(header, signing.receipt().claims(), other.key, algorithms=["Ed25519"])
    assert fault_of(signing, forged) is Fault.UNKNOWN_KEY


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "", "EdDSA", "HS256", None, 1, ["none"]]
)
@pytest.mark.parametrize("tail", ["", "AAAA"])
def test_no_signature(alg: Any, tail: str) -> None:
    """``alg`` is not the token's to choose: unsigned ones are refused."""
    signing = Signing()
    header = {"alg": alg, "typ": "ailoop-receipt+jwt", "kid": signing.signer.key_id}
    token = f"{encoded(header)}.{encoded(signing.receipt().claims())}.{tail}"
    assert fault_of(signing, token) is Fault.WRONG_ALGORITHM


def secrets_of(key: OKPKey) -> list[bytes]:
    """Return everything public that a careless verifier might take for a shared secret."""
    public = key.as_dict(private=False)
    return [
        base64.urlsafe_b64decode(public["x"] + "="),
        public["x"].encode(),
        key.as_pem(private=False),
        key.as_der(private=False),
        orjson.dumps(public),
    ]


@pytest.mark.parametrize("which", range(5))
def test_the_public_key_is_no_secret(which: int) -> None:
    """HS256 with the public key as its secret is refused (RFC 8725, section 2.1)."""
    signing = Signing()
    header = {"alg": "HS256", "typ": "ailoop-receipt+jwt", "kid": signing.signer.key_id}
    told = f"{encoded(header)}.{encoded(signing.receipt().claims())}"
    # By hand: joserfc refuses to take a public key for a secret.
    signature = hmac.digest(secrets_of(signing.key)[which], told.encode(), "sha256")
    tail = base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
    assert fault_of(signing, f"{told}.{tail}") is Fault.WRONG_ALGORITHM


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", None, "AILOOP-RECEIPT+JWT "])
def test_another_type(typ: str | None) -> None:
    """What the same key has signed for something else is no receipt (RFC 8725, 3.11)."""
    signing = Signing()
    header = {"alg": "Ed25519", "kid": signing.signer.key_id}
    header |= {"typ": typ} if typ else {}
    token = jwt.encode(
        header,
        signing.receipt().claims(),
        signing.key,
        algorithms=["Ed25519"],
        default_type=None,
    )
    assert fault_of(signing, token) is Fault.WRONG_TYPE


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_changed_token(part: int) -> None:
    """No byte of it can be changed."""
    signing = Signing()
    token = signing.sign()
    parts = token.split(".")
    for place in range(0, len(parts[part]), 7):
        text = parts[part]
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        tampered = ".".join([*parts[:part], changed, *parts[part + 1 :]])
        with pytest.raises(ReceiptError):
            signing.verifier.check(tampered, EXPECTED)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": None},
        {"exp": "1900000000"},
        {"exp": True},
        {"exp": 1e300},
        {"iat": None},
        {"jti": "x"},
        {"jti": 5},
        {"prompt_id": None},
        {"decision": "yes"},
        {"action_hash": None},
        {"answer_hash": 1},
        {"approver": ["ann"]},
    ],
    ids=str,
)
def test_nonsense_that_is_signed(claims: dict[str, Any]) -> None:
    """Signed claims that are no receipt's are refused, and raise nothing else."""
    signing = Signing()
    header = {"alg": "Ed25519", "typ": "ailoop-receipt+jwt", "kid": signing.signer.key_id}
    told = {**signing.receipt().claims(), **claims}
    token = jwt.encode(header, told, signing.key, algorithms=["Ed25519"])
    assert fault_of(signing, token) is Fault.UNREADABLE
    less = {name: value for name, value in told.items() if name not in claims}
    if set(claims) <= {"exp", "iat", "jti", "prompt_id", "decision", "action_hash"}:
        token = jwt.encode(header, less, signing.key, algorithms=["Ed25519"])
        assert fault_of(signing, token) is Fault.UNREADABLE


SIGNING = Signing()


@given(st.text() | st.none() | st.integers() | st.dictionaries(st.text(), st.text()))
def test_anything_else(token: Any) -> None:
    """Whatever stands in its place is refused, and raises nothing else."""
    assert fault_of(SIGNING, token) in (Fault.MISSING, Fault.UNREADABLE)


@given(st.dictionaries(st.text(), st.none() | st.text() | st.lists(st.text())), st.text())
def test_any_header(header: dict[str, Any], payload: str) -> None:
    """So is whatever looks like a token."""
    token = f"{encoded(header)}.{encoded(payload)}.AAAA"
    assert fault_of(SIGNING, token) is not Fault.USED


def test_two_keys() -> None:
    """Of a set of keys each verifies its own: so one can be replaced."""
    old, new = Signing(), Signing()
    verifier = ReceiptVerifier({"keys": [old.public, new.public]}, now=old.clock)
    for one in (old, new):
        assert verifier.check(one.sign(), EXPECTED).key_id == one.signer.key_id


def test_the_signer_signs_under_its_own_name() -> None:
    """A receipt that names another key is not signed."""
    signing = Signing()
    with pytest.raises(ValueError, match="names the key"):
        signing.sign(key_id="other")


def test_kinds() -> None:
    """What is asked of a person and what a receipt says have the same words."""
    receipt = Signing().receipt()
    assert Receipt.of(receipt.claims(), receipt.key_id) == receipt
    assert receipt.prompt_id == PROMPT
    assert receipt.action_hash == content_hash(
        Authorization(action="deploy", context={"version": "1.4"})
    )
