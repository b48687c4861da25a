"""Content sealed for named recipients: JSON Web Encryption (RFC 7516), and nothing of our own.

The form is the general JSON one (section 7.2.1): the content is encrypted once with AES-256
in GCM, and its key wrapped for each recipient by ECDH-ES+A256KW over X25519 (RFC 7518,
RFC 8037). The ``aad`` member binds it to its place, so that it means nothing in another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64encode

from ailoop.trust.keys import Key

__all__ = ["CannotUnseal", "NoKey", "seal", "unseal"]

_ALGORITHM = "ECDH-ES+A256KW"
_ALGORITHMS = [_ALGORITHM, "A256GCM"]
"""No others are taken, whatever a message names; no compression either."""

_STEP_BYTES = 256
"""A plaintext is filled up to a multiple of it: a length is not to tell ``yes`` from ``no``."""

_READ = ("protected", "iv", "ciphertext", "tag", "aad")


class NoKey(Exception):  # noqa: N818 -- an outcome, as those of the client
    """None of the keys at hand is that of a recipient."""


class CannotUnseal(Exception):  # noqa: N818
    """It is damaged, was meant for another place, or is no sealed content at all."""


def seal(value: Any, recipients: Iterable[Key], place: str) -> dict[str, Any]:
    """Encrypt JSON for recipients.

    :param place: where it belongs; opening it takes the same one.
    """
    plain = orjson.dumps(value)
    plain += b" " * (-len(plain) % _STEP_BYTES)  # JSON may end with spaces
    envelope = jwe.GeneralJSONEncryption({"enc": "A256GCM"}, plain, aad=place.encode())
    for key in recipients:
        envelope.add_recipient({"alg": _ALGORITHM, "kid": key.kid}, key.jwk)
    return dict(jwe.encrypt_json(envelope, None, algorithms=_ALGORITHMS))


def unseal(part: Mapping[str, Any], keys: Sequence[Key], place: str) -> tuple[Any, Key]:
    """Decrypt what :func:`seal` has made; return it, and the key that did.

    :raises NoKey: none of the keys is that of a recipient.
    :raises CannotUnseal: it does not open; the sentence says what seems to be wrong.
    """
    recipient, key = _find(part, keys)
    if part.get("aad") != urlsafe_b64encode(place.encode()).decode():
        raise CannotUnseal("it was sealed for another message")
    members: Any = {name: part[name] for name in _READ if name in part}
    members["recipients"] = [recipient]
    try:
        envelope = jwe.decrypt_json(members, key.jwk, algorithms=_ALGORITHMS)
        return orjson.loads(envelope.plaintext or b""), key
    except (JoseError, ValueError, TypeError, LookupError, AttributeError, AssertionError):
        # The library says the one or the other of a tag, a key or a text of Base64.
        raise CannotUnseal(f"it is damaged, or not for the key {key.kid}") from None


def _find(part: Mapping[str, Any], keys: Sequence[Key]) -> tuple[dict[str, Any], Key]:
    """Return the part of a recipient whose key is at hand, and that key."""
    recipients = part.get("recipients")
    if not isinstance(recipients, list):
        raise CannotUnseal("it names no recipients")
    by_kid = {key.kid: key for key in keys}
    kids = []
    for one in recipients:
        header = one.get("header") if isinstance(one, dict) else None
        kid = header.get("kid") if isinstance(header, dict) else None
        if isinstance(kid, str):
            kids.append(f"{kid:.80}")
            if kid in by_kid:
                return one, by_kid[kid]
    raise NoKey(f"it is for {', '.join(kids[:5]) or 'nobody'}, and none of the keys is theirs")
