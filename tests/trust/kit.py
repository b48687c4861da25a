"""Keys of receipts, receipts, and what they are held against."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from attrs import evolve
from joserfc.jwk import OKPKey

from ailoop.model.message import Authorization, Response, ResponseType
from ailoop.trust.canonical import content_hash
from ailoop.trust.receipt import Receipt, ReceiptSigner
from ailoop.trust.receipt_check import Expected, ReceiptVerifier
from ailoop.trust.receipt_keys import make_key_files, public_members

NOW = 1_800_000_000
ASKED = Authorization(action="deploy", context={"version": "1.4"})
APPROVED = Response(response_type=ResponseType.AUTHORIZATION_APPROVED)
PROMPT = UUID(int=1)
EXPECTED = Expected(prompt_id=PROMPT, channel="deploys", content=ASKED, response=APPROVED)


class Clock:
    """Stands where a test puts it."""

    def __init__(self) -> None:
        self.now: float = NOW

    def __call__(self) -> float:
        return self.now


class Signing:
    """A key with its signer, its verifier, and the clock of the verifier."""

    def __init__(self, **how: Any) -> None:
        self.key = OKPKey.generate_key("Ed25519")
        self.clock = Clock()
        self.signer = ReceiptSigner(self.key)
        self.public = public_members(self.key)
        self.verifier = ReceiptVerifier(self.public, now=self.clock, **how)
        self._count = 100

    def receipt(self, **changes: Any) -> Receipt:
        """Make the receipt of :data:`EXPECTED`, or one that differs."""
        self._count += 1
        plain = Receipt(
            id=UUID(int=self._count),
            prompt_id=PROMPT,
            channel="deploys",
            decision=ResponseType.AUTHORIZATION_APPROVED,
            action_hash=content_hash(ASKED),
            approver="ann",
            issued_at=NOW,
            expires_at=NOW + 300,
            key_id=self.signer.key_id,
        )
        return evolve(plain, **changes)

    def sign(self, **changes: Any) -> str:
        """Sign such a receipt."""
        return self.signer.sign(self.receipt(**changes))


def key_files(folder: Path) -> tuple[str, str]:
    """Make a key; return the paths of its private and its public file."""
    make_key_files(folder / "receipts.key")
    return str(folder / "receipts.key"), str(folder / "receipts.key.pub")
