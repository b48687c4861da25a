"""Policies in a line, and calls of a shell."""

from __future__ import annotations

from typing import Any

from ailoop.policy import Call, Policy, Verdict, decide, parse_policy

__all__ = ["bash", "decided", "policy"]


def policy(*rules: str, **settings: str) -> Policy:
    """Read a policy from ``decision tool [argument=pattern]`` in short.

    ``allow Bash git status *`` has the pattern for ``command``; ``deny Write file_path=/etc/*``
    names its argument.
    """
    lines = [f'{name} = "{value}"' for name, value in settings.items()]
    for rule in rules:
        decision, tool, *rest = rule.split(" ", 2)
        lines += ["[[rule]]", f'decision = "{decision}"', f'tool = "{tool}"']
        if rest:
            name, found, pattern = rest[0].partition("=")
            named = found and name.isidentifier()
            argument, text = (name, pattern) if named else ("command", rest[0])
            lines.append(f"arguments = {{ {argument} = '{text}' }}")
    return parse_policy("\n".join(lines))


def bash(command: Any, tool: str = "Bash", **more: Any) -> Call:
    """Return a call of a shell."""
    return Call(tool, {"command": command, **more})


def decided(given: Policy, command: Any) -> Verdict:
    """Return what becomes of a command of ``Bash``."""
    return decide(given, bash(command))
