"""The hook, as it is installed, in the real Claude Code."""

from __future__ import annotations

import pytest

from tests.claude.kit import Project, decide
from tests.claude.model import Say, Use
from tests.daemon.api import Api
from tests.needs import CLAUDE

pytestmark = CLAUDE

POLICY = """
channel = "hook"

[[rule]]
decision = "allow"
tool = "Bash"
arguments = { command = "touch free*" }

[[rule]]
decision = "deny"
tool = "Bash"
arguments = { command = "touch never*" }
reason = "that file is cursed"

[[rule]]
decision = "ask"
tool = "Bash"
arguments = { command = "touch alone" }
timeout = 1
"""

APPROVE = {"response_type": "authorization_approved", "responder": "ann"}
DENY = {"response_type": "authorization_denied", "responder": "ann"}
WILLING = ("--allowedTools", "Bash")
"""Without a hook, Claude Code uses the tool."""


def touch(name: str) -> Use:
    """Have the model make a file."""
    return Use("Bash", {"command": f"touch {name}", "description": "Make a file"})


def test_rules_and_people_decide(api: Api, project: Project) -> None:
    """What is denied is not run, and the model hears why; what was edited is what is run."""
    project.write("ailoop-policy.toml", POLICY)
    project.ailoop("hook", "claude-code", "--install", "--timeout", "30")
    names = ["free", "never", "approved", "denied", "asked", "alone"]
    with project.claude([*map(touch, names), Say("That was all.")]) as run:
        seen = decide(api, "hook", "Bash: touch approved", **APPROVE)
        decide(api, "hook", "Bash: touch denied", **DENY, reason="not on a Friday")
        edited = {"command": "touch edited", "description": "Make another"}
        decide(api, "hook", "Bash: touch asked", **APPROVE, answer=edited)
        lines = run.lines()
    assert seen["context"] == touch("approved").input
    assert lines[-1]["result"] == "That was all."
    results = dict(zip(names, run.model.results(), strict=True))
    made = [name for name in [*names, "edited"] if project.has(name)]
    assert made == ["free", "approved", "edited"]
    assert [name for name in names if not results[name][1]] == ["free", "approved", "asked"]
    assert "Denied by policy: that file is cursed" in results["never"][0]
    assert "Denied by ann: not on a Friday" in results["denied"][0]
    assert "Nobody answered within 1 s" in results["alone"][0]


@pytest.mark.parametrize(
    ("policy", "server", "why"),
    [
        (POLICY, "http://127.0.0.1:1", "could not be recorded: cannot reach ailoop"),
        ("", "http://127.0.0.1:1", "nobody can be asked: cannot reach ailoop"),
        ("[[rule]]\ndecision = 'perhaps'\n", None, "ailoop policy check"),
    ],
    ids=["rule-unrecorded", "nobody-asked", "broken-policy"],
)
def test_what_goes_wrong_denies(
    project: Project, policy: str, server: str | None, why: str
) -> None:
    """The tool is not used, and the model is told what is wrong."""
    install = ("hook", "claude-code", "--install", "--timeout", "30")
    project.ailoop(*install, *(["--server", server] if server else []))
    project.write("ailoop-policy.toml", policy)
    with project.claude([touch("free"), Say("Oh.")], *WILLING) as run:
        run.lines()
    ((told, failed),) = run.model.results()
    assert failed
    assert why in told
    assert not project.has("free")


def test_without_ailoop_nothing_is_used(project: Project) -> None:
    """A hook that cannot even be started blocks, too."""
    project.ailoop("hook", "claude-code", "--install")
    settings = project.path / ".claude" / "settings.json"
    settings.write_text(settings.read_text().replace("ailoop hook", "gone hook"))
    with project.claude([touch("free"), Say("Oh.")], *WILLING) as run:
        run.lines()
    ((_, failed),) = run.model.results()
    assert failed
    assert not project.has("free")
