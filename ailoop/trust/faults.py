"""What can be wrong with a receipt; without any cryptography, so that it loads at once."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Fault", "ReceiptError"]


class Fault(StrEnum):
    """What is wrong with a receipt. Programs may match on the values."""

    MISSING = "missing"
    """There is none."""
    UNREADABLE = "unreadable"
    """It is no signed receipt at all, or says nonsense."""
    WRONG_ALGORITHM = "wrong_algorithm"
    """It is signed otherwise than by Ed25519, or not at all."""
    WRONG_TYPE = "wrong_type"
    """It is signed and is something else."""
    UNKNOWN_KEY = "unknown_key"
    """It names a key that is not trusted."""
    BAD_SIGNATURE = "bad_signature"
    """It names a key that is trusted, and is not signed by it."""
    EXPIRED = "expired"
    """Its time is over."""
    NOT_YET = "not_yet"
    """It is from the future: a clock is wrong."""
    OTHER_PROMPT = "other_prompt"
    """It is about another prompt."""
    OTHER_CHANNEL = "other_channel"
    """It is about another channel."""
    OTHER_ACTION = "other_action"
    """What was approved is not what is about to be done."""
    SEALED = "sealed"
    """The prompt was encrypted, and what it said is not known to who verifies."""
    OTHER_DECISION = "other_decision"
    """It is about another decision, such as a denial."""
    USED = "used"
    """It has been redeemed before."""
    TOO_MANY = "too_many"
    """So many have been redeemed lately that no more can be remembered."""


class ReceiptError(Exception):
    """A receipt is not to be believed.

    :param fault: what is wrong with it.
    """

    def __init__(self, fault: Fault, sentence: str) -> None:
        self.fault = fault
        super().__init__(sentence)
