"""What an approval has to show before it is believed: its receipt.

A client that was given no key asks for none, and loads no cryptography.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from ailoop.client.approval import Approval
from ailoop.client.errors import AiloopError, ReceiptInvalid
from ailoop.client.opened import OpenedResponse
from ailoop.model.message import Authorization, PromptContent, ResponseMessage
from ailoop.trust.faults import ReceiptError

if TYPE_CHECKING:
    from ailoop.trust.receipt import Receipt
    from ailoop.trust.receipt_check import ReceiptVerifier

__all__ = ["VARIABLE", "ReceiptKey", "Receipts", "open_receipts"]

VARIABLE = "AILOOP_RECEIPT_KEY"

ReceiptKey = str | os.PathLike[str] | Mapping[str, Any]
"""The path of a file with a public key or a set of them, or what is in such a file."""


def open_receipts(key: ReceiptKey | None) -> Receipts | None:
    """Return what verifies receipts by a key, or by that of the environment.

    :raises AiloopError: the key cannot be used.
    """
    source = key if key is not None else os.environ.get(VARIABLE)
    if not source:
        return None
    from ailoop.trust.receipt_check import ReceiptVerifier

    try:
        return Receipts(ReceiptVerifier(source))
    except ValueError as error:
        raise AiloopError(f"receipt_key: {error}") from None


class Receipts:
    """Verifies what approvals bring.

    :param verifier: knows the keys, and what was redeemed.
    """

    def __init__(self, verifier: ReceiptVerifier) -> None:
        self._verifier = verifier

    def check_action(self, content: PromptContent) -> None:
        """Refuse to ask for what no receipt can be about.

        :raises ValueError: such as for a number that not every reader of JSON can read.
        """
        from ailoop.trust.canonical import content_hash

        content_hash(content)

    def prove(self, channel: str, asked: Authorization, approval: Approval) -> Approval:
        """Return an approval that can be redeemed; what is none passes as it is.

        :raises ReceiptInvalid: it is approved, and its receipt is not to be believed.
        """
        if not approval:
            return approval
        proof = _Proof(self._verifier, channel, approval.response)
        return evolve(approval, proof=proof, receipt=proof.check(asked))


@frozen
class _Proof:
    """A receipt that came with a response, to be held against what is about to be done."""

    verifier: ReceiptVerifier
    channel: str
    response: ResponseMessage

    def check(self, content: Authorization) -> Receipt:
        return self._held_against(content, self.verifier.check)

    def redeem(self, action: str, context: Any) -> Receipt:
        content = Authorization(action=action, context=context)
        return self._held_against(content, self.verifier.redeem)

    def _held_against(self, content: Authorization, hold: Any) -> Receipt:
        from ailoop.trust.canonical import CanonicalError
        from ailoop.trust.faults import Fault
        from ailoop.trust.receipt_check import Expected

        response = self.response
        try:
            receipt: Receipt = hold(
                (response.metadata or {}).get("receipt"),
                Expected(
                    prompt_id=response.correlation_id or response.id,
                    channel=self.channel,
                    content=content,
                    response=response.content,
                    hidden=response.hidden if isinstance(response, OpenedResponse) else None,
                ),
            )
        except ReceiptError as error:
            raise ReceiptInvalid(content.action, response, error.fault, str(error)) from None
        except CanonicalError as error:
            # What has no canonical form cannot have been approved.
            raise ReceiptInvalid(
                content.action, response, Fault.OTHER_ACTION, str(error)
            ) from None
        return receipt
