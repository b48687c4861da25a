"""The outcome of asking for permission."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from attrs import field, frozen

from ailoop.client.errors import NotAuthorized, ReceiptInvalid
from ailoop.model.fitting import parse_answer
from ailoop.model.message import Authorization, ResponseMessage, ResponseType

__all__ = ["Approval"]

if TYPE_CHECKING:
    from ailoop.trust.receipt import Receipt


class Proof(Protocol):
    """What an approval is redeemed by."""

    def redeem(self, action: str, context: Any) -> Receipt:
        """Verify the receipt against what is about to be done, and use it up."""
        ...


@frozen(repr=False)
class Approval:
    """A person's decision; true only when it is an explicit approval.

    :param response: the message that settled the prompt.
    :param latency_seconds: how long the caller waited for it, if it did.
    :param receipt: what its receipt says; only of a client that was given a key.
    :param doubt: why it is not believed; then it is no approval, whatever it says.
    """

    response: ResponseMessage
    latency_seconds: float | None = None
    receipt: Receipt | None = field(default=None, kw_only=True)
    doubt: str | None = field(default=None, kw_only=True)
    _asked: Any = field(default=None, kw_only=True, eq=False)
    _proof: Proof | None = field(default=None, kw_only=True, eq=False)

    @classmethod
    def of(
        cls, response: ResponseMessage, asked: Authorization, seconds: float | None = None
    ) -> Approval:
        """Return the decision that a response is on what was asked.

        :param seconds: how long it was waited for.
        """
        approval = cls(response, seconds, asked=asked.context)
        # A server refuses both, unless it cannot read them.
        if approval.edited and not asked.editable:
            doubt = "its context was edited, which nobody had offered"
            return cls(response, seconds, doubt=doubt)
        said = response.content.answer
        if approval and asked.editable and not approval.edited and said is not None:
            return cls(response, seconds, doubt="its edited context is not understood")
        return approval

    @property
    def approved(self) -> bool:
        """Whether a person approved."""
        return (
            self.doubt is None
            and self.response.content.response_type is ResponseType.AUTHORIZATION_APPROVED
        )

    @property
    def edited(self) -> bool:
        """Whether a person approved another context than was asked."""
        return self.approved and self._edit is not None

    @property
    def context(self) -> Any:
        """What was approved: as it was asked, or as a person has edited it.

        ``None`` unless it was approved; of what was not edited also where it is not known here
        what was asked, as of an approval that a program makes itself of a response.
        """
        if not self.approved:
            return None
        return self._asked if self._edit is None else self._edit

    @property
    def _edit(self) -> dict[str, Any] | None:
        # Not metadata's value: the answer is what a receipt is about.
        answer = self.response.content.answer
        edited = None if answer is None else parse_answer(answer)
        return edited if isinstance(edited, dict) else None

    def redeem(self, action: str, context: Any = None) -> Receipt:
        """Use the approval up, right before what was approved is done.

        Its receipt is verified against exactly what is given here: not what was asked for some
        time ago, but what would now be done.

        :returns: what the receipt says.
        :raises ReceiptInvalid: what is about to be done is not what was approved, or the
            approval has expired or been redeemed, or the client was given no key.
        :raises NotAuthorized: it was not approved.
        """
        if not self.approved:
            raise NotAuthorized(action, self)
        if self._proof is None:
            raise ReceiptInvalid(
                action, self.response, "missing", "the client was given no receipt_key"
            )
        return self._proof.redeem(action, context)

    @property
    def reason(self) -> str | None:
        """Why: the person's words, or the server's (``timeout``, ``shutdown``)."""
        return (self.response.metadata or {}).get("reason")

    @property
    def responder(self) -> str | None:
        """Who decided, if they said so."""
        return (self.response.metadata or {}).get("responder")

    @property
    def decided_at(self) -> datetime:
        """When it was decided, by the server's clock, in UTC."""
        return self.response.timestamp

    def __repr__(self) -> str:
        return (
            f"Approval(approved={self.approved}, reason={self.reason!r}, "
            f"responder={self.responder!r})"
        )

    def __bool__(self) -> bool:
        return self.approved
