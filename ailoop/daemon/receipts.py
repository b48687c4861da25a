"""What signs receipts in a daemon, by its settings; without them no cryptography is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from ailoop.broker import Issuer
from ailoop.daemon.errors import DaemonError
from ailoop.model.envelope import sealed_part
from ailoop.model.errors import Refusal
from ailoop.model.fitting import decided
from ailoop.model.ids import new_id
from ailoop.model.message import PROMPT_TYPES, Message, Question, Response

if TYPE_CHECKING:
    from ailoop.daemon.settings import Settings
    from ailoop.trust.receipt import ReceiptSigner

__all__ = ["SigningIssuer", "open_issuer"]

log = structlog.get_logger()


def open_issuer(settings: Settings) -> SigningIssuer | None:
    """Return what makes receipts, if the settings name a key.

    :raises DaemonError: the key cannot be used.
    """
    if not settings.receipt_signing_key:
        return None
    from ailoop.trust.receipt import ReceiptSigner
    from ailoop.trust.receipt_keys import BadKey, read_private

    try:
        key = read_private(Path(settings.receipt_signing_key))
    except BadKey as error:
        raise DaemonError(
            f"receipt_signing_key: {error}; ailoop receipt keygen makes one"
        ) from None
    return SigningIssuer(ReceiptSigner(key), settings.receipt_seconds)


class SigningIssuer(Issuer):
    """Signs a receipt of each decision.

    :param seconds: how long a receipt is good for.
    """

    def __init__(self, signer: ReceiptSigner, seconds: int) -> None:
        self._signer = signer
        self._seconds = seconds

    @property
    def key_set(self) -> dict[str, Any]:
        """What verifies the receipts."""
        return self._signer.key_set

    def check(self, prompt: Message) -> None:
        """Refuse a prompt of which other readers of JSON would see something else."""
        from ailoop.trust.canonical import CanonicalError
        from ailoop.trust.hidden import asked_hash

        content = prompt.content
        if not isinstance(content, PROMPT_TYPES):
            return
        try:
            asked_hash(prompt, content)
        except CanonicalError as error:
            place = "content" if isinstance(content, Question) else "content.context"
            path = f"$.{place}{error.path.removeprefix('.context')}"
            if sealed_part(prompt.metadata) is not None:
                path = f"$.metadata{error.path}"
            raise Refusal(
                "invalid_message",
                f"{path} {error.sentence}; this server signs what people decide",
                path=path,
            ) from None

    def issue(self, prompt: Message, response: Message, at: float) -> str | None:
        """Sign what was decided; nothing of a prompt that an earlier start has let in.

        What was asked encrypted is signed as that: nobody here knows what it says. Where a
        person has edited the context, it is the edited one that was approved.
        """
        from ailoop.trust.canonical import CanonicalError
        from ailoop.trust.hidden import asked_hash, said_hash
        from ailoop.trust.receipt import Receipt

        asked, said = prompt.content, response.content
        if not isinstance(asked, PROMPT_TYPES) or not isinstance(said, Response):
            return None
        responder = (response.metadata or {}).get("responder")
        try:
            receipt = Receipt(
                id=new_id(),
                prompt_id=prompt.id,
                channel=prompt.channel,
                decision=said.response_type,
                action_hash=asked_hash(prompt, decided(asked, said)),
                answer_hash=said_hash(prompt, response, said),
                approver=responder if isinstance(responder, str) else None,
                sealed=sealed_part(prompt.metadata) is not None,
                issued_at=int(at),
                expires_at=int(at) + self._seconds,
                key_id=self._signer.key_id,
            )
        except CanonicalError as error:
            log.warning("no_receipt", prompt=str(prompt.id), reason=error.sentence)
            return None
        return self._signer.sign(receipt)
