"""The permission prompt in the real Claude Code, by the name that the documentation has."""

from __future__ import annotations

import sys

import orjson

from tests.claude.kit import ROOT, Project, decide
from tests.claude.model import Say, Use
from tests.daemon.api import Api
from tests.needs import CLAUDE

pytestmark = CLAUDE

TOOL = "mcp__ailoop__permission_prompt"

POLICY = """
channel = "permissions"

[[rule]]
decision = "allow"
tool = "Bash"
arguments = { command = "touch free*" }

[[rule]]
decision = "deny"
tool = "Bash"
arguments = { command = "touch never*" }
reason = "that file is cursed"
"""

APPROVE = {"response_type": "authorization_approved", "responder": "ann"}
DENY = {"response_type": "authorization_denied", "responder": "ann"}


def touch(name: str) -> Use:
    """Have the model make a file."""
    return Use("Bash", {"command": f"touch {name}", "description": "Make a file"})


def test_rules_and_people_decide(api: Api, project: Project) -> None:
    """What is denied is not run, and the model hears why; what was edited is what is run."""
    assert f"--permission-prompt-tool {TOOL}" in (ROOT / "docs/claude-code.rst").read_text()
    project.write("ailoop-policy.toml", POLICY)
    config = project.write("mcp.json", mcp_config(project.server))
    names = ["free", "never", "approved", "denied", "asked"]
    flags = ("--mcp-config", str(config), "--permission-prompt-tool", TOOL)
    with project.claude([*map(touch, names), Say("That was all.")], *flags) as run:
        seen = decide(api, "permissions", "Bash: touch approved", **APPROVE)
        decide(api, "permissions", "Bash: touch denied", **DENY, reason="not on a Friday")
        edited = {"command": "touch edited", "description": "Make another"}
        decide(api, "permissions", "Bash: touch asked", **APPROVE, answer=edited)
        lines = run.lines()
    assert seen["context"] == touch("approved").input
    assert lines[-1]["result"] == "That was all."
    results = dict(zip(names, run.model.results(), strict=True))
    made = [name for name in [*names, "edited"] if project.has(name)]
    assert made == ["free", "approved", "edited"]
    assert [name for name in names if not results[name][1]] == ["free", "approved", "asked"]
    assert "Denied by policy: that file is cursed" in results["never"][0]
    assert "Denied by ann: not on a Friday" in results["denied"][0]


def mcp_config(server: str) -> str:
    """Return the configuration that the documentation shows, with this test's ailoop."""
    arguments = ["-m", "ailoop", "mcp", "--permission-prompt", "--server", server]
    ours = {"command": sys.executable, "args": arguments, "alwaysLoad": True}
    return orjson.dumps({"mcpServers": {"ailoop": ours}}).decode()
