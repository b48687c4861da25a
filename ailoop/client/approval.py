"""The outcome of asking for permission."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from ailoop.model.message import ResponseMessage, ResponseType

__all__ = ["Approval"]


@frozen(repr=False)
class Approval:
    """A person's decision; true only when it is an explicit approval.

    :param response: the message that settled the prompt.
    :param latency_seconds: how long the caller waited for it, if it did.
    """

    response: ResponseMessage
    latency_seconds: float | None = None

    @property
    def approved(self) -> bool:
        """Whether a person approved."""
        return self.response.content.response_type is ResponseType.AUTHORIZATION_APPROVED

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
