"""Whether a receipt is to be believed, and whether it was used before."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from attrs import frozen
from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, ClaimError, ExpiredTokenError, JoseError
from sortedcontainers import SortedList

from ailoop.model.message import PromptContent, Response
from ailoop.trust.canonical import answer_hash, content_hash
from ailoop.trust.faults import Fault, ReceiptError
from ailoop.trust.hidden import Hidden
from ailoop.trust.receipt import ALGORITHM, TOKEN_TYPE, Receipt
from ailoop.trust.receipt_keys import KeySource, read_public

__all__ = ["Expected", "ReceiptVerifier"]

_EARLY_SECONDS = 60
"""So far may the signer's clock be ahead of ours. Nothing is granted at the other end."""

_MOST_USED = 100_000

_LINGER_SECONDS = 3600
"""So much longer is a redeemed receipt remembered: our clock may be set back."""


@frozen(kw_only=True)
class Expected:
    """What a receipt has to be about.

    :param content: what was asked, as the caller is about to do it.
    :param response: how it was decided.
    :param hidden: what hid them both, if they went encrypted.
    """

    prompt_id: UUID
    channel: str
    content: PromptContent
    response: Response
    hidden: Hidden | None = None

    @property
    def is_known(self) -> bool:
        """Whether what was encrypted is known, if it was."""
        return self.hidden is not None and self.hidden.is_known

    @property
    def action_hash(self) -> str | None:
        """What a receipt has to say of what was asked."""
        if self.hidden is not None:
            return self.hidden.prompt_hash
        return content_hash(self.content)

    @property
    def answer_hash(self) -> str | None:
        """What a receipt has to say of the person's words."""
        if self.hidden is not None:
            return self.hidden.answer_hash
        return answer_hash(self.response.answer)


class ReceiptVerifier:
    """Verifies receipts, and remembers those that were redeemed until they expire.

    Threads may share one.

    :param keys: the public key or keys that are trusted, or the path of their file.
    :param now: tells seconds since the epoch.
    :param most_used: how many redeemed receipts are remembered. When there are more that have
        not expired, no other is redeemed: none may be forgotten.
    :raises ValueError: the keys cannot be used.
    """

    def __init__(
        self,
        keys: KeySource,
        *,
        now: Callable[[], float] = time.time,
        most_used: int = _MOST_USED,
    ) -> None:
        self._keys = read_public(keys)
        self._now = now
        self._used = _Used(most_used)

    def read(self, token: str, *, expired_too: bool = False) -> Receipt:
        """Return what a receipt says, if a trusted key has signed it and it holds now.

        :param expired_too: for an audit, which does nothing on its strength.
        :raises ReceiptError: it is not to be believed.
        """
        key_id = self._check_header(token)
        try:
            claims = jwt.decode(token, self._keys[key_id], algorithms=[ALGORITHM]).claims
        except BadSignatureError:
            raise ReceiptError(Fault.BAD_SIGNATURE, "its signature is wrong") from None
        except (JoseError, ValueError, TypeError) as error:
            raise ReceiptError(Fault.UNREADABLE, f"it cannot be read: {error}") from None
        self._check_times(claims, expired_too)
        try:
            return Receipt.of(claims, key_id)
        except ValueError as error:
            raise ReceiptError(Fault.UNREADABLE, f"it is no receipt: {error}") from None

    def _check_header(self, token: str) -> str:
        """Return the name of the trusted key that a token says it is signed by."""
        try:
            header: dict[str, Any] = jws.extract_compact(token.encode()).headers()
        except (JoseError, ValueError, TypeError) as error:
            raise ReceiptError(Fault.UNREADABLE, f"it cannot be read: {error}") from None
        if header.get("alg") != ALGORITHM:
            raise ReceiptError(Fault.WRONG_ALGORITHM, f"it is not signed by {ALGORITHM}")
        if header.get("typ") != TOKEN_TYPE:
            raise ReceiptError(Fault.WRONG_TYPE, "it is a token for something else")
        key_id = header.get("kid")
        if not isinstance(key_id, str) or key_id not in self._keys:
            raise ReceiptError(Fault.UNKNOWN_KEY, "it is signed by a key that is not trusted")
        return key_id

    def _check_times(self, claims: dict[str, Any], expired_too: bool) -> None:
        if any(type(claims.get(name)) is not int for name in ("iat", "exp")):
            raise ReceiptError(Fault.UNREADABLE, "it does not say how long it is good for")
        now = int(self._now())
        # Decoding says nothing of the time: joserfc leaves it to this.
        issued = jwt.JWTClaimsRegistry(now, _EARLY_SECONDS, iat={"essential": True})
        expires = jwt.JWTClaimsRegistry(now, exp={"essential": True})
        try:
            issued.validate({"iat": claims["iat"]})
            if not expired_too:
                expires.validate({"exp": claims["exp"]})
        except ExpiredTokenError:
            raise ReceiptError(Fault.EXPIRED, "its time is over") from None
        except ClaimError:
            raise ReceiptError(
                Fault.NOT_YET, "it is from the future; a clock is wrong"
            ) from None

    def check(self, token: object, expected: Expected) -> Receipt:
        """Return what a receipt says, if it is about what is expected and was not redeemed.

        :param token: what stands where a receipt is to be; ``None`` if nothing does.

        :raises ReceiptError: it is not to be believed.
        :raises CanonicalError: what is expected has no canonical form.
        """
        if token is None:
            raise ReceiptError(Fault.MISSING, "there is none")
        if not isinstance(token, str):
            raise ReceiptError(Fault.UNREADABLE, "it is no text")
        receipt = self.read(token)
        for told, wanted, fault in (
            (receipt.prompt_id, expected.prompt_id, Fault.OTHER_PROMPT),
            (receipt.channel, expected.channel, Fault.OTHER_CHANNEL),
            (receipt.decision, expected.response.response_type, Fault.OTHER_DECISION),
            (receipt.sealed and not expected.is_known, False, Fault.SEALED),
            (receipt.answer_hash, expected.answer_hash, Fault.OTHER_DECISION),
            (receipt.action_hash, expected.action_hash, Fault.OTHER_ACTION),
        ):
            if told != wanted:
                raise ReceiptError(fault, _MISMATCHES[fault])
        if expected.hidden is not None:
            expected.hidden.check(expected.content)
        if receipt.id in self._used:
            raise ReceiptError(Fault.USED, "it has been redeemed before")
        return receipt

    def redeem(self, token: object, expected: Expected) -> Receipt:
        """Check a receipt and use it up, right before what it allows is done.

        :raises ReceiptError: it is not to be believed; a second time, that it was used.
        :raises CanonicalError: what is expected has no canonical form.
        """
        receipt = self.check(token, expected)
        self._used.add(receipt, self._now())
        return receipt


_MISMATCHES = {
    Fault.OTHER_PROMPT: "it is about another prompt",
    Fault.OTHER_CHANNEL: "it is about another channel",
    Fault.SEALED: "the prompt was encrypted, and what it said is not known here",
    Fault.OTHER_DECISION: "it is about another decision",
    Fault.OTHER_ACTION: "what was approved is not what is about to be done",
}


class _Used:
    """The receipts that were redeemed and could be again."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._ids: set[UUID] = set()
        self._ends: SortedList = SortedList()  # (when it expires, its id)

    def __contains__(self, receipt_id: UUID) -> bool:
        return receipt_id in self._ids

    def add(self, receipt: Receipt, now: float) -> None:
        """Remember one; of two threads that come with the same, one is refused."""
        with self._lock:
            while self._ends and self._ends[0][0] <= now - _LINGER_SECONDS:
                self._ids.discard(self._ends.pop(0)[1])
            if receipt.id in self._ids:
                raise ReceiptError(Fault.USED, "it has been redeemed before")
            if len(self._ids) >= self._most:
                raise ReceiptError(Fault.TOO_MANY, "too many have been redeemed lately")
            self._ids.add(receipt.id)
            self._ends.add((receipt.expires_at, receipt.id))
