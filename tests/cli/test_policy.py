"""``ailoop policy``: what is wrong with a policy, and what it says of a call."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.cli.commands import ailoop
from tests.cli.hooks import hook_input, policy_file


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(policy_file(tmp_path, "c"))


@pytest.mark.parametrize(
    ("command", "code", "shown"),
    [
        ("git status -s", 0, "allow: rule 1 (line 4) allows it\n"),
        ("rm x", 1, "deny: rule 2 (line 9) denies it: nothing is deleted from here\n"),
        ("git push", 3, "ask: rule 3 (line 15) asks: others see it\n"),
        (
            "git status; make",
            3,
            "ask: no rule allows the part “make”, and the default is ask\n"
            "  git status  (rule 1 (line 4))\n  make  (no rule allows it)\n",
        ),
        (
            "git status > x",
            3,
            "ask: the command cannot be taken apart: it reads from a file or writes to one\n",
        ),
    ],
    ids=["allow", "deny", "ask", "parts", "doubt"],
)
def test_a_call(path: str, command: str, code: int, shown: str) -> None:
    """The decision, the rule and why, and an exit code for each decision."""
    arguments = orjson.dumps({"command": command}).decode()
    flags = ("--tool", "Bash", "--arguments", arguments)
    done = ailoop("policy", "test", "--policy", path, *flags)
    assert (done.returncode, done.stdout, done.stderr) == (code, shown, "")


def test_the_input_of_a_hook_as_json(path: str) -> None:
    """What a hook was given can be tried out as it is."""
    done = ailoop(
        "policy", "test", "--json", typed=hook_input("rm x"), env={"AILOOP_POLICY": path}
    )
    assert done.returncode == 1
    assert orjson.loads(done.stdout) == {
        "decision": "deny",
        "why": "rule 2 (line 9) denies it: nothing is deleted from here",
        "rule": 2,
        "line": 9,
        "reason": "nothing is deleted from here",
        "rules": [2],
        "parts": [{"text": "rm x", "rule": None}],
        "policy": path,
    }


def test_it_abstains(tmp_path: Path) -> None:
    """That has an exit code of its own."""
    path = tmp_path / "p.toml"
    path.write_text('default = "abstain"')
    assert ailoop("policy", "test", "--policy", str(path), "--tool", "X").returncode == 4


@pytest.mark.parametrize(
    ("flags", "typed", "named"),
    [
        (("--tool", "Bash", "--arguments", "{"), "", "--arguments"),
        (("--tool", "Bash", "--arguments", "[]"), "", "a JSON object is needed"),
        (("--arguments", "{}"), "", "need --tool"),
        (("--cwd", "/"), "", "need --tool"),
        ((), "x", "standard input is not what a hook is given"),
        ((), hook_input(hook_event_name="Stop"), "for PreToolUse, not for Stop"),
        (("--tool", "X", "--policy", "/no/such"), "", "/no/such: No such file"),
    ],
    ids=["json", "object", "arguments", "cwd", "input", "event", "policy"],
)
def test_used_wrongly(flags: tuple[str, ...], typed: str, named: str) -> None:
    """Exit 2, and what is wrong is named."""
    done = ailoop("policy", "test", *flags, typed=typed)
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_check(path: str, tmp_path: Path) -> None:
    """Each problem is a line; a policy without any says so."""
    done = ailoop("policy", "check", "--policy", path)
    assert (done.returncode, done.stdout) == (
        0,
        f"{path}: 3 rules, nothing is wrong with them\n",
    )
    broken = tmp_path / "broken.toml"
    broken.write_text('timeout = 0\n[[rule]]\ndecision = "alow"\ntool = "x"\n')
    done = ailoop("policy", "check", "--policy", str(broken))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"{broken}: rule 1 (line 2): decision: one of allow, ask, deny, not 'alow'",
        f"{broken}: timeout: whole seconds, from 1 to 86400",
    ]
    done = ailoop("policy", "check", "--json", "--policy", str(broken))
    told = orjson.loads(done.stdout)
    assert (done.returncode, told["fine"], len(told["problems"])) == (1, False, 2)
    assert told["problems"][0]["line"] == 2


def test_there_is_none(tmp_path: Path) -> None:
    """Exit 2 without a policy, or with one that cannot be read."""
    env = {"XDG_CONFIG_HOME": str(tmp_path)}
    done = ailoop("policy", "check", env=env)
    assert done.returncode == 2
    assert "there is no policy here" in done.stderr
    assert ailoop("policy", "check", "--policy", str(tmp_path / "no"), env=env).returncode == 2
