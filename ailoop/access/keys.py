"""API keys: 256 random bits each, of which a file keeps the SHA-256 and what they may do.

A key has so many bits that nobody finds it from its hash, so a slow hash, which guards what
people think up, would only cost time.
"""

from __future__ import annotations

import hmac
import math
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import orjson
import structlog
from attrs import evolve, field, frozen
from attrs.validators import instance_of, optional

from ailoop.access.grants import Grant, read_grants
from ailoop.access.identity import Identity
from ailoop.access.private_file import locked, replace

__all__ = ["ApiKey", "KeyFile", "KeyFileError"]

log = structlog.get_logger()

_PREFIX = "ailoop"
_KEY = re.compile(rf"{_PREFIX}_([a-z0-9]{{8}})_([A-Za-z0-9_-]{{43}})", re.ASCII)
_number = instance_of((int, float))
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,100}")


_LOOK_SECONDS = 0.5


class KeyFileError(Exception):
    """The file of keys cannot be read or written, or holds something else."""


@frozen(kw_only=True)
class ApiKey:
    """What is known of a key; the key itself is known to its owner alone.

    :param id: tells keys apart; it is part of the key, and no secret.
    :param created_at: as ``expires_at`` and ``revoked_at``, in seconds since the epoch.
    """

    id: str = field(validator=instance_of(str))
    name: str = field(validator=instance_of(str))
    hash: str = field(validator=instance_of(str))
    grants: tuple[Grant, ...]
    created_at: float = field(validator=_number)
    expires_at: float | None = field(default=None, validator=optional(_number))
    revoked_at: float | None = field(default=None, validator=optional(_number))

    def state(self, now: float) -> str:
        """Return ``valid``, ``expired`` or ``revoked``."""
        if self.revoked_at is not None:
            return "revoked"
        over = self.expires_at is not None and now >= self.expires_at
        return "expired" if over else "valid"

    def members(self) -> dict[str, Any]:
        """Return what the file holds."""
        return {
            "id": self.id,
            "name": self.name,
            "hash": self.hash,
            "grants": [str(grant) for grant in self.grants],
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "revoked_at": self.revoked_at,
        }

    @classmethod
    def of(cls, members: dict[str, Any]) -> Self:
        """Read what :meth:`members` returned."""
        return cls(**{**members, "grants": read_grants(members["grants"])})


class KeyFile:
    """A file of keys, read again whenever it has changed; a provider of identities."""

    why: str | None = None

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys: dict[str, ApiKey] = {}
        self._identities: dict[str, Identity] = {}
        self._stamp: object = None
        self._looked_at = -math.inf
        self.fault: str | None = None
        """What is wrong with the file at present; the keys are those from before."""

    # -- knowing ------------------------------------------------------------------------

    async def identify(self, credential: str) -> Identity | None:
        """Return whom a key stands for."""
        parts = _KEY.fullmatch(credential)
        if parts is None:
            return None
        self.refresh()
        key = self._keys.get(parts[1])
        # The same work whether or not there is a key of that id.
        known = hmac.compare_digest(_hash(parts[2]), key.hash if key else _NOBODYS)
        if key is None or not known or key.state(time.time()) != "valid":
            return None
        return self._identities[key.id]

    def _identity(self, key: ApiKey) -> Identity:
        expires_at = math.inf if key.expires_at is None else key.expires_at
        return Identity(key.name, key.grants, key.id, self, expires_at)

    def holds(self, identity: Identity) -> bool:
        """Whether a key is still good, with the grants that it had."""
        now = time.monotonic()
        if now - self._looked_at > _LOOK_SECONDS:  # everybody is asked about at the same time
            self._looked_at = now
            self.refresh()
        key = self._keys.get(identity.credential)
        return (
            key is not None
            and key.grants == identity.grants
            and key.state(time.time()) == "valid"
        )

    def refresh(self) -> None:
        """Read the file if it is not what has been read; a bad one changes nothing."""
        fault = None
        try:
            stamp = _stamp(self._path)
            if stamp != self._stamp:
                self._keys = {key.id: key for key in self._read()}
                self._identities = {id_: self._identity(key) for id_, key in self._keys.items()}
                self._stamp = stamp
        except (OSError, KeyFileError) as error:
            fault = str(error)
        if fault != self.fault and fault is not None:
            # What has been revoked in it is not, until it can be read.
            log.error("key_file_unusable", why=fault)
        self.fault = fault

    # -- keeping ------------------------------------------------------------------------

    def listed(self) -> list[ApiKey]:
        """Return all keys in the order in which they were made.

        :raises KeyFileError: the file cannot be read.
        """
        with _told():
            return self._read() if self._path.exists() else []

    def create(
        self, name: str, grants: Iterable[str], seconds: float | None = None
    ) -> tuple[str, ApiKey]:
        """Make a key; return it, this once, and what is kept of it.

        :param seconds: how long it is good, if not for ever.
        :raises ValueError: the name, or a grant, is none.
        :raises KeyFileError: the file cannot be read or written.
        """
        if not _NAME.fullmatch(name):
            raise ValueError("a name has 1 to 100 characters, none of them a control character")
        id_ = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(8))
        secret = secrets.token_urlsafe(32)
        now = time.time()
        key = ApiKey(
            id=id_,
            name=name,
            hash=_hash(secret),
            grants=read_grants(grants),
            created_at=now,
            expires_at=None if seconds is None else now + seconds,
        )
        with self._changing() as keys:
            keys.append(key)
        return f"{_PREFIX}_{id_}_{secret}", key

    def expire(self, id_: str, seconds: float) -> ApiKey:
        """Have a key end after so long.

        :raises ValueError: there is no such key.
        """
        return self._change(id_, expires_at=time.time() + seconds)

    def revoke(self, id_: str) -> ApiKey:
        """Have a key be good no longer; it stays listed.

        :raises ValueError: there is no such key.
        """
        return self._change(id_, revoked_at=time.time())

    def _change(self, id_: str, **members: Any) -> ApiKey:
        with self._changing() as keys:
            ids = [key.id for key in keys]
            if id_ not in ids:
                raise ValueError(f"there is no key {id_[:40]!r} in {self._path}")
            index = ids.index(id_)
            keys[index] = changed = evolve(keys[index], **members)
        return changed

    # -- the file -----------------------------------------------------------------------

    def _read(self) -> list[ApiKey]:
        try:
            listed = orjson.loads(self._path.read_bytes())["keys"]
            return [ApiKey.of(members) for members in listed]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeyFileError(f"{self._path} is no file of keys: {error}") from None

    @contextmanager
    def _changing(self) -> Iterator[list[ApiKey]]:
        """Change the list while nobody else does, and put it in the place of the old one."""
        with _told(), locked(self._path) as path:
            keys = self._read() if path.exists() else []
            yield keys
            members = {"keys": [key.members() for key in keys]}
            replace(path, orjson.dumps(members, option=orjson.OPT_INDENT_2) + b"\n")


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _stamp(path: Path) -> object:
    told = path.stat()
    return told.st_mtime_ns, told.st_size, told.st_ino


@contextmanager
def _told() -> Iterator[None]:
    """Say what is wrong with the file as one kind of error."""
    try:
        yield
    except OSError as error:
        raise KeyFileError(f"cannot use {error.filename}: {error.strerror}") from None


_NOBODYS = _hash("")
"""What a key that is not there is compared with."""
