"""Whom a credential stands for, and what that lets through; the broker's guard."""

from __future__ import annotations

import math
from typing import Any, Protocol

from attrs import evolve, field, frozen

from ailoop.access.grants import Act, Grant, Role
from ailoop.broker import Prompt
from ailoop.model.envelope import SENDER
from ailoop.model.errors import Refusal
from ailoop.model.message import Message, SenderType

__all__ = ["Identity", "Issuer"]

_REMEMBERED = 10_000
"""Answers about channels that are kept; beyond, they are worked out each time."""


class Issuer(Protocol):
    """Who has said whom a credential stands for."""

    def holds(self, identity: Identity) -> bool:
        """Whether that is still so."""
        ...


@frozen(eq=False)
class Identity:
    """Somebody who has authenticated.

    :param name: what the records say.
    :param credential: names the credential to its issuer; it is no secret.
    :param issuer: who knows the credential.
    :param expires_at: when it ends, in seconds since the epoch.
    """

    name: str
    grants: tuple[Grant, ...]
    credential: str
    _issuer: Issuer
    expires_at: float = math.inf
    _known: dict[tuple[Act, str], bool] = field(factory=dict, init=False, repr=False)

    restricts = True

    @property
    def holds(self) -> bool:
        """Whether the credential is still good, with these grants."""
        return self._issuer.holds(self)

    def may(self, act: Act, channel: str) -> bool:
        """Whether a grant allows something on a channel."""
        key = act, channel
        known = self._known.get(key)
        if known is None:
            known = any(grant.allows(act, channel) for grant in self.grants)
            if len(self._known) < _REMEMBERED:
                self._known[key] = known
        return known

    @property
    def has_overview(self) -> bool:
        """Whether this may know what tells of all channels together."""
        return any(grant.everywhere and grant.role is not Role.AGENT for grant in self.grants)

    def check_overview(self) -> None:
        """Refuse what tells of all channels together, such as metrics."""
        if not self.has_overview:
            raise Refusal(
                "not_granted",
                "What tells of all channels takes a grant such as observer:* or admin:*",
            )

    # -- what the broker asks ---------------------------------------------------------

    def may_read(self, channel: str) -> bool:
        """Whether a channel may be known."""
        return self.may(Act.READ, channel)

    def check_read(self, channel: str) -> None:
        """Refuse a channel that has been named, whether or not there is one."""
        self._check(Act.READ, channel, "read")

    def admit(self, message: Message) -> Message:
        """Let a message through under this name, whatever its sender says of itself."""
        self._check(Act.SEND, message.channel, "send to")
        metadata = {**(message.metadata or {}), SENDER: self.name}
        return evolve(message, sender_type=SenderType.AGENT, metadata=metadata)

    def check_respond(self, prompt: Prompt) -> None:
        """Refuse who may not respond, and who has asked."""
        self._check(Act.RESPOND, prompt.entry.channel, "answer on")
        if self._has_asked(prompt):
            raise Refusal("own_prompt", message_id=str(prompt.entry.id))

    def check_withdraw(self, prompt: Prompt) -> None:
        """Refuse who has not asked."""
        channel = prompt.entry.channel
        self.check_holds()
        own = self._has_asked(prompt) and self.may(Act.SEND, channel)
        if not own and not self.may(Act.MANAGE, channel):
            raise Refusal(
                "not_granted", "Only who has asked a prompt withdraws it", channel=channel
            )

    def speaker(self, _: str | None) -> str | None:
        """Return who this is."""
        return self.name

    def sign(self, metadata: dict[str, Any]) -> dict[str, Any]:
        """Put this name on a response; only what agents send has a sender."""
        told = {name: value for name, value in metadata.items() if name != SENDER}
        return {**told, "responder": self.name}

    def _has_asked(self, prompt: Prompt) -> bool:
        return (prompt.message.metadata or {}).get(SENDER) == self.name

    def check_holds(self) -> None:
        """Refuse what comes when the credential has ended, however long it was on its way.

        Between the head of a request and the end of its body, or behind frames that wait to be
        read, it may have been revoked.
        """
        if not self.holds:
            raise Refusal("bad_credential")

    def _check(self, act: Act, channel: str, what: str) -> None:
        self.check_holds()
        if not self.may(act, channel):
            raise Refusal(
                "not_granted",
                f"This credential has no grant to {what} the channel {channel}",
                channel=channel,
            )
