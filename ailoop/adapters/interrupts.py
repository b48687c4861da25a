"""Interrupts of LangGraph as prompts, and outcomes as what the graph resumes with.

Three shapes are known: what LangChain's ``HumanInTheLoopMiddleware`` interrupts with, all calls
of a turn at once or each by itself, and the ``HumanInterrupt`` of the Agent Inbox. Any other
value is a question.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from attrs import frozen

from ailoop.adapters.asking import Prompt
from ailoop.adapters.outcomes import Denied, NoDecision, Outcome, Said, Silent
from ailoop.adapters.reviews import InboxReview, Review, ToolReview
from ailoop.adapters.values import as_json
from ailoop.model.form import Form, FormError

__all__ = ["Plan", "plan"]

_ONLY = "answer"
"""The one field of a form for what is no object."""


@frozen
class Plan:
    """What one interrupt asks, and how its answer is made.

    :param resume: makes what the graph resumes with of an outcome for each prompt; raises
        :class:`NoDecision` where the graph takes none of it.
    """

    prompts: tuple[Prompt, ...]
    resume: Callable[[Sequence[Outcome]], Any]


def plan(value: Any, schema: Any, key: str, problem: str = "") -> Plan:
    """Return what to ask for an interrupt.

    :param schema: of the answer, as JSON Schema, if the graph has told one.
    :param problem: what was wrong with the answer before, if there was one.
    :raises ValueError: it has a shape that is known, and does not keep to it.
    """
    note = f"\n\nThe last answer did not fit: {problem}" if problem else ""
    try:
        reviews = _reviews(value, schema)
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"an interrupt is not understood, {error!r}: {value}") from None
    if reviews is None:
        return _question(value, schema, f"{key} 0", note)

    def resume(outcomes: Sequence[Outcome]) -> Any:
        pairs = zip(reviews, outcomes, strict=True)
        decisions = [review.decision(outcome) for review, outcome in pairs]
        if isinstance(value, Mapping):
            return {"decisions": decisions} if "action_requests" in value else decisions[0]
        return decisions

    prompts = [review.prompt(f"{key} {index}", note) for index, review in enumerate(reviews)]
    return Plan(tuple(prompts), resume)


def _reviews(value: Any, schema: Any) -> Sequence[Review] | None:
    """Return the actions that an interrupt wants reviewed, if it does."""
    if isinstance(value, Sequence) and value and all(map(_is_for_inbox, value)):
        return [InboxReview.of(one) for one in value]
    if not isinstance(value, Mapping):
        return None
    if _is_for_inbox(value):
        return [InboxReview.of(value)]
    if value.get("type") == "tool_approval":
        return [ToolReview.of(value, _decisions_in(schema))]
    if "action_requests" in value and "review_configs" in value:
        configs = value["review_configs"]
        allowed = {one["action_name"]: one["allowed_decisions"] for one in configs}
        requests = value["action_requests"]
        return [ToolReview.of(one, allowed[one["name"]]) for one in requests]
    return None


def _is_for_inbox(value: Any) -> bool:
    return isinstance(value, Mapping) and "action_request" in value and "config" in value


def _decisions_in(schema: Any) -> list[str]:
    """Return the decisions that a schema of answers allows: one, or one of several."""
    if "discriminator" in schema:
        return [*schema["discriminator"]["mapping"]]
    return [schema["properties"]["type"]["const"]]


def _question(value: Any, schema: Any, key: str, note: str) -> Plan:
    """Ask for the value itself: in words, or by a form where it has a schema."""
    text = value if isinstance(value, str) else as_json(value)
    form: dict[str, Any] | None = None
    read: Callable[[Any], Any] = _as_said
    if isinstance(schema, Mapping):
        form, read = _form(schema)
        if form is None:
            text += f"\n\nThe answer is JSON of this schema: {as_json(schema)}"
    text += note

    def resume(outcomes: Sequence[Outcome]) -> Any:
        match outcomes[0]:
            case Said(answer):
                return read(answer)
            case Denied(why) | Silent(why):
                raise NoDecision(text, why or "denied")
            case outcome:
                raise NoDecision(text, f"{outcome} answers no question")

    return Plan((Prompt(key=key, text=text, kind="question", schema=form),), resume)


def _form(schema: Mapping[str, Any]) -> tuple[dict[str, Any] | None, Callable[[Any], Any]]:
    """Return the form that a schema makes, and how the answer is read out of it.

    A schema that is richer than forms makes none; the answer is to be JSON then.
    """
    form = dict(schema)
    bare = schema.get("type") != "object"
    if bare:  # a form has fields
        form = {"type": "object", "properties": {_ONLY: form}, "required": [_ONLY]}
    try:
        Form.of(form)
    except FormError:
        return None, _as_json
    return form, itemgetter(_ONLY) if bare else _as_said


def _as_said(answer: Any) -> Any:
    return answer


def _as_json(answer: str) -> Any:
    try:
        return json.loads(answer)
    except (ValueError, RecursionError):
        return answer  # the graph is to say what it thinks of it
