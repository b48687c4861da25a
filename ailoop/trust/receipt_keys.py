"""The keys of receipts: Ed25519 as JSON Web Keys (RFC 7517, RFC 8037), in files.

A daemon has the private one, in a file that only its owner can read. Agents are given the
public one, which is written beside it under the same name with ``.pub``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

__all__ = [
    "BadKey",
    "KeySource",
    "key_id",
    "make_key_files",
    "public_members",
    "public_path",
    "read_private",
    "read_public",
]

_CURVE: Final = "Ed25519"
_MOST_BYTES = 64 * 1024
_OTHERS = stat.S_IRWXG | stat.S_IRWXO

KeySource = str | os.PathLike[str] | Mapping[str, Any]
"""A key, or a set of them, or the path of a file that holds either."""


class BadKey(ValueError):  # noqa: N818 -- as the errors of the client
    """A key cannot be used; its text says why."""


def public_path(path: Path) -> Path:
    """Return where the public part of a private key's file is."""
    return path.with_name(f"{path.name}.pub")


def make_key_files(path: Path) -> OKPKey:
    """Make a key and write both files.

    :raises FileExistsError: one of them is there already; nothing is written over.
    :raises OSError: it cannot be written.
    """
    key = OKPKey.generate_key(_CURVE)
    _create(path, key.as_dict(private=True), 0o600)
    try:
        _create(public_path(path), public_members(key), 0o644)
    except BaseException:
        path.unlink()
        raise
    return key


def _create(path: Path, members: Mapping[str, Any], mode: int) -> None:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(number, "wb") as file:
        file.write(
            orjson.dumps(members, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        )
        file.flush()
        os.fsync(number)


def key_id(key: OKPKey) -> str:
    """Return the name of a key, which follows from the key: its thumbprint (RFC 7638)."""
    return key.thumbprint()


def public_members(key: OKPKey) -> dict[str, Any]:
    """Return the public part as a JSON Web Key that says what it is for."""
    x = key.as_dict(private=False)["x"]
    return {
        "kty": "OKP",
        "crv": _CURVE,
        "x": x,
        "kid": key_id(key),
        "use": "sig",
        "alg": _CURVE,
    }


def read_private(path: Path) -> OKPKey:
    """Read a private key from a file that nobody else can read.

    :raises BadKey: it is none, or others could have read it.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise BadKey(f"{path} is no file")
            if status.st_mode & _OTHERS:
                raise BadKey(
                    f"{path} can be read by others (mode {stat.S_IMODE(status.st_mode):04o}); "
                    f"make a new key, or: chmod 600 {path}"
                )
            text = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise BadKey(f"{path}: {error.strerror}") from None
    members = _parse(text, str(path))
    if "d" not in members:
        raise BadKey(f"{path} holds no private key")
    key = _import(members, str(path))
    # joserfc believes what the file says of the public part; nothing signed would verify.
    derived = OKPKey.import_key(key.as_der(private=True))
    if derived.as_dict(private=False)["x"] != members["x"]:
        raise BadKey(f"{path} holds a private key and the public part of another")
    return key


def read_public(source: KeySource) -> dict[str, OKPKey]:
    """Read the public keys of a source, by their names.

    :raises BadKey: there are none, or one is no public Ed25519 key.
    """
    if isinstance(source, Mapping):
        members, told = source, "the key"
    else:
        told = os.fspath(source)
        try:
            with Path(source).open("rb") as file:
                members = _parse(file.read(_MOST_BYTES + 1), told)
        except OSError as error:
            raise BadKey(f"{told}: {error.strerror}") from None
    keys = list(_public_keys(members, told))
    if not keys:
        raise BadKey(f"{told} holds no key")
    return {key_id(key): key for key in keys}


def _public_keys(members: Mapping[str, Any], told: str) -> Iterator[OKPKey]:
    listed = members.get("keys", [members])
    if not isinstance(listed, list):
        raise BadKey(f"{told}: keys is no array")
    for one in listed:
        if not isinstance(one, Mapping):
            raise BadKey(f"{told} holds something that is no key")
        if "d" in one:
            raise BadKey(
                f"{told} holds a private key, which only the daemon may have; "
                "agents are given the file that ends in .pub"
            )
        yield _import(one, told)


def _parse(text: bytes, told: str) -> dict[str, Any]:
    if len(text) > _MOST_BYTES:
        raise BadKey(f"{told} is too large to be a key")
    try:
        members = orjson.loads(text)
    except orjson.JSONDecodeError:
        members = None
    if not isinstance(members, dict):
        raise BadKey(f"{told} holds no JSON Web Key")
    return members


def _import(members: Mapping[str, Any], told: str) -> OKPKey:
    if members.get("kty") != "OKP" or members.get("crv") != _CURVE:
        raise BadKey(f"{told} holds a key that is not of Ed25519")
    # Nothing else of what it says: its name follows from the key, whatever it claims.
    names = ("kty", "crv", "x", "d")
    try:
        key = OKPKey.import_key({name: members[name] for name in names if name in members})
        key.public_key  # noqa: B018 -- reading it decodes it
    except (JoseError, ValueError, KeyError, TypeError):
        raise BadKey(f"{told} holds a key that cannot be read") from None
    return key
