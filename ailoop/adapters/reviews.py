"""An action that waits for a person: what it takes to ask, and the words for the decision.

LangChain's middleware and the Agent Inbox mean the same and say it differently.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from ailoop.adapters.asking import Prompt
from ailoop.adapters.outcomes import Approved, Denied, NoDecision, Outcome, Said, Silent
from ailoop.adapters.values import as_json, load_exactly

__all__ = ["InboxReview", "Review", "ToolReview"]

_NO_REASON = "A person denied this and gave no reason."
_SAID, _NOT = "response", "instead"
"""The fields of the form where a person may say something, or rather not."""


@frozen(kw_only=True)
class Review(ABC):
    """An action that a person reviews, and what the graph lets them do about it.

    :param args: the arguments, as JSON as far as it goes.
    """

    REFUSE: ClassVar[str]
    """What people are offered to do where they cannot deny."""

    name: str
    args: Any
    description: str
    accept: bool
    edit: bool
    respond: bool
    refuse: bool

    def prompt(self, key: str, note: str) -> Prompt:
        """Return the one prompt that this takes: permission, or words where none is wanted.

        :raises ValueError: the graph takes nothing at all.
        """
        text = f"{self.name}: {self.description}" if self.description else self.name
        shown = load_exactly(as_json(self.args))
        if self.accept or self.edit:
            return Prompt(
                key=key,
                text=text + note,
                kind="authorization",
                context=shown,
                # What JSON cannot hold would come back as something else.
                editable=self.edit and isinstance(shown, dict) and shown == self.args,
            )
        text = f"{text}\n\n{as_json(self.args)}{note}"
        if self.respond:
            form = self._form() if self.refuse else None
            return Prompt(key=key, text=text, kind="question", schema=form)
        if not self.refuse:
            raise ValueError(f"the interrupt for {self.name} allows no decision")
        return Prompt(key=key, text=text, kind="question", choices=(self.REFUSE,))

    def _form(self) -> dict[str, Any]:
        said = {"type": "string", "title": "Your response"}
        rather = {"type": "boolean", "title": f"{self.REFUSE} instead", "default": False}
        return {"type": "object", "properties": {_SAID: said, _NOT: rather}}

    def decision(self, outcome: Outcome) -> dict[str, Any]:
        """Return what the graph takes.

        :raises NoDecision: it takes nothing that would be true.
        """
        match outcome:
            case Approved(edited=False) if self.accept:
                return self._accepted()
            case Approved(context, edited):
                return self._edited(context if edited else self.args)
            case Denied(reason):
                return self._denied(reason)
            case Said(value):
                return self._said(value)
            case Silent(why):
                return self._unanswered(why)

    def _said(self, value: Any) -> dict[str, Any]:
        if not self.respond:
            return self._refused(None)  # the only choice there was
        if isinstance(value, str):
            return self._responded(value)
        said, rather_not = value.get(_SAID), value.get(_NOT)
        return self._responded(said) if said and not rather_not else self._refused(said or None)

    def _nothing(self, why: str) -> dict[str, Any]:
        raise NoDecision(self.name, why)

    @abstractmethod
    def _accepted(self) -> dict[str, Any]:
        """Say that it may be done as it is."""

    @abstractmethod
    def _edited(self, args: Any) -> dict[str, Any]:
        """Say that it may be done with these arguments."""

    @abstractmethod
    def _responded(self, words: str) -> dict[str, Any]:
        """Say what a person said instead."""

    @abstractmethod
    def _refused(self, reason: str | None) -> dict[str, Any]:
        """Say that it is not to be done."""

    @abstractmethod
    def _denied(self, reason: str | None) -> dict[str, Any]:
        """Say that a person does not want it, as far as the graph takes that."""

    @abstractmethod
    def _unanswered(self, why: str) -> dict[str, Any]:
        """Say that nobody decided, as far as the graph takes that."""


class ToolReview(Review):
    """A call of a tool, as ``HumanInTheLoopMiddleware`` wants it reviewed."""

    REFUSE = "Reject"

    @classmethod
    def of(cls, request: Mapping[str, Any], allowed: Any) -> ToolReview:
        """Read what the middleware says, and which decisions it takes."""
        name, args = request["name"], request["args"]
        description = str(request.get("description") or "")
        # The middleware's own ends with what is before the person anyway.
        shown = f"\n\nTool: {name}\nArgs: {args}"
        return cls(
            name=name,
            args=args,
            description=description.removesuffix(shown),
            accept="approve" in allowed,
            edit="edit" in allowed,
            respond="respond" in allowed,
            refuse="reject" in allowed,
        )

    def _accepted(self) -> dict[str, Any]:
        return {"type": "approve"}

    def _edited(self, args: Any) -> dict[str, Any]:
        return {"type": "edit", "edited_action": {"name": self.name, "args": args}}

    def _responded(self, words: str) -> dict[str, Any]:
        return {"type": "respond", "message": words}

    def _refused(self, reason: str | None) -> dict[str, Any]:
        return {"type": "reject"} if reason is None else {"type": "reject", "message": reason}

    def _denied(self, reason: str | None) -> dict[str, Any]:
        if self.refuse:
            return self._refused(reason)
        if self.respond:
            return self._responded(reason or _NO_REASON)
        return self._nothing(reason or "denied")

    def _unanswered(self, why: str) -> dict[str, Any]:
        # `respond` would be the tool's result, and a person's.
        return self._refused(f"Not approved: {why}.") if self.refuse else self._nothing(why)


class InboxReview(Review):
    """An action, as the Agent Inbox has it reviewed."""

    REFUSE = "Ignore"

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> InboxReview:
        """Read a ``HumanInterrupt``."""
        request, config = value["action_request"], value["config"]
        return cls(
            name=request["action"],
            args=request["args"],
            description=str(value.get("description") or ""),
            accept=config.get("allow_accept") is True,
            edit=config.get("allow_edit") is True,
            respond=config.get("allow_respond") is True,
            refuse=config.get("allow_ignore") is True,
        )

    def _accepted(self) -> dict[str, Any]:
        return {"type": "accept", "args": None}

    def _edited(self, args: Any) -> dict[str, Any]:
        return {"type": "edit", "args": {"action": self.name, "args": args}}

    def _responded(self, words: str) -> dict[str, Any]:
        return {"type": "response", "args": words}

    def _refused(self, _: str | None) -> dict[str, Any]:
        return {"type": "ignore", "args": None}

    def _denied(self, reason: str | None) -> dict[str, Any]:
        if self.respond and reason:
            return self._responded(reason)
        if self.refuse:
            return self._refused(None)
        return (
            self._responded(_NO_REASON) if self.respond else self._nothing(reason or "denied")
        )

    def _unanswered(self, why: str) -> dict[str, Any]:
        if self.refuse:
            return self._refused(None)
        return self._responded(f"Not approved: {why}.") if self.respond else self._nothing(why)
