"""The receipt of a decision: who decided what about exactly which action, signed.

A receipt is a JSON Web Token (RFC 7519) in the compact form of JWS, signed by Ed25519
(RFC 8037, RFC 9864). The daemon that recorded the decision signs; whoever is about to do what
was decided verifies, with the public key that they were given beforehand.
"""

from __future__ import annotations

from types import NoneType
from typing import Any
from uuid import UUID

from attrs import frozen
from joserfc import jwt
from joserfc.jwk import OKPKey

from ailoop.model.message import ResponseType
from ailoop.trust.receipt_keys import key_id, public_members

__all__ = ["ALGORITHM", "TOKEN_TYPE", "Receipt", "ReceiptSigner"]

ALGORITHM = "Ed25519"
TOKEN_TYPE = "ailoop-receipt+jwt"  # noqa: S105 -- it says what a token is


_CLAIMS: dict[str, tuple[type, ...]] = {
    "jti": (str,),
    "prompt_id": (str,),
    "channel": (str,),
    "decision": (str,),
    "action_hash": (str,),
    "answer_hash": (str, NoneType),
    "approver": (str, NoneType),
    "sealed": (bool, NoneType),
    "iat": (int,),
    "exp": (int,),
}


@frozen(kw_only=True)
class Receipt:
    """What a receipt says.

    :param id: of the receipt; it can be redeemed once.
    :param prompt_id: the prompt that was decided.
    :param channel: where.
    :param decision: how.
    :param action_hash: of what was asked, by :func:`~ailoop.trust.canonical.content_hash`;
        of what was asked encrypted, by :func:`~ailoop.trust.hidden.sealed_hash`.
    :param answer_hash: of the person's words, if there are any; or of what hides them.
    :param approver: who decided, as it is recorded, if it is.
    :param issued_at: seconds since the epoch.
    :param expires_at: the same; it is good until just before.
    :param sealed: whether the prompt was encrypted, so that the hash is of its ciphertext.
    :param key_id: names the key that signed it.
    """

    id: UUID
    prompt_id: UUID
    channel: str
    decision: ResponseType
    action_hash: str
    answer_hash: str | None = None
    approver: str | None = None
    sealed: bool = False
    issued_at: int
    expires_at: int
    key_id: str

    def claims(self) -> dict[str, Any]:
        """Return it as the claims of a token."""
        sealed = {"sealed": True} if self.sealed else {}
        return sealed | {
            "jti": str(self.id),
            "prompt_id": str(self.prompt_id),
            "channel": self.channel,
            "decision": self.decision.value,
            "action_hash": self.action_hash,
            "answer_hash": self.answer_hash,
            "approver": self.approver,
            "iat": self.issued_at,
            "exp": self.expires_at,
        }

    @classmethod
    def of(cls, claims: dict[str, Any], key_id: str) -> Receipt:
        """Read the claims of a token.

        :raises ValueError: they are not those of a receipt.
        """
        for name, kinds in _CLAIMS.items():
            # Not isinstance(): true is no number.
            if type(claims.get(name)) not in kinds:
                raise ValueError(f"its {name} is missing, or of the wrong type")
        return cls(
            id=UUID(claims["jti"]),
            prompt_id=UUID(claims["prompt_id"]),
            channel=claims["channel"],
            decision=ResponseType(claims["decision"]),
            action_hash=claims["action_hash"],
            answer_hash=claims.get("answer_hash"),
            approver=claims.get("approver"),
            sealed=bool(claims.get("sealed")),
            issued_at=claims["iat"],
            expires_at=claims["exp"],
            key_id=key_id,
        )


class ReceiptSigner:
    """Signs receipts.

    :param key: the private key.
    """

    def __init__(self, key: OKPKey) -> None:
        self._key = key
        self.key_id = key_id(key)

    @property
    def key_set(self) -> dict[str, Any]:
        """What verifies its receipts: the public key in a set (RFC 7517, section 5)."""
        return {"keys": [public_members(self._key)]}

    def sign(self, receipt: Receipt) -> str:
        """Return a receipt as a token.

        :raises ValueError: it names another key.
        """
        if receipt.key_id != self.key_id:
            raise ValueError("a receipt names the key that signs it")
        header = {"alg": ALGORITHM, "typ": TOKEN_TYPE, "kid": self.key_id}
        return jwt.encode(header, receipt.claims(), self._key, algorithms=[ALGORITHM])
