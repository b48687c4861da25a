"""The keys that tokens are signed with: a JSON Web Key Set (RFC 7517) of a file or a URL."""

from __future__ import annotations

import time
import warnings
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
import trio

from ailoop.model.codec import load_json
from ailoop.model.errors import Refusal

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

__all__ = ["KeySource", "KeySourceError"]

log = structlog.get_logger()

_FETCH_SECONDS = 5.0
_AGAIN_SECONDS = 10.0
"""The soonest that keys are fetched again because a token names one that is not known."""

_SECRET_BYTES = 32
"""As long as the hash it is used with (RFC 7518, section 3.2)."""

_LARGEST_BYTES = 1024 * 1024


class KeySourceError(Exception):
    """There are no keys to be had."""


class KeySource:
    """Keys that are read again when they may have changed.

    :param place: a path, or an ``https://`` URL (``http://`` for this machine's own).
    :param seconds: how long what a URL has said is good.
    """

    def __init__(self, place: str, seconds: float) -> None:
        self.place = place
        self._seconds = seconds
        self._keys: KeySet | None = None
        self._read_at = -float("inf")
        self._stamp: object = None
        self._lock = trio.Lock()

    @property
    def is_remote(self) -> bool:
        """Whether the keys come over the network, where no shared secret may come from."""
        return self.place.startswith(("https://", "http://"))

    def check(self) -> None:
        """See that a file holds keys; a URL may be away for the moment.

        :raises KeySourceError: it holds none, or it is a URL that anybody could speak for.
        """
        if not self.is_remote:
            try:
                self._load(self._read())
            except OSError as error:
                raise KeySourceError(f"cannot read {self.place}: {error.strerror}") from None
        elif self.place.startswith("http://") and not _is_local(self.place):
            raise KeySourceError(f"{self.place} is not https, so anybody could speak for it")

    async def keys(self, kid: str | None = None) -> KeySet:
        """Return the keys.

        :param kid: the key that is wanted; if it is not among them they are read anew, since
            it may have come in a rotation.
        :raises KeySourceError: there never were any.
        """
        if self._is_due(kid):
            async with self._lock:  # one reading serves all who wait for it
                if self._is_due(kid):
                    await self._refresh()
        if self._keys is None:
            raise KeySourceError(f"no keys could be read from {self.place}")
        return self._keys

    def _is_due(self, kid: str | None) -> bool:
        age = time.monotonic() - self._read_at
        if not self.is_remote:
            return self._file_stamp() != self._stamp or self._keys is None
        unknown = kid is not None and self._keys is not None and not _has(self._keys, kid)
        return age > (_AGAIN_SECONDS if unknown or self._keys is None else self._seconds)

    def _file_stamp(self) -> object:
        try:
            told = Path(self.place).stat()
        except OSError:
            return None
        return told.st_mtime_ns, told.st_size, told.st_ino

    async def _refresh(self) -> None:
        """Read the keys; if that cannot be, those from before go on being good."""
        self._read_at, self._stamp = time.monotonic(), self._file_stamp()
        try:
            text = await self._fetch() if self.is_remote else self._read()
            self._keys = self._load(text)
        except (KeySourceError, OSError) as error:
            log.warning("token_keys_unavailable", place=self.place, why=str(error))

    def _load(self, text: bytes) -> KeySet:
        from joserfc.errors import JoseError
        from joserfc.jwk import JWKRegistry, KeySet, OctKey

        faults = (JoseError, Refusal, LookupError, TypeError, ValueError)
        usable, wrong = [], "it is empty"
        try:
            for one in load_json(text)["keys"]:
                # One that we cannot use takes nothing from the others (RFC 7517, section 5).
                try:
                    with warnings.catch_warnings(action="ignore"):  # of what is refused below
                        usable.append(JWKRegistry.import_key(one))
                except faults as error:
                    wrong = str(error)
        except faults as error:
            raise KeySourceError(f"not a JSON Web Key Set: {error}") from None
        if not usable:
            raise KeySourceError(f"not a JSON Web Key Set that can be used: {wrong}")
        keys = KeySet(usable)
        if self.is_remote and any(isinstance(key, OctKey) for key in keys.keys):
            raise KeySourceError("it holds a shared secret, which only a file may hold")
        if any(isinstance(key, OctKey) and len(key.raw_value) < _SECRET_BYTES for key in keys):
            raise KeySourceError(f"its shared secret has less than {_SECRET_BYTES} bytes")
        return keys

    def _read(self) -> bytes:
        return Path(self.place).read_bytes()

    async def _fetch(self) -> bytes:
        import httpx2

        try:
            # Who makes us ask may leave at once, and again whenever it is time to: without a
            # shield no answer would ever come, and a key that was withdrawn stay good.
            with trio.fail_after(_FETCH_SECONDS, shield=True):
                async with (
                    httpx2.AsyncClient() as http,
                    http.stream("GET", self.place) as answer,
                ):
                    answer.raise_for_status()
                    text = b""
                    async for part in answer.aiter_bytes():
                        text += part
                        if len(text) > _LARGEST_BYTES:
                            raise KeySourceError(f"it has more than {_LARGEST_BYTES} bytes")
                    return text
        except (httpx2.HTTPError, trio.TooSlowError) as error:
            raise KeySourceError(str(error) or type(error).__name__) from None


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _has(keys: Any, kid: str) -> bool:
    return any(key.kid == kid for key in keys.keys)
