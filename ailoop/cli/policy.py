"""``ailoop policy``: whether a policy can be used, and what it says of a call."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from ailoop.cli.running import USAGE, as_json, policy_path
from ailoop.cli.text import clean, complain, one_line, print_json
from ailoop.model.codec import load_json
from ailoop.model.errors import Refusal
from ailoop.policy import (
    Call,
    Decision,
    Policy,
    PolicyError,
    Verdict,
    decide,
    find_policy,
    read_policy,
)
from ailoop.policy.claude_code import BadInput, read_occasion

__all__ = ["policy"]

_CODES = {Decision.ALLOW: 0, Decision.DENY: 1, Decision.ASK: 3, Decision.ABSTAIN: 4}
_MOST_BYTES = 8 * 1024 * 1024
"""A hook is not given more; what is cut off here is no JSON."""


@click.group()
def policy() -> None:
    r"""Try a policy out: which calls of tools it allows, asks about and denies.

    \b
    Examples:
      ailoop policy check
      ailoop policy test --tool Bash --arguments '{"command": "git push"}'
    """


@policy.command("check")
@policy_path
@as_json
def check(policy: str | None, as_json: bool) -> None:
    r"""Say whether the policy can be used, and everything that is wrong with it.

    \b
    Example:
      ailoop policy check --policy ailoop-policy.toml

    Exit codes: 0 it can be used; 1 it cannot; 2 there is none, or it cannot be read.
    """
    path = find_policy(policy)
    if path is None:
        complain("there is no policy here; make ailoop-policy.toml, or name one by --policy")
        sys.exit(USAGE)
    try:
        rules = read_policy(path).rules
    except PolicyError as error:
        _print_problems(error, as_json)
        sys.exit(1 if path.is_file() else USAGE)
    if as_json:
        print_json({"path": str(path), "fine": True, "rules": len(rules), "problems": []})
    else:
        click.echo(f"{one_line(str(path))}: {len(rules)} rules, nothing is wrong with them")


def _print_problems(error: PolicyError, as_json: bool) -> None:
    if not as_json:
        for problem in error.problems:
            click.echo(f"{one_line(str(error.path))}: {one_line(str(problem))}", err=True)
        return
    problems = [
        {"rule": one.rule, "line": one.line, "field": one.field, "text": one.sentence}
        for one in error.problems
    ]
    print_json({"path": str(error.path), "fine": False, "problems": problems})


@policy.command("test")
@click.option("--tool", help="The tool; without it the input of a hook is read.")
@click.option(
    "--arguments", metavar="JSON", help="With --tool: what it is called with, an object."
)
@click.option("--cwd", help="With --tool: the folder that relative paths are for.")
@policy_path
@as_json
def test(
    tool: str | None, arguments: str | None, cwd: str | None, policy: str | None, as_json: bool
) -> None:
    r"""Say what becomes of a call, by which rule, and why. Nobody is asked or told.

    \b
    Examples:
      ailoop policy test --tool Bash --arguments '{"command": "git status; make"}'
      ailoop policy test --policy ailoop-policy.toml --json < hook-input.json

    Exit codes: 0 allow; 1 deny; 3 ask; 4 abstain; 2 used wrongly, or the policy cannot be used.
    """
    call = _read_call(tool, arguments, cwd)
    try:
        chosen = read_policy(find_policy(policy))
    except PolicyError as error:
        _print_problems(error, as_json)
        sys.exit(USAGE)
    verdict = decide(chosen, call)
    if as_json:
        print_json(_as_json(chosen, verdict))
    else:
        click.echo(f"{verdict.decision}: {clean(verdict.why)}")
        for text, rule in verdict.parts if len(verdict.parts) > 1 else ():
            click.echo(f"  {one_line(text)}  ({rule or 'no rule allows it'})")
    sys.exit(_CODES[verdict.decision])


def _read_call(tool: str | None, arguments: str | None, cwd: str | None) -> Call:
    if tool is None:
        if arguments is not None or cwd is not None:
            raise click.UsageError("--arguments and --cwd need --tool")
        try:
            data = sys.stdin.buffer.read(_MOST_BYTES) if sys.stdin else b""
            return read_occasion(data).call
        except BadInput as error:
            raise click.UsageError(
                f"standard input is not what a hook is given: {clean(str(error))}"
            ) from None
    try:
        value = load_json((arguments or "{}").encode())
    except Refusal as refusal:
        raise click.BadParameter(clean(refusal.sentence), param_hint="--arguments") from None
    except UnicodeEncodeError:
        raise click.BadParameter("no UTF-8", param_hint="--arguments") from None
    if not isinstance(value, dict):
        raise click.BadParameter("a JSON object is needed", param_hint="--arguments")
    return Call(tool, value, cwd)


def _as_json(policy: Policy, verdict: Verdict) -> dict[str, Any]:
    rule = verdict.rule
    path: Path | None = policy.path
    return {
        "decision": verdict.decision.value,
        "why": verdict.why,
        "rule": rule.number if rule else None,
        "line": rule.line if rule else None,
        "reason": rule.reason if rule else None,
        "rules": [one.number for one in verdict.rules],
        "parts": [
            {"text": text, "rule": allowing.number if allowing else None}
            for text, allowing in verdict.parts
        ],
        "policy": str(path) if path else None,
    }
