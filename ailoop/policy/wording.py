"""What people are asked and told about calls of tools."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import orjson
from attrs import frozen

from ailoop.model.limits import is_deeper
from ailoop.model.message import Notification, Priority
from ailoop.policy.call import Call
from ailoop.policy.decide import Verdict
from ailoop.policy.rule import Decision

__all__ = ["Told", "denial", "record", "request_metadata"]

_MOST_RECORDED = 4096
"""Bytes of arguments that a record carries; of larger ones it has the hash."""

_DEEPEST = 12
"""Levels of them; a server takes some more in the metadata of a message."""

_SAYS = {Decision.ALLOW: "Allowed", Decision.DENY: "Denied"}


@frozen
class Told:
    """A record of what a policy has decided by itself.

    :param content: what people are told.
    :param metadata: the same for programs.
    """

    content: Notification
    metadata: dict[str, Any]


def record(call: Call, verdict: Verdict, about: dict[str, Any]) -> Told:
    """Return what is recorded of a decision that nobody was asked for.

    :param about: what else is known, such as the session.
    """
    text = f"{_SAYS[verdict.decision]} without asking: {call.label} ({verdict.why})"
    metadata = {**request_metadata(call, verdict, about), **_arguments(call)}
    return Told(Notification(text=text[:2000], priority=Priority.LOW), metadata)


def request_metadata(call: Call, verdict: Verdict, about: dict[str, Any]) -> dict[str, Any]:
    """Return what goes beside a request, or a record, as metadata."""
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
    """Return why a call is denied, for the agent, which must not try to get round it."""
    reason = verdict.rule.reason if verdict.rule else None
    return f"Denied by policy: {reason or verdict.why}"


def _arguments(call: Call) -> dict[str, Any]:
    encoded = orjson.dumps(dict(call.arguments), option=orjson.OPT_SORT_KEYS)
    if len(encoded) <= _MOST_RECORDED and not is_deeper(call.arguments, _DEEPEST):
        return {"arguments": dict(call.arguments)}
    return {"arguments_sha256": sha256(encoded).hexdigest()}
