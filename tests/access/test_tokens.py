"""JSON Web Tokens: which are believed, and the tricks that are not (RFC 8725)."""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
import trio
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, OctKey, OKPKey, RSAKey

from ailoop.access.jwks import KeySource, KeySourceError
from ailoop.access.tokens import TokenRules, Tokens
from tests.access.kit import bearer
from tests.serving import serving

RULES = TokenRules(issuer="https://id.example", audience="ailoop")

KEYS: dict[str, Key] = {
    "HS256": OctKey.generate_key(256, {"kid": "oct"}),
    "RS256": RSAKey.generate_key(2048, {"kid": "rsa"}),
    "ES256": ECKey.generate_key("P-256", {"kid": "ec"}),
    "Ed25519": OKPKey.generate_key("Ed25519", {"kid": "okp"}),
}


def claims(**more: Any) -> dict[str, Any]:
    """Return the claims of a good token, but for what is given; ``None`` leaves one out."""
    good = {
        "iss": "https://id.example",
        "aud": "ailoop",
        "sub": "ann",
        "exp": int(time.time()) + 300,
        "ailoop": ["human:*"],
    }
    return {name: value for name, value in {**good, **more}.items() if value is not None}


def sign(alg: str, told: dict[str, Any], key: Key | None = None, **header: Any) -> str:
    """Make a token."""
    key = key or KEYS[alg]
    head = {"alg": alg, "kid": key.kid, **header}
    return jwt.encode(head, told, key, algorithms=[alg])


def raw(header: dict[str, Any], told: dict[str, Any], secret: bytes | None = None) -> str:
    """Make a token by hand, as no library would."""

    def part(value: bytes) -> bytes:
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    text = part(orjson.dumps(header)) + b"." + part(orjson.dumps(told))
    signature = b"" if secret is None else hmac.digest(secret, text, "sha256")
    return (text + b"." + part(signature)).decode()


def public(*keys: Key) -> bytes:
    """Return a key set as a file holds it: shared secrets, and public keys."""
    listed = [key.as_dict(private=isinstance(key, OctKey)) for key in keys]
    return orjson.dumps({"keys": listed})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a file with a key of each kind."""
    path = tmp_path / "jwks.json"
    path.write_bytes(public(*KEYS.values()))
    return path


@pytest.fixture
def tokens(source: Path) -> Tokens:
    """Return what believes tokens that are signed with those keys."""
    return Tokens(KeySource(str(source), 300), RULES)


@pytest.mark.parametrize("alg", KEYS)
async def test_a_good_token(tokens: Tokens, alg: str) -> None:
    """A token of each algorithm stands for its subject, until it expires."""
    told = claims(ailoop="observer:a human:b", aud=["other", "ailoop"])
    identity = await tokens.identify(sign(alg, told))
    assert identity is not None
    assert (identity.name, list(map(str, identity.grants))) == (
        "ann",
        ["observer:a", "human:b"],
    )
    assert identity.expires_at == told["exp"] + RULES.leeway_seconds
    assert identity.holds


@pytest.mark.parametrize(
    "wrong",
    [
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"nbf": int(time.time()) + 3600},
        {"iat": int(time.time()) + 3600},
        {"aud": "somebody else"},
        {"aud": ["somebody else"]},
        {"aud": None},
        {"aud": []},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"sub": None},
        {"sub": 5},
        {"sub": ""},
        {"ailoop": None},
        {"ailoop": []},
        {"ailoop": ["boss:*"]},
        {"ailoop": [5]},
        {"ailoop": {"human": "*"}},
        {"ailoop": ["agent:*", "human:*"]},
    ],
    ids=lambda wrong: next(iter(wrong)),  # the same in every process
)
async def test_claims_that_are_not_good(tokens: Tokens, wrong: dict[str, Any]) -> None:
    """An expired token, one for somebody else, or one that says too little: nobody."""
    assert await tokens.identify(sign("ES256", claims(**wrong))) is None
    assert await tokens.identify(sign("ES256", claims())) is not None


async def test_clocks_that_differ(tokens: Tokens) -> None:
    """Within the leeway a token that has just expired, or is yet to begin, is believed."""
    now = int(time.time())
    assert await tokens.identify(sign("ES256", claims(exp=now - 10))) is not None
    assert await tokens.identify(sign("ES256", claims(nbf=now + 10))) is not None


async def test_no_algorithm(tokens: Tokens) -> None:
    """A token that says that it needs no signature is not believed, however it spells it."""
    for alg in ("none", "None", "NONE", "", None, 5):
        for kid in ("ec", "oct", None):
            header = {"alg": alg, "kid": kid, "typ": "JWT"}
            assert await tokens.identify(raw(header, claims())) is None


async def test_a_public_key_is_no_secret(tokens: Tokens) -> None:
    """Key confusion: HS256 with what everybody knows of a public key."""
    for alg in ("RS256", "ES256", "Ed25519"):
        key = KEYS[alg]
        told = orjson.dumps(key.as_dict(private=False))
        guesses = [told, public(*KEYS.values())]
        if not isinstance(key, OctKey):
            guesses += [key.as_pem(private=False), key.as_der(private=False)]  # type: ignore[union-attr]
        for guess in guesses:
            for kid in (key.kid, "oct", None):
                token = raw({"alg": "HS256", "kid": kid, "typ": "JWT"}, claims(), guess)
                assert await tokens.identify(token) is None


async def test_a_key_that_the_token_brings(tokens: Tokens) -> None:
    """A key in the header, or one to be fetched, is not ours."""
    mine = ECKey.generate_key("P-256", {"kid": "ec"})
    jwk = mine.as_dict(private=False)
    for header in ({}, {"jwk": jwk}, {"jku": "https://evil.example/jwks.json"}):
        signed = jwt.encode({"alg": "ES256", "kid": "ec"}, claims(), mine, algorithms=["ES256"])
        head = {"alg": "ES256", "kid": "ec", **header}
        forged = raw(head, claims()).rsplit(".", 1)[0] + "." + signed.rsplit(".", 1)[1]
        assert await tokens.identify(forged) is None


async def test_another_algorithm_of_the_same_key(tokens: Tokens) -> None:
    """Each kind of key is good for one algorithm."""
    for alg, key in (("HS512", "HS256"), ("RS512", "RS256"), ("PS256", "RS256")):
        token = jwt.encode(
            {"alg": alg, "kid": KEYS[key].kid}, claims(), KEYS[key], algorithms=[alg]
        )
        assert await tokens.identify(token) is None


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b.c", "a.b", "....", "é.b.c", "x" * 9000 + ".."]
)
async def test_what_is_no_token(tokens: Tokens, text: str) -> None:
    """Anything else is not a token either."""
    assert await tokens.identify(text) is None


async def test_changed_bytes(tokens: Tokens) -> None:
    """A token with any character changed is another one."""
    token = sign("Ed25519", claims())
    for index in range(0, len(token), 7):
        other = "A" if token[index] != "A" else "B"
        changed = token[:index] + other + token[index + 1 :]
        assert await tokens.identify(changed) is None


async def test_a_known_token_is_checked_once(tokens: Tokens) -> None:
    """It is remembered as long as the keys are the same, and not beyond its time."""
    token = sign("ES256", claims())
    first = await tokens.identify(token)
    assert await tokens.identify(token) is first
    for n in range(1100):
        await tokens.identify(sign("HS256", claims(jti=str(n))))
    assert len(tokens._known) == 1000


async def test_rotation_of_a_file(source: Path, tokens: Tokens) -> None:
    """A key that leaves the file is good no longer; a new one is, without a restart."""
    change = source.write_bytes
    old = sign("ES256", claims())
    assert await tokens.identify(old) is not None
    new = ECKey.generate_key("P-256", {"kid": "new"})
    change(public(new))
    assert await tokens.identify(old) is None
    assert await tokens.identify(sign("ES256", claims(), new)) is not None
    change(b"{")
    assert await tokens.identify(sign("ES256", claims(jti="x"), new)) is not None


@pytest.fixture
async def published() -> AsyncIterator[tuple[str, Callable[[bytes], None], list[int]]]:
    """Serve a key set: its URL, what changes it, and how often it was asked for."""
    body, asked = [b""], [0]

    async def answer(stream: trio.SocketStream) -> None:
        async with stream:
            await stream.receive_some(65536)
            asked[0] += 1
            head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
            await stream.send_all(head % len(body[0]) + body[0])

    def change(text: bytes) -> None:
        body[0] = text

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, answer, 0, host="127.0.0.1"))
        port = listeners[0].socket.getsockname()[1]
        yield f"http://127.0.0.1:{port}/jwks.json", change, asked
        nursery.cancel_scope.cancel()


async def test_rotation_of_a_url(
    published: tuple[str, Callable[[bytes], None], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys of a URL are kept; an unknown name has them fetched again, now and then only."""
    url, change, asked = published
    now = [1000.0]
    monkeypatch.setattr("ailoop.access.jwks.time.monotonic", lambda: now[0])
    tokens = Tokens(KeySource(url, 300), RULES)
    change(public(KEYS["ES256"]))
    for n in range(3):
        assert await tokens.identify(sign("ES256", claims(jti=str(n)))) is not None
    assert asked == [1]
    new = ECKey.generate_key("P-256", {"kid": "new"})
    change(public(KEYS["ES256"], new))
    assert await tokens.identify(sign("ES256", claims(), new)) is None  # asked just before
    now[0] += 11
    assert await tokens.identify(sign("ES256", claims(), new)) is not None
    assert asked == [2]
    change(public(new))
    now[0] += 301
    assert await tokens.identify(sign("ES256", claims(jti="late"))) is None
    change(b"away")
    now[0] += 301
    assert await tokens.identify(sign("ES256", claims(jti="more"), new)) is not None


async def test_a_url_may_hold_no_secret(
    published: tuple[str, Callable[[bytes], None], list[int]],
) -> None:
    """What comes over the network is no shared secret; then there are no keys at all."""
    url, change, _ = published
    change(public(KEYS["HS256"]))
    assert await Tokens(KeySource(url, 300), RULES).identify(sign("HS256", claims())) is None


def test_sources_that_cannot_be(tmp_path: Path) -> None:
    """A missing file, a weak secret, something else, or a URL without TLS is an error."""
    weak = tmp_path / "weak.json"
    weak.write_bytes(b'{"keys": [{"kty": "oct", "k": "c2hvcnQ"}]}')
    none = tmp_path / "none.json"
    none.write_text("[]")
    for place, why in (
        (str(tmp_path / "missing"), "cannot read"),
        (str(weak), "less than 32 bytes"),
        (str(none), "not a JSON Web Key Set"),
        ("http://keys.example/jwks", "not https"),
    ):
        with pytest.raises(KeySourceError, match=why):
            KeySource(place, 1).check()
    KeySource("https://keys.example/jwks", 1).check()
    KeySource("http://localhost:1/jwks", 1).check()


async def test_tokens_at_the_door(source: Path) -> None:
    """A daemon with these settings lets in who has a good token."""
    async with serving(
        auth_jwt_keys=str(source),
        auth_jwt_issuer=RULES.issuer,
        auth_jwt_audience=RULES.audience,
    ) as server:
        for told, status in ((claims(), 200), (claims(aud="x"), 401)):
            answer = await server.http.get(
                "/api/v1/session", headers=bearer(sign("ES256", told))
            )
            assert answer.status_code == status


def test_key_sets_are_read_once() -> None:
    """What this file imports is what the code under test reads."""
    assert KeySet.import_key_set(orjson.loads(public(*KEYS.values()))).keys
