"""Pages that have signed in: a cookie stands for a credential that no script can read.

They live as long as this process: after a restart a page signs in again.
"""

from __future__ import annotations

import secrets
import time
from hashlib import sha256

from attrs import field, frozen

from ailoop.access.identity import Identity
from ailoop.model.errors import Refusal

__all__ = ["SignIn", "SignIns"]


def _secret() -> str:
    return secrets.token_urlsafe(32)


@frozen
class SignIn:
    """One page's standing.

    :param csrf: what the page repeats in a header with each change, which the page of another
        site cannot, because it can read neither this nor the cookie.
    :param ends_at: in seconds since the epoch.
    """

    identity: Identity
    ends_at: float
    csrf: str = field(factory=_secret)


class SignIns:
    """The pages that are signed in, by the hash of their cookie.

    :param limit: how many there may be; the next is refused (``too_many_sessions``).
    :param seconds: how long one is good.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._open: dict[bytes, SignIn] = {}

    def __len__(self) -> int:
        return len(self._open)

    def open(self, identity: Identity) -> tuple[str, SignIn]:
        """Sign somebody in; return the cookie's value, and what it stands for.

        :raises Refusal: ``too_many_sessions``.
        """
        if len(self._open) >= self.limit:
            self._open = {key: one for key, one in self._open.items() if _is_good(one)}
        if len(self._open) >= self.limit:
            raise Refusal("too_many_sessions", limit=self.limit)
        cookie = _secret()
        ends_at = min(time.time() + self.seconds, identity.expires_at)
        signed_in = self._open[_key(cookie)] = SignIn(identity, ends_at)
        return cookie, signed_in

    def find(self, cookie: str) -> SignIn | None:
        """Return what a cookie stands for, if its credential is still good."""
        signed_in = self._open.get(_key(cookie))
        if signed_in is not None and not _is_good(signed_in):
            self.close(cookie)
            return None
        return signed_in

    def close(self, cookie: str) -> None:
        """Sign out."""
        self._open.pop(_key(cookie), None)


def _key(cookie: str) -> bytes:
    return sha256(cookie.encode()).digest()


def _is_good(signed_in: SignIn) -> bool:
    return time.time() < signed_in.ends_at and signed_in.identity.holds
