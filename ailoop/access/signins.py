"""Pages that have signed in: a cookie stands for a credential that no script can read.

They live as long as this process: after a restart a page signs in again.
"""

from __future__ import annotations

import secrets
import time
from hashlib import sha256

from attrs import define, evolve, field

from ailoop.access.identity import Identity
from ailoop.model.errors import Refusal

__all__ = ["SignIn", "SignIns"]


def _secret() -> str:
    return secrets.token_urlsafe(32)


@define(eq=False)
class SignIn:
    """One page's standing, which issues the identity under which the page does everything.

    So what the page has opened, such as a WebSocket, ends with it, not with the credential.

    :param credential: whom the credential stands for that was signed in with.
    :param ends_at: in seconds since the epoch.
    :param csrf: what the page repeats with each request, which nobody else can: a page of
        another site or port can read neither this nor the cookie, and a server on another port
        of this host, which a browser hands the cookie to, does not get this.
    """

    _credential: Identity
    ends_at: float
    csrf: str = field(factory=_secret, repr=False)
    identity: Identity = field(init=False)
    _is_open: bool = field(default=True, init=False)

    def __attrs_post_init__(self) -> None:
        self.identity = evolve(self._credential, issuer=self, expires_at=self.ends_at)

    @property
    def is_good(self) -> bool:
        """Whether nobody has signed out, its time is not over, and the credential is good."""
        return self._is_open and time.time() < self.ends_at and self._credential.holds

    def holds(self, _: Identity) -> bool:
        """Whether its identity is still good."""
        return self.is_good

    def end(self) -> None:
        """Sign out."""
        self._is_open = False


class SignIns:
    """The pages that are signed in, by the hash of their cookie.

    :param limit: how many there may be; the next is refused (``too_many_sessions``). One name
        has a tenth of them at most; beyond, its oldest ends.
    :param seconds: how long one is good.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.share = max(1, limit // 10)
        self.seconds = seconds
        self._open: dict[bytes, SignIn] = {}

    def __len__(self) -> int:
        return len(self._open)

    def open(self, identity: Identity) -> tuple[str, SignIn]:
        """Sign somebody in; return the cookie's value, and what it stands for.

        :raises Refusal: ``too_many_sessions``.
        """
        self._make_room(identity)
        if len(self._open) >= self.limit:
            self._open = {key: one for key, one in self._open.items() if one.is_good}
        if len(self._open) >= self.limit:
            raise Refusal("too_many_sessions", limit=self.limit)
        cookie = _secret()
        ends_at = min(time.time() + self.seconds, identity.expires_at)
        signed_in = self._open[_key(cookie)] = SignIn(identity, ends_at)
        return cookie, signed_in

    def _make_room(self, identity: Identity) -> None:
        """End the oldest of one name that has its share, or one could keep all others out."""
        theirs = [key for key, one in self._open.items() if one.identity.name == identity.name]
        for key in theirs[: max(0, len(theirs) + 1 - self.share)]:
            self._open.pop(key).end()

    def find(self, cookie: str) -> SignIn | None:
        """Return what a cookie stands for, if its credential is still good."""
        signed_in = self._open.get(_key(cookie))
        if signed_in is not None and not signed_in.is_good:
            self.close(cookie)
            return None
        return signed_in

    def close(self, cookie: str) -> None:
        """Sign out."""
        signed_in = self._open.pop(_key(cookie), None)
        if signed_in is not None:
            signed_in.end()


def _key(cookie: str) -> bytes:
    return sha256(cookie.encode()).digest()
