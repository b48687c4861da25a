"""Files of keys: who may read them, and what is taken for a key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
import pytest
from joserfc.jwk import OKPKey

from ailoop.trust.receipt_keys import (
    BadKey,
    key_id,
    make_key_files,
    public_members,
    public_path,
    read_private,
    read_public,
)


def written(path: Path, value: Any, mode: int = 0o600) -> Path:
    path.write_bytes(value if isinstance(value, bytes) else orjson.dumps(value))
    path.chmod(mode)
    return path


def test_two_files(tmp_path: Path) -> None:
    """The private one is its owner's alone, whatever the umask; the other holds no secret."""
    path = tmp_path / "receipts.key"
    before = os.umask(0)
    try:
        key = make_key_files(path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert public_path(path).name == "receipts.key.pub"
    assert "d" not in orjson.loads(public_path(path).read_bytes())
    assert key_id(read_private(path)) == key_id(key)
    assert list(read_public(public_path(path))) == [key_id(key)]


@pytest.mark.parametrize("name", ["receipts.key", "receipts.key.pub"])
def test_nothing_is_written_over(tmp_path: Path, name: str) -> None:
    """A key that is there stays, and no half of a new one is left."""
    there = written(tmp_path / name, b"precious")
    with pytest.raises(FileExistsError):
        make_key_files(tmp_path / "receipts.key")
    assert there.read_bytes() == b"precious"
    assert [*tmp_path.iterdir()] == [there]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_private_key_that_others_can_read(tmp_path: Path, mode: int) -> None:
    """It is no secret any more, so it signs nothing."""
    path = tmp_path / "receipts.key"
    make_key_files(path)
    path.chmod(mode)
    with pytest.raises(BadKey, match=f"mode {mode:04o}"):
        read_private(path)


KEY = OKPKey.generate_key("Ed25519")
PRIVATE = KEY.as_dict(private=True)
PUBLIC = public_members(KEY)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"", "no JSON Web Key"),
        (b"[]", "no JSON Web Key"),
        (b"\xff", "no JSON Web Key"),
        (b" " * 70_000, "too large"),
        (PUBLIC, "no private key"),
        ({"d": "x"}, "not of Ed25519"),
        (OKPKey.generate_key("Ed448").as_dict(private=True), "not of Ed25519"),
        (OKPKey.generate_key("X25519").as_dict(private=True), "not of Ed25519"),
        ({**PRIVATE, "x": "AA"}, "part of another|cannot be read"),
        ({**PRIVATE, "d": 5}, "cannot be read"),
        ({"kty": "OKP", "crv": "Ed25519", "d": PRIVATE["d"]}, "cannot be read"),
    ],
)
def test_what_is_no_private_key(tmp_path: Path, value: Any, said: str) -> None:
    """One sentence says what is wrong, with the file's name."""
    path = written(tmp_path / "file", value)
    with pytest.raises(BadKey, match=said) as caught:
        read_private(path)
    assert str(path) in str(caught.value)
    with pytest.raises(BadKey, match="No such file"):
        read_private(tmp_path / "none")
    with pytest.raises(BadKey):
        read_private(tmp_path)


def test_a_private_key_whose_halves_differ(tmp_path: Path) -> None:
    """It would sign what its own public half does not verify."""
    other = OKPKey.generate_key("Ed25519").as_dict(private=True)
    path = written(tmp_path / "file", {**PRIVATE, "x": other["x"]})
    with pytest.raises(BadKey, match="part of another"):
        read_private(path)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (PRIVATE, "private key, which only the daemon"),
        ({"keys": [PUBLIC, PRIVATE]}, "private key, which only the daemon"),
        ({"keys": []}, "no key"),
        ({"keys": {}}, "no array"),
        ({"keys": [1]}, "no key"),
        ({}, "not of Ed25519"),
        ({"kty": "oct", "k": "AAAA"}, "not of Ed25519"),
        ({**PUBLIC, "x": "AA"}, "cannot be read"),
        ({**PUBLIC, "x": 5}, "cannot be read"),
    ],
)
def test_what_is_no_public_key(tmp_path: Path, value: Any, said: str) -> None:
    """Neither as a file nor as it is."""
    with pytest.raises(BadKey, match=said):
        read_public(value)
    with pytest.raises(BadKey, match=said):
        read_public(written(tmp_path / "file", value))
    with pytest.raises(BadKey, match="No such file"):
        read_public(tmp_path / "none")


def test_a_key_has_the_name_that_follows_from_it() -> None:
    """What a key says of its own name is nobody's business."""
    assert list(read_public({**PUBLIC, "kid": "another", "alg": "HS256"})) == [PUBLIC["kid"]]
