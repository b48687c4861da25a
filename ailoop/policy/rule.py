"""What a policy consists of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from attrs import field, frozen

from ailoop.policy.call import COMMAND, Call
from ailoop.policy.glob import Glob
from ailoop.policy.shell import Part

__all__ = ["Decision", "Policy", "Rule"]

_UPWARD = re.compile(r"(?:\A|[\s/\\=:,])\.\.(?:\Z|[\s/\\])")


class Decision(StrEnum):
    """What becomes of a call."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"
    ABSTAIN = "abstain"
    """Left to whoever else decides; only what matches no rule can come to this."""


@frozen(kw_only=True, eq=False)
class Rule:
    """One rule: which calls it is for, and what becomes of them.

    :param number: its place in the file, from 1 on.
    :param line: where it begins in the file, if that is known.
    :param tools: patterns of tool names, one of which has to match.
    :param arguments: patterns of arguments; for each argument one has to match.
    :param reason: why, for whoever is told.
    :param channel: where to ask and to record instead of the policy's channel.
    :param timeout: seconds to ask for instead of the policy's.
    """

    number: int
    line: int | None = None
    decision: Decision
    tools: tuple[Glob, ...]
    arguments: Mapping[str, tuple[Glob, ...]] = field(factory=dict)
    reason: str | None = None
    channel: str | None = None
    timeout: int | None = None

    def __str__(self) -> str:
        return f"rule {self.number}" + (f" (line {self.line})" if self.line else "")

    @property
    def looks_at_command(self) -> bool:
        """Whether it makes a difference which command it is."""
        return COMMAND in self.arguments

    def is_for(self, tool: str) -> bool:
        """Whether it is about a tool, in whatever letters."""
        return any(one.matches(tool, fold=True) for one in self.tools)

    def may_concern(self, call: Call) -> bool:
        """Whether it is about a call in any reading of it: how rules ask and deny."""
        return self.is_for(call.tool) and all(
            _may_match(patterns, name, call.readings(name))
            for name, patterns in self.arguments.items()
        )

    def covers(self, call: Call, part: Part | None) -> bool:
        """Whether it is about exactly this, to the letter: how rules allow.

        :param part: of the call's command; ``None`` where it makes no difference.
        """
        if not any(one.matches(call.tool) for one in self.tools):
            return False
        for name, patterns in self.arguments.items():
            if name == COMMAND:
                if part is None or not any(_covers_part(one, part) for one in patterns):
                    return False
                continue
            text = call.exact(name)
            if text is None or not any(_covers_text(one, text) for one in patterns):
                return False
        return True


def _may_match(patterns: tuple[Glob, ...], name: str, readings: tuple[str, ...] | None) -> bool:
    if readings is None:  # what cannot be looked at may be anything
        return True
    return any(
        one.matches_command(text, fold=True)
        if name == COMMAND
        else one.matches(text, fold=True)
        for text in readings
        for one in patterns
    )


def _covers_text(pattern: Glob, text: str) -> bool:
    """Whether a pattern allows a text; no asterisk reaches out of a folder by ``..``."""
    climbs = pattern.is_open and _UPWARD.search(text) and not _UPWARD.search(pattern.text)
    return pattern.matches(text) and not climbs


def _covers_part(pattern: Glob, part: Part) -> bool:
    if any(
        pattern.is_open and _UPWARD.search(word) and not _UPWARD.search(pattern.text)
        for word in part.words
    ):
        return False
    if part.runs_another and pattern.is_open:
        # `*` is not meant for `sudo`: what runs other programs has to be named.
        program = part.words[0]
        if not pattern.begins.startswith(f"{program} "):
            return False
    return pattern.matches_command(part.text)


@frozen(kw_only=True)
class Policy:
    """Rules, and what goes for all of them.

    :param rules: in the order of the file, which makes no difference to the decision.
    :param default: what becomes of a call that no rule is about.
    :param unrecorded: what becomes of a call that is allowed without asking, while that cannot
        be recorded: ``deny`` or ``allow``.
    :param channel: where to ask and to record.
    :param timeout: seconds to ask for.
    :param path: the file.
    """

    rules: tuple[Rule, ...] = ()
    default: Decision = Decision.ASK
    unrecorded: Decision = Decision.DENY
    channel: str | None = None
    timeout: int | None = None
    path: Path | None = None
