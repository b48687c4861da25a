"""How an agent knows an answer by somebody who has read its prompt, without keeping a table.

Everything follows from one secret of the prompt: the key to which the answer is sealed, the
nonce that proves that the prompt was read, and what tells whether it is the same prompt. An
agent that has a key of its own derives the secret from that key and from what it asks, so
that it comes to the same one after a restart.
"""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256
from typing import Any

import orjson
from attrs import frozen
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ailoop.trust.keys import Key

__all__ = ["ReplySecret"]


@frozen
class ReplySecret:
    """The secret of one prompt; whoever has it can read the answer, and forge one."""

    secret: bytes

    @classmethod
    def of(cls, own: bytes, place: str, value: Any) -> ReplySecret:
        """Return the secret of a prompt.

        :param own: what nobody but the agent knows.
        :param place: the prompt's place.
        :param value: what is asked, as JSON.
        """
        asked = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        return cls(hmac.digest(own, place.encode() + b"\n" + sha256(asked).digest(), "sha256"))

    @property
    def key(self) -> Key:
        """The key to which the answer is sealed."""
        private = self._derive("reply")
        public = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
        members = {"kty": "OKP", "crv": "X25519", "x": _text(public), "d": _text(private)}
        return Key.load({**members, "kid": "reply"})

    @property
    def nonce(self) -> str:
        """What only they know who have read the prompt."""
        return _text(self._derive("nonce")[:16])

    @property
    def fingerprint(self) -> str:
        """Is the same for the same prompt, and tells nothing of it to anybody else."""
        return _text(self._derive("fingerprint")[:16])

    def _derive(self, purpose: str) -> bytes:
        return hmac.digest(self.secret, purpose.encode(), "sha256")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
