"""What people are asked and told about calls of tools, and what agents are told of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from attrs import frozen

from ailoop.model.limits import is_deeper
from ailoop.model.message import (
    Authorization,
    Notification,
    Priority,
    ResponseMessage,
    ResponseType,
)
from ailoop.policy.call import Call
from ailoop.policy.decide import Verdict
from ailoop.policy.rule import Decision

__all__ = ["Record", "consent", "denial", "record", "refusal", "request", "request_metadata"]

_MOST_RECORDED = 4096
"""Bytes of arguments that a record carries; of larger ones it has the hash."""

_DEEPEST = 12
"""Levels of them; a server takes some more in the metadata of a message."""

_LONGEST_RECORD = 2000

_SAYS = {Decision.ALLOW: "Allowed", Decision.DENY: "Denied"}

_INSTEAD = (
    "Do not try to do it in another way; do something else, or stop and say what you need."
)


@frozen
class Record:
    """What is recorded of a decision that nobody was asked for.

    :param content: for people.
    :param metadata: for programs.
    """

    content: Notification
    metadata: dict[str, Any]


def request(call: Call, verdict: Verdict, seconds: int) -> Authorization:
    """Return what a person is asked: the whole of the arguments, which they may edit.

    :param seconds: how long they have.
    """
    reason = verdict.rule.reason if verdict.rule else None
    action = call.label if reason is None else f"{call.label}\n{reason}"
    return Authorization(
        action=action, context=dict(call.arguments), editable=True, timeout_seconds=seconds
    )


def record(call: Call, verdict: Verdict, about: Mapping[str, Any]) -> Record:
    """Return what is recorded of a decision that nobody was asked for.

    :param about: what else is known, such as the session.
    """
    text = f"{_SAYS[verdict.decision]} without asking: {call.label} ({verdict.why})"
    metadata = {**request_metadata(call, verdict, about), **_arguments(call)}
    content = Notification(text=text[:_LONGEST_RECORD], priority=Priority.LOW)
    return Record(content, metadata)


def request_metadata(call: Call, verdict: Verdict, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return what goes beside a request, or a record; the same for the same call."""
    policy: dict[str, Any] = {
        "decision": verdict.decision.value,
        "tool": call.tool,
        "why": verdict.why,
    }
    if verdict.rules:
        policy["rule"] = verdict.rules[0].number
    if len(verdict.rules) > 1:
        policy["rules"] = [rule.number for rule in verdict.rules]
    return {"policy": policy, **{name: one for name, one in about.items() if one is not None}}


def denial(verdict: Verdict) -> str:
    """Return why a policy denies a call, for the agent."""
    reason = verdict.rule.reason if verdict.rule else None
    return f"Denied by policy: {reason or verdict.why}. {_INSTEAD}"


def consent(response: ResponseMessage) -> str:
    """Return who has approved a call."""
    metadata = response.metadata or {}
    who = metadata.get("responder") or "a person"
    reason = metadata.get("reason")
    return f"Approved by {who}" + (f": {reason}" if reason else "")


def refusal(response: ResponseMessage, seconds: int) -> str:
    """Return why a call is denied that a person was asked about, for the agent.

    :param seconds: how long they had.
    """
    metadata = response.metadata or {}
    reason, responder = metadata.get("reason"), metadata.get("responder")
    kind = response.content.response_type
    if kind is ResponseType.CANCELLED:
        said = "The request was withdrawn"
    elif responder is None and reason in ("timeout", "expired while down"):
        said = f"Nobody answered within {seconds} s, and what nobody allows is denied"
    else:
        said = f"Denied by {responder or 'a person'}" + (f": {reason}" if reason else "")
    return f"{said}. {_INSTEAD}"


def _arguments(call: Call) -> dict[str, Any]:
    # Not by orjson, which has no numbers beyond 64 bits.
    encoded = json.dumps(dict(call.arguments), sort_keys=True, ensure_ascii=False).encode(
        errors="replace"
    )
    if len(encoded) <= _MOST_RECORDED and not is_deeper(dict(call.arguments), _DEEPEST):
        return {"arguments": dict(call.arguments)}
    return {"arguments_sha256": sha256(encoded).hexdigest()}
