"""What a policy says of a call: the one most severe decision, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from ailoop.policy.call import COMMAND, Call
from ailoop.policy.rule import Decision, Policy, Rule

__all__ = ["Verdict", "decide", "denied_as_edited"]


@frozen(kw_only=True)
class Verdict:
    """What becomes of a call.

    :param decision: what.
    :param rules: the rules that decide: one, or for an allowed command of several parts those
        that allow them; none, if no rule does.
    :param why: a sentence.
    :param parts: of a command, each part that was looked at, with the rule that allows it.
    """

    decision: Decision
    rules: tuple[Rule, ...] = ()
    why: str
    parts: tuple[tuple[str, Rule | None], ...] = ()

    @property
    def rule(self) -> Rule | None:
        """The rule that decides."""
        return self.rules[0] if self.rules else None


def decide(policy: Policy, call: Call) -> Verdict:
    """Return what becomes of a call: deny beats ask, ask beats allow, whatever the order.

    A rule that denies or asks is about every reading of the call; one that allows is about
    exactly this call, and of a command each part has to be allowed by some rule.
    """
    parts = _allowed(policy, call)
    for severe in (Decision.DENY, Decision.ASK):
        for rule in policy.rules:
            if rule.decision is severe and rule.may_concern(call):
                return Verdict(decision=severe, rules=(rule,), why=_says(rule), parts=parts)
    if _names_policy(policy, call):
        why = "it names the file of the policy itself"
        return Verdict(decision=Decision.ASK, why=why, parts=parts)
    if call.doubt and _looks_at_command(policy, call):
        why = f"the command cannot be taken apart: {call.doubt}"
        return Verdict(decision=_at_least_ask(policy.default), why=why)
    if allowing := _allowed_whatever_command(policy, call):
        why = _says(allowing)
        return Verdict(decision=Decision.ALLOW, rules=(allowing,), why=why, parts=parts)
    if parts and all(rule for _, rule in parts):
        rules = tuple(dict.fromkeys(rule for _, rule in parts if rule))
        why = "; ".join(_says(rule) for rule in rules)
        return Verdict(decision=Decision.ALLOW, rules=rules, why=why, parts=parts)
    why = f"no rule is about it, and the default is {policy.default}"
    if any(rule for _, rule in parts):
        left = next(text for text, rule in parts if rule is None)
        left = left if len(left) <= 200 else f"{left[:200]}…"
        why = f"no rule allows the part “{left}”, and the default is {policy.default}"
    return Verdict(decision=policy.default, why=why, parts=parts)


def denied_as_edited(
    policy: Policy, call: Call, arguments: Mapping[str, Any]
) -> Verdict | None:
    """Return why a call may not be made as a person has edited it, if it may not.

    A person who is asked may do what the policy asks about, and not what it denies.
    """
    verdict = decide(policy, evolve(call, arguments=arguments))
    return verdict if verdict.decision is Decision.DENY else None


def _says(rule: Rule) -> str:
    verb = {Decision.ALLOW: "allows it", Decision.ASK: "asks", Decision.DENY: "denies it"}
    return f"{rule} {verb[rule.decision]}" + (f": {rule.reason}" if rule.reason else "")


def _at_least_ask(default: Decision) -> Decision:
    return Decision.DENY if default is Decision.DENY else Decision.ASK


def _allowing(policy: Policy) -> list[Rule]:
    return [rule for rule in policy.rules if rule.decision is Decision.ALLOW]


def _allowed(policy: Policy, call: Call) -> tuple[tuple[str, Rule | None], ...]:
    """Return each part of a command with the first rule that allows it."""
    rules = _allowing(policy)
    return tuple(
        (part.text, next((rule for rule in rules if rule.covers(call, part)), None))
        for part in call.parts
    )


def _allowed_whatever_command(policy: Policy, call: Call) -> Rule | None:
    return next((rule for rule in _allowing(policy) if rule.covers(call, None)), None)


def _looks_at_command(policy: Policy, call: Call) -> bool:
    return any(rule.looks_at_command and rule.is_for(call.tool) for rule in policy.rules)


def _names_policy(policy: Policy, call: Call) -> bool:
    """Whether a call is about the file of the policy, which an agent could change by it."""
    if policy.path is None:
        return False
    name = policy.path.name.casefold()
    for argument in call.arguments:
        readings = call.readings(argument)
        if readings is None:
            return True
        for text in readings:
            # Whatever its folder: there may be several ways to it, by links.
            if text.casefold().rpartition("/")[2] == name:
                return True
            if argument == COMMAND and name in text.casefold():
                return True
    return False
