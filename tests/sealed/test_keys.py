"""Key files: made once, their owner's alone, refused with a sentence where they are wrong."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from ailoop.trust.keys import (
    Key,
    KeyFileError,
    load_private_keys,
    load_public_keys,
    make_key,
    write_key,
)
from tests.sealed.kit import People


def test_files(people: People) -> None:
    """The private file is its owner's alone; the public one has no private member."""
    private, public = (Path(one) for one in people.files["ann"])
    assert (private.name, public.name) == ("ann.private.jwk", "ann.public.jwk")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    secret, open_part = json.loads(private.read_text()), json.loads(public.read_text())
    assert secret == {**open_part, "d": secret["d"]}
    assert (secret["kty"], secret["crv"], secret["name"]) == ("OKP", "X25519", "ann")
    assert secret["kid"].startswith("ann-")


def test_nothing_is_overwritten(people: People, tmp_path: Path) -> None:
    """Neither file is ever replaced, and a half-made pair leaves nothing behind."""
    private, public = (Path(one) for one in people.files["ann"])
    before = private.read_bytes(), public.read_bytes()
    with pytest.raises(FileExistsError):
        write_key(make_key("ann"), tmp_path)
    assert (private.read_bytes(), public.read_bytes()) == before
    private.unlink()
    with pytest.raises(FileExistsError):
        write_key(make_key("ann"), tmp_path)
    assert not private.exists()


@pytest.mark.parametrize("name", ["", "../ann", "a/b", "-a", "a" * 65, "a\nb", "ä"])
def test_names(name: str) -> None:
    """A name that would leave the folder, or look like a flag, is refused."""
    with pytest.raises(ValueError, match="a name has 1 to 64"):
        make_key(name)


def test_a_set(people: People, tmp_path: Path) -> None:
    """One file may hold the keys of many."""
    both = {"keys": [people.keys[name].dump() for name in ("ann", "bob")]}
    path = tmp_path / "team.jwks"
    path.write_text(json.dumps(both))
    assert [key.name for key in load_public_keys([path])] == ["ann", "bob"]


def test_refused_files(people: People, tmp_path: Path) -> None:
    """What is no usable key is refused with a sentence that names the file."""
    bad = tmp_path / "bad.jwk"
    good = people.keys["ann"].dump()
    for text, why in [
        ("{", "bad.jwk: "),
        ("[]", "not a JSON Web Key"),
        ('{"kty": "RSA"}', "not a key of kind OKP X25519"),
        (json.dumps({**good, "x": "AA"}), "not a valid X25519 key"),
        (json.dumps({**good, "x": 5}), "not a valid X25519 key"),
        (json.dumps({**good, "kid": 5}), "its kid and its name"),
        (json.dumps({**good, "kid": "k" * 201}), "its kid and its name"),
        ('{"keys": []}', "there must be 1 to 50 keys"),
        (json.dumps({"keys": [good] * 2}), "the same kid"),
    ]:
        bad.write_text(text)
        with pytest.raises(KeyFileError, match=why):
            load_public_keys([bad])
    with pytest.raises(KeyFileError, match=r"none\.jwk cannot be read: No such file"):
        load_private_keys([tmp_path / "none.jwk"])


def test_halves_are_not_mixed_up(people: People) -> None:
    """A private key is not sealed for, a public one does not open."""
    with pytest.raises(KeyFileError, match="sealing takes the public one"):
        load_public_keys([people.private("ann")])
    with pytest.raises(KeyFileError, match="opening takes the private one"):
        load_private_keys([people.public("ann")])


def test_a_key_without_a_name() -> None:
    """A key that another program made goes by its thumbprint."""
    members = make_key("ann").dump()
    key = Key.load({name: members[name] for name in ("kty", "crv", "x")})
    assert key.kid == key.name == key.jwk.thumbprint()


def test_no_secret_in_a_traceback(people: People) -> None:
    """What a log might show of a key does not hold it."""
    secret = people.keys["ann"].dump(private=True)["d"]
    assert secret not in repr(people.keys["ann"])
