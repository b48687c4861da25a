"""Keys of people and agents: X25519 (RFC 7748) as JSON Web Keys (RFC 8037), in files."""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
from attrs import field, frozen
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

__all__ = [
    "Key",
    "KeyFileError",
    "load_private_keys",
    "load_public_keys",
    "make_key",
    "write_key",
]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}", re.ASCII)

_THUMBPRINT_LENGTH = 8
"""So much of a key's thumbprint (RFC 7638) tells two keys of one name apart."""

_TEXT_LENGTH = 200
_FILE_BYTES = 64 * 1024
_KEYS = 50
"""Each recipient adds about 250 bytes to every message."""


class KeyFileError(ValueError):
    """A file holds no key that could be used; the sentence names the file."""


@frozen(eq=False)
class Key:
    """A key, or the public half of one.

    :param jwk: as the library has it.
    :param kid: what messages name it by.
    :param name: what people call its owner.
    """

    jwk: OKPKey = field(repr=False)
    kid: str
    name: str

    @classmethod
    def load(cls, value: Any) -> Key:
        """Make a key of a JSON Web Key.

        :raises ValueError: it is none, or another kind of key.
        """
        if not isinstance(value, dict):
            raise ValueError("not a JSON Web Key")  # noqa: TRY004 -- of a file, not of a caller
        if (value.get("kty"), value.get("crv")) != ("OKP", "X25519"):
            raise ValueError("not a key of kind OKP X25519, as `ailoop keygen` makes them")
        try:
            # No other member has a say in what the key is used for.
            jwk = OKPKey.import_key({k: v for k, v in value.items() if k in _MEMBERS})
            thumbprint = jwk.thumbprint()
            _ = jwk.raw_value  # which is made when it is first asked for
        except (JoseError, ValueError, TypeError):
            raise ValueError("not a valid X25519 key") from None
        kid: Any = value.get("kid", thumbprint)
        name: Any = value.get("name", kid)
        for text in (kid, name):
            if not isinstance(text, str) or not 1 <= len(text) <= _TEXT_LENGTH:
                raise ValueError(f"its kid and its name have 1 to {_TEXT_LENGTH} characters")
        return cls(jwk, kid, name)

    def dump(self, *, private: bool = False) -> dict[str, Any]:
        """Return it as a JSON Web Key."""
        members = self.jwk.as_dict(private=private)
        known = {k: members[k] for k in _MEMBERS if k in members}
        return {**known, "kid": self.kid, "name": self.name}

    def derive(self, purpose: str) -> bytes:
        """Return 32 bytes that only the owner of this private key knows."""
        private = self.jwk.as_dict(private=True)["d"]
        return hmac.digest(str(private).encode(), purpose.encode(), "sha256")


_MEMBERS = ("kty", "crv", "x", "d")


def make_key(name: str) -> Key:
    """Make a new key for somebody.

    :raises ValueError: the name does not do for a file.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            "a name has 1 to 64 letters, digits, '-', '_', '.' or '@', and starts with a "
            "letter or a digit"
        )
    jwk = OKPKey.generate_key("X25519")
    return Key(jwk, f"{name}-{jwk.thumbprint()[:_THUMBPRINT_LENGTH]}", name)


def write_key(key: Key, folder: Path) -> tuple[Path, Path]:
    """Write a key's private and public file; only the owner may read the private one.

    :returns: their paths.
    :raises FileExistsError: one of them is there; nothing is ever overwritten.
    """
    private = folder / f"{key.name}.private.jwk"
    public = folder / f"{key.name}.public.jwk"
    _write(private, key.dump(private=True), 0o600)
    try:
        _write(public, key.dump(), 0o644)
    except BaseException:
        private.unlink()
        raise
    return private, public


def _write(path: Path, value: Any, mode: int) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def load_public_keys(paths: Iterable[str | os.PathLike[str]]) -> list[Key]:
    """Read for whom to seal: files of a key each, or of a set of keys (``{"keys": …}``).

    :raises KeyFileError: one cannot be used.
    """
    keys = []
    for path, key in _load(paths):
        if key.jwk.is_private:
            raise KeyFileError(f"{path} holds a private key; sealing takes the public one")
        keys.append(key)
    if not 1 <= len(keys) <= _KEYS:
        raise KeyFileError(f"there must be 1 to {_KEYS} keys to seal for, not {len(keys)}")
    if len({key.kid for key in keys}) < len(keys):
        raise KeyFileError("two of the keys to seal for have the same kid")
    return keys


def load_private_keys(paths: Iterable[str | os.PathLike[str]]) -> list[Key]:
    """Read the keys that open what was sealed for somebody.

    :raises KeyFileError: one cannot be used.
    """
    keys = []
    for path, key in _load(paths):
        if not key.jwk.is_private:
            raise KeyFileError(f"{path} holds a public key; opening takes the private one")
        keys.append(key)
    return keys


def _load(paths: Iterable[str | os.PathLike[str]]) -> Iterable[tuple[str, Key]]:
    for path in paths:
        name = os.fspath(path)
        try:
            with Path(name).expanduser().open("rb") as file:
                value = orjson.loads(file.read(_FILE_BYTES))
            several = isinstance(value, dict) and isinstance(value.get("keys"), list)
            keys = [Key.load(one) for one in (value["keys"] if several else [value])]
        except OSError as error:
            raise KeyFileError(f"{name} cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise KeyFileError(f"{name}: {error}") from None
        for key in keys:
            yield name, key
