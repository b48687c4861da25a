#!/usr/bin/env python3
"""Play Claude Code: hand its hook one call of a tool after the other, and show what it says.

Start ``ailoopd`` first, and look at its page: ``git push`` waits there for you.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

POLICY = Path(__file__).with_name("ailoop-policy.toml")

CALLS: list[tuple[str, dict[str, str]]] = [
    ("Read", {"file_path": "README.rst"}),
    ("Bash", {"command": "git status && git diff"}),
    ("Bash", {"command": "git status; sudo reboot"}),
    ("Bash", {"command": "git push origin main"}),
]


def ask_hook(tool: str, arguments: dict[str, str]) -> dict[str, str]:
    """Run the hook as Claude Code does: the call on its input, the decision on its output."""
    told = {"hook_event_name": "PreToolUse", "tool_name": tool, "tool_input": arguments}
    done = subprocess.run(
        ["ailoop", "hook", "claude-code", "--policy", str(POLICY)],
        input=json.dumps(told),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    said: dict[str, str] = json.loads(done.stdout)["hookSpecificOutput"]
    return said


for name, given in CALLS:
    said = ask_hook(name, given)
    print(f"{said['permissionDecision']:5}  {name} {json.dumps(given)}")
    print(f"       {said['permissionDecisionReason']}")
