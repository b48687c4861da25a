"""What TOML has made of a policy file, read into rules; everything that is wrong is noted."""

from __future__ import annotations

import posixpath
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ailoop.model.errors import Refusal
from ailoop.model.names import check_channel
from ailoop.policy.call import COMMAND
from ailoop.policy.glob import Glob
from ailoop.policy.rule import Decision, Policy, Rule

__all__ = ["Problem", "Reader"]

_LONGEST_TIMEOUT = 24 * 60 * 60
_MOST_RULES = 500
_MOST_PATTERNS = 100
_LONGEST_PATTERN = 1000
_LONGEST_REASON = 500

_LIKE_COMMANDS = frozenset(
    ("cmd", "commandline", "commands", "script", "shell", "shell_command")
)
"""Arguments of other tools that are probably commands of a shell, too."""

_RULE_FIELDS = ("decision", "tool", "arguments", "reason", "channel", "timeout")
_POLICY_FIELDS = ("default", "unrecorded", "channel", "timeout", "rule")


@frozen
class Problem:
    """Something that is wrong with a policy.

    :param sentence: what.
    :param rule: the number of the rule, from 1 on.
    :param line: the line of the file where that rule begins, or where TOML ends.
    :param field: the field, such as ``arguments.command``.
    """

    sentence: str
    rule: int | None = None
    line: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else ""
        if self.rule:
            where = f"rule {self.rule}" + (f" ({where})" if where else "")
        return ": ".join(one for one in (where, self.field, self.sentence) if one)


@frozen
class _Place:
    """Where in a file something is, for who complains."""

    rule: int | None = None
    line: int | None = None


@frozen
class Reader:
    """Reads what TOML has made of a file, and notes everything that is wrong."""

    path: Path | None
    lines: list[int]
    problems: list[Problem] = field(factory=list)

    def policy(self, value: dict[str, Any]) -> Policy:
        """Return the policy; it counts only if there are no problems then."""
        place = _Place()
        self._check_fields(value, _POLICY_FIELDS, place)
        rules = value.get("rule", [])
        if not isinstance(rules, list) or not all(isinstance(one, dict) for one in rules):
            self._note("rules are written as [[rule]]", place, "rule")
            rules = []
        if len(rules) > _MOST_RULES:
            self._note(f"there are more than {_MOST_RULES} rules", place, "rule")
        # With a header inside a text of several lines it cannot be told which is which.
        lines = self.lines if len(self.lines) == len(rules) else [None] * len(rules)
        return Policy(
            rules=tuple(
                self._rule(one, _Place(number, line))
                for number, (one, line) in enumerate(zip(rules, lines, strict=True), 1)
            ),
            default=self._decision(value, "default", Decision.ASK, tuple(Decision), place),
            unrecorded=self._decision(
                value, "unrecorded", Decision.DENY, (Decision.DENY, Decision.ALLOW), place
            ),
            channel=self._channel(value, place),
            timeout=self._timeout(value, place),
            path=self.path,
        )

    def _rule(self, value: dict[str, Any], place: _Place) -> Rule:
        self._check_fields(value, _RULE_FIELDS, place)
        allowed = (Decision.ALLOW, Decision.ASK, Decision.DENY)
        for name in ("decision", "tool"):
            if name not in value:
                self._note("it is missing", place, name)
        arguments = value.get("arguments", {})
        if not isinstance(arguments, dict):
            self._note('a table such as { command = "git status *" }', place, "arguments")
            arguments = {}
        decision = self._decision(value, "decision", Decision.DENY, allowed, place)
        read = {
            name: self._patterns(patterns, place, f"arguments.{name}", name)
            for name, patterns in arguments.items()
        }
        if decision is Decision.ALLOW:
            self._check_commands(read, place)
        return Rule(
            number=place.rule or 0,
            line=place.line,
            decision=decision,
            tools=self._patterns(value.get("tool", "*"), place, "tool"),
            arguments=read,
            reason=self._reason(value, place),
            channel=self._channel(value, place),
            timeout=self._timeout(value, place),
        )

    def _note(self, sentence: str, place: _Place, field: str | None = None) -> None:
        self.problems.append(Problem(sentence, place.rule, place.line, field))

    def _check_fields(
        self, value: dict[str, Any], known: tuple[str, ...], place: _Place
    ) -> None:
        for name in value:
            if name not in known:
                near = get_close_matches(name, known, 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                self._note(f"there is no such field{hint}", place, name)

    def _decision(
        self,
        value: dict[str, Any],
        name: str,
        default: Decision,
        allowed: tuple[Decision, ...],
        place: _Place,
    ) -> Decision:
        said = value.get(name, default.value)
        if isinstance(said, str) and said in allowed:
            return Decision(said)
        self._note(f"one of {', '.join(allowed)}, not {said!r}", place, name)
        return default

    def _patterns(
        self, value: Any, place: _Place, name: str, argument: str | None = None
    ) -> tuple[Glob, ...]:
        texts = value if isinstance(value, list) else [value]
        if not texts or len(texts) > _MOST_PATTERNS:
            self._note(f"from 1 to {_MOST_PATTERNS} patterns", place, name)
            return ()
        patterns = []
        for text in texts:
            if isinstance(text, bool | int | float):
                self._note(f'a pattern is a text: "{str(text).lower()}"', place, name)
            elif not isinstance(text, str) or not text or len(text) > _LONGEST_PATTERN:
                self._note(
                    f"a pattern is a text of 1 to {_LONGEST_PATTERN} characters", place, name
                )
            elif argument and text.startswith("~/") and posixpath.expanduser("~") == "~":
                self._note("there is no home folder that ~ stands for", place, name)
            else:
                of_paths = argument not in (None, COMMAND)
                patterns.append(Glob(self._placed(text) if of_paths else text))
        return tuple(patterns)

    def _check_commands(self, arguments: dict[str, tuple[Glob, ...]], place: _Place) -> None:
        for name, patterns in arguments.items():
            if name.casefold() in _LIKE_COMMANDS and any(one.is_open for one in patterns):
                self._note(
                    f"a * could allow another command behind this one, as only {COMMAND} is "
                    "taken apart; allow exact texts",
                    place,
                    f"arguments.{name}",
                )

    def _placed(self, text: str) -> str:
        """Return a pattern with the folder that ``./`` or ``~/`` at its start stands for."""
        if text.startswith("./") and self.path is not None:
            folder = str(self.path.parent)
        elif text.startswith("~/"):
            folder = posixpath.expanduser("~")
        else:
            return text
        plain = folder.replace("\\", "\\\\").replace("*", "\\*")
        return f"{plain.rstrip('/')}{text[1:]}"

    def _reason(self, value: dict[str, Any], place: _Place) -> str | None:
        reason = value.get("reason")
        if reason is None or (isinstance(reason, str) and 0 < len(reason) <= _LONGEST_REASON):
            return reason
        self._note(f"a text of 1 to {_LONGEST_REASON} characters", place, "reason")
        return None

    def _channel(self, value: dict[str, Any], place: _Place) -> str | None:
        channel = value.get("channel")
        try:
            return None if channel is None else check_channel(channel)
        except Refusal as refusal:
            self._note(refusal.sentence, place, "channel")
        return None

    def _timeout(self, value: dict[str, Any], place: _Place) -> int | None:
        timeout: object = value.get("timeout")
        if timeout is None:
            return None
        # True is an int, too.
        if type(timeout) is int and 1 <= timeout <= _LONGEST_TIMEOUT:
            return timeout
        self._note(f"whole seconds, from 1 to {_LONGEST_TIMEOUT}", place, "timeout")
        return None
