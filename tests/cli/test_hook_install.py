"""``ailoop hook claude-code --install``: once, with a copy, and nothing of others is lost."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Done
from tests.cli.hooks import decided, hook_input
from tests.daemon.process import AILOOP, PATIENCE, environment

OTHERS: dict[str, Any] = {
    "permissions": {"deny": ["Read(./.env)"]},
    "number": 12345678901234567890123,
    "hooks": {
        "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "log"}]}],
        "Stop": [{"hooks": [{"type": "command", "command": "ü"}]}],
    },
}


def install(
    folder: Path, *flags: str, path: str | None = None, command: tuple[str, ...] = AILOOP
) -> Done:
    """Run it in a project's folder.

    :param path: where programs are found, such as ``claude``.
    """
    return subprocess.run(
        [*command, "hook", "claude-code", "--install", *flags],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment({"PATH": path or "/usr/bin:/bin", "XDG_CONFIG_HOME": str(folder)}),
        check=False,
    )


def settings(folder: Path) -> Path:
    return folder / ".claude" / "settings.json"


def test_a_new_file(tmp_path: Path) -> None:
    """The hook is for all tools, waits longer than ailoop asks, and blocks if it cannot run."""
    done = install(tmp_path, "--timeout", "120", "--channel", "agents")
    assert done.returncode == 0, done.stderr
    assert "every use of a tool will be asked about" in done.stderr
    (group,) = json.loads(settings(tmp_path).read_text())["hooks"]["PreToolUse"]
    assert group["matcher"] == "*"
    (hook,) = group["hooks"]
    assert hook["type"] == "command"
    assert hook["timeout"] == 150
    assert " hook claude-code --timeout 120 --channel agents || exit 2" in hook["command"]


def test_what_is_installed_runs(tmp_path: Path) -> None:
    """The command of the settings, run by a shell as Claude Code does, decides."""
    install(tmp_path, "--server", "http://127.0.0.1:1")
    (group,) = json.loads(settings(tmp_path).read_text())["hooks"]["PreToolUse"]
    command = group["hooks"][0]["command"]
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        input=hook_input(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment(),
        check=False,
    )
    assert decided(done)["permissionDecision"] == "deny"
    gone = command.replace("claude-code", "no-such-thing").split(" ", 1)[1]
    for broken in (
        f"/nowhere/ailoop {gone}",
        command.replace("-m ailoop", "-m no_such_module"),
    ):
        failed = subprocess.run(["/bin/sh", "-c", broken], capture_output=True, check=False)
        assert failed.returncode == 2


def test_again(tmp_path: Path) -> None:
    """A second time nothing is changed; with other flags there is still one hook."""
    install(tmp_path)
    before = settings(tmp_path).read_bytes()
    done = install(tmp_path)
    assert "has it already" in done.stdout
    assert settings(tmp_path).read_bytes() == before
    assert [one.name for one in (tmp_path / ".claude").iterdir()] == ["settings.json"]
    install(tmp_path, "--timeout", "9", "--matcher", "Bash")
    (group,) = json.loads(settings(tmp_path).read_text())["hooks"]["PreToolUse"]
    assert group["matcher"] == "Bash"
    assert len(group["hooks"]) == 1
    assert (tmp_path / ".claude" / "settings.json.bak").read_bytes() == before


def test_what_others_wrote_stays(tmp_path: Path) -> None:
    """Their settings, in their order, the mode of the file, and a copy of what was there."""
    file = settings(tmp_path)
    file.parent.mkdir()
    text = json.dumps(OTHERS)
    file.write_text(text)
    file.chmod(0o600)
    assert install(tmp_path).returncode == 0
    after = json.loads(file.read_text())
    ours = after["hooks"]["PreToolUse"].pop()
    assert "hook claude-code" in ours["hooks"][0]["command"]
    assert json.dumps(after) == text
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.with_name("settings.json.bak").read_text() == text


def test_a_dry_run(tmp_path: Path) -> None:
    """It shows the file as it would be, and touches nothing."""
    done = install(tmp_path, "--dry-run")
    assert json.loads(done.stdout)["hooks"]["PreToolUse"]
    assert not (tmp_path / ".claude").exists()


NOT_OURS = [
    '{"a": 1, // a comment\n}',
    '{"hooks": []}',
    '{"hooks": {"PreToolUse": {}}}',
    '{"hooks": {"PreToolUse": [{"matcher": "x"}]}}',
    '{"a": 1, "a": 2}',
    "[]",
    "{",
    "[" * 100_000,
]


@pytest.mark.parametrize("text", NOT_OURS, ids=[str(n) for n in range(len(NOT_OURS))])
def test_what_is_not_understood_stays(tmp_path: Path, text: str) -> None:
    """The file is left as it is; what to add is printed, with exit code 2."""
    file = settings(tmp_path)
    file.parent.mkdir()
    file.write_text(text)
    done = install(tmp_path)
    assert done.returncode == 2
    assert "is left as it is" in done.stderr
    assert done.stderr.count("\n") <= 2
    assert json.loads(done.stdout)["hooks"]["PreToolUse"]
    assert file.read_text() == text


def test_a_secret_stays_one(tmp_path: Path) -> None:
    """Neither the file nor its copy can be read by more people than before."""
    file = settings(tmp_path)
    file.parent.mkdir()
    file.write_text('{"env": {"KEY": "secret"}}')
    file.chmod(0o600)
    assert install(tmp_path).returncode == 0
    modes = {one.name: one.stat().st_mode & 0o777 for one in file.parent.iterdir()}
    assert modes == {"settings.json": 0o600, "settings.json.bak": 0o600}


def test_a_link_stays_one(tmp_path: Path) -> None:
    """Settings that are kept elsewhere are changed there."""
    real = tmp_path / "real.json"
    real.write_text("{}")
    settings(tmp_path).parent.mkdir()
    settings(tmp_path).symlink_to(real)
    assert install(tmp_path).returncode == 0
    assert settings(tmp_path).is_symlink()
    assert "hook claude-code" in real.read_text()


def test_a_policy_that_cannot_be_used(tmp_path: Path) -> None:
    """It would deny everything, so nothing is installed."""
    (tmp_path / "ailoop-policy.toml").write_text("rule = 1")
    done = install(tmp_path)
    assert done.returncode == 1
    assert "cannot be used" in done.stderr
    assert not (tmp_path / ".claude").exists()


@pytest.mark.parametrize(
    ("version", "blocks"),
    [("2.1.295 (Claude Code)", True), ("2.2.0", True), ("2.1.294", False), ("?", False)],
)
def test_the_version_of_claude_code(tmp_path: Path, version: str, blocks: bool) -> None:
    """``onFailure`` is written for those that know it; others might refuse the file."""
    program = tmp_path / "bin" / "claude"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho '{version}'\n")
    program.chmod(0o755)
    install(tmp_path, path=f"{program.parent}:/usr/bin:/bin")
    (group,) = json.loads(settings(tmp_path).read_text())["hooks"]["PreToolUse"]
    assert (group["hooks"][0].get("onFailure") == "block") is blocks


@pytest.mark.parametrize("flag", ["--dry-run", "--matcher=Bash"])
def test_flags_of_the_installation_alone(tmp_path: Path, flag: str) -> None:
    """Without ``--install`` they are a mistake, which blocks the tool."""
    done = subprocess.run(
        [*AILOOP, "hook", "claude-code", flag],
        input=hook_input(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment(),
        check=False,
    )
    assert done.returncode == 2
    assert "is for --install" in done.stderr
