"""JSON Web Tokens (RFC 7519): who they stand for, and whether they are to be believed."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from attrs import frozen

from ailoop.access.grants import read_grants
from ailoop.access.identity import Identity
from ailoop.access.jwks import KeySource, KeySourceError
from ailoop.model.codec import load_json
from ailoop.model.errors import Refusal

if TYPE_CHECKING:
    from joserfc.jwk import Key, KeySet

__all__ = ["TokenRules", "Tokens"]

_ALGORITHMS = {"oct": ["HS256"], "RSA": ["RS256"], "EC": ["ES256"], "OKP": ["Ed25519"]}
"""By the type of a key, what it may be used with. Our key decides, never the token's header,
or a public key could be taken for a shared secret (RFC 8725, section 3.1)."""

_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,255}")
"""It goes into each record; OpenID Connect, section 2, allows a ``sub`` no more either."""

_LONGEST_TOKEN = 8 * 1024
_REMEMBERED = 1000


@frozen(kw_only=True)
class TokenRules:
    """What a token has to say.

    :param issuer: its ``iss``.
    :param audience: what its ``aud`` is, or contains.
    :param claim: the claim that lists its grants, such as ``["agent:deploys-*"]``.
    :param leeway_seconds: how far its clock and ours may be apart.
    """

    issuer: str
    audience: str
    claim: str = "ailoop"
    leeway_seconds: int = 30


class Tokens:
    """A provider of identities from tokens that somebody else has made."""

    def __init__(self, source: KeySource, rules: TokenRules) -> None:
        self.source = source
        self._rules = rules
        self.why: str | None = None
        self._known: OrderedDict[bytes, tuple[KeySet, Identity]] = OrderedDict()
        """By its hash, a token that has been checked against these keys: the check takes a
        hundred times as long as to look here. The oldest goes first."""

    async def identify(self, credential: str) -> Identity | None:
        """Return whom a token stands for."""
        self.why = None
        if credential.count(".") != 2 or len(credential) > _LONGEST_TOKEN:
            return None
        from joserfc.errors import JoseError

        try:
            keys = await self.source.keys(_kid(credential))
            digest = sha256(credential.encode()).digest()
            known = self._known.get(digest)
            if known is not None and known[0] is keys and self.holds(known[1]):
                return known[1]
            identity = self._check(credential, keys)
        except (
            JoseError,
            KeySourceError,
            Refusal,
            ValueError,
            TypeError,
            LookupError,
            RecursionError,  # of claims that are nested too deeply
        ) as error:
            self.why = f"{type(error).__name__}: {error}"
            return None
        self._known[digest] = keys, identity
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return identity

    def holds(self, identity: Identity) -> bool:
        """Whether a token's time is not over."""
        return time.time() < identity.expires_at

    def _check(self, credential: str, keys: KeySet) -> Identity:
        from joserfc import jwt

        rules = self._rules
        key = _pick(keys, _kid(credential))
        token = jwt.decode(credential, key, algorithms=_ALGORITHMS[key.key_type])
        jwt.JWTClaimsRegistry(
            leeway=rules.leeway_seconds,
            iss={"essential": True, "value": rules.issuer},
            aud={"essential": True, "value": rules.audience},
            exp={"essential": True},
            sub={"essential": True},
        ).validate(token.claims)
        return self._identity(token.claims)

    def _identity(self, claims: dict[str, Any]) -> Identity:
        grants = claims.get(self._rules.claim)
        if isinstance(grants, str):
            grants = grants.split()
        if not isinstance(grants, list) or not all(isinstance(one, str) for one in grants):
            raise ValueError(f"the claim {self._rules.claim} lists grants")
        name = str(claims["sub"])
        if not _NAME.fullmatch(name):
            raise ValueError("sub is a name of 1 to 255 characters, none a control character")
        return Identity(
            name,
            read_grants(grants),
            "token",
            self,
            claims["exp"] + self._rules.leeway_seconds,
        )


def _pick(keys: KeySet, kid: str | None) -> Key:
    """Return the key that a token names; without a name there has to be just one."""
    named = [
        key for key in keys.keys if key.kid == kid or (kid is None and len(keys.keys) == 1)
    ]
    for key in named:
        if key.key_type in _ALGORITHMS and key.get("use", "sig") == "sig":
            return key
    raise LookupError("no key of ours has signed it")


def _kid(credential: str) -> str | None:
    from joserfc.util import urlsafe_b64decode

    header = load_json(urlsafe_b64decode(credential.partition(".")[0].encode()))
    kid = header.get("kid") if isinstance(header, dict) else None
    return kid if isinstance(kid, str) else None
