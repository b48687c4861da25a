"""``ailoop hook claude-code``: a person decides, or a rule; in every other case it is no."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.cli.commands import ailoop, started
from tests.cli.hooks import (
    answer_of,
    asking,
    decided,
    hook_input,
    policy_file,
    run_hook,
)
from tests.daemon.api import Api
from tests.daemon.process import AILOOP, PATIENCE, DaemonProcess, environment, running_daemon

APPROVE = {"response_type": "authorization_approved"}
DENY = {"response_type": "authorization_denied"}
AWAY = {"AILOOP_SERVER": "http://127.0.0.1:1"}


@pytest.fixture
def env(daemon: DaemonProcess, tmp_path: Path) -> dict[str, str]:
    """The environment of a hook: a daemon, and a project without a policy."""
    return {"AILOOP_SERVER": daemon.rest, "CLAUDE_PROJECT_DIR": str(tmp_path)}


@pytest.mark.parametrize(
    ("decision", "word", "reason"),
    [
        (APPROVE, "allow", "Approved by a person"),
        ({**APPROVE, "responder": "ann", "reason": "ok"}, "allow", "Approved by ann: ok"),
        ({**DENY, "responder": "ann"}, "deny", "Denied by ann. Do not"),
        (
            {**DENY, "reason": "not on a Friday"},
            "deny",
            "Denied by a person: not on a Friday. D",
        ),
    ],
    ids=["approved", "approved-why", "denied", "denied-why"],
)
def test_a_person_decides(
    api: Api,
    channel: str,
    env: dict[str, str],
    decision: dict[str, Any],
    word: str,
    reason: str,
) -> None:
    """What they say is what Claude Code is told; they see the whole input of the tool."""
    with asking(hook_input("make all", tool_use_id="t1"), "-c", channel, env=env) as popen:
        (item,) = api.wait_pending(channel)
        content = item["message"]["content"]
        api.respond(item["message_id"], **decision)
        told = answer_of(popen)
    assert told.pop("permissionDecision") == word
    assert told.pop("permissionDecisionReason").startswith(reason)
    assert told == {}
    assert content["action"] == "Bash: make all"
    assert content["context"] == {"command": "make all", "description": "Do it"}
    assert content["timeout_seconds"] == 50
    assert item["message"]["metadata"] == {
        "policy": {
            "decision": "ask",
            "tool": "Bash",
            "why": "no rule is about it, and the default is ask",
        },
        "agent": "claude-code",
        "session": "0d9e",
        "tool_use": "t1",
        "cwd": "/home/ann/project",
        "mode": "default",
    }


def test_nobody_answers(channel: str, env: dict[str, str]) -> None:
    """It is denied when the time is over, by the server or by the hook."""
    told = decided(run_hook(hook_input(), "-c", channel, "-t", "1", env=env))
    assert told["permissionDecision"] == "deny"
    assert told["permissionDecisionReason"].startswith("Nobody answered within 1 s")


def test_the_daemon_is_away() -> None:
    """Nobody can be asked, so it is denied."""
    told = decided(run_hook(hook_input(), env=AWAY))
    assert told["permissionDecision"] == "deny"
    assert "nobody can be asked: cannot reach ailoop at" in told["permissionDecisionReason"]


def test_the_daemon_hangs() -> None:
    """What takes a connection and says nothing denies, too."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = {"AILOOP_SERVER": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        told = decided(run_hook(hook_input(), "-t", "1", env=env))
    assert told["permissionDecision"] == "deny"


@pytest.mark.parametrize(
    ("command", "decision", "why"),
    [
        ("git status -s", "allow", "ailoop: rule 1 (line 4) allows it"),
        ("rm -rf /", "deny", "Denied by policy: nothing is deleted from here. Do not"),
    ],
    ids=["allow", "deny"],
)
def test_a_rule_decides(
    api: Api,
    channel: str,
    env: dict[str, str],
    tmp_path: Path,
    command: str,
    decision: str,
    why: str,
) -> None:
    """Nobody is asked; the decision is in the channel, quiet, with rule, tool and input."""
    policy_file(tmp_path, channel)
    told = decided(run_hook(hook_input(command), env=env))
    assert told["permissionDecision"] == decision
    assert told["permissionDecisionReason"].startswith(why)
    (message,) = api.messages(channel)
    assert message["content"]["type"] == "notification"
    assert message["content"]["priority"] == "low"
    assert f"without asking: Bash: {command}" in message["content"]["text"]
    number = 1 if decision == "allow" else 2
    assert (
        message["metadata"]["policy"].items()
        >= {
            "decision": decision,
            "tool": "Bash",
            "rule": number,
        }.items()
    )
    assert message["metadata"]["arguments"]["command"] == command
    assert message["metadata"]["session"] == "0d9e"


def test_a_large_input_is_recorded_by_its_hash(
    api: Api, channel: str, env: dict[str, str], tmp_path: Path
) -> None:
    """A record stays small, whatever is written to a file."""
    policy_file(tmp_path, channel, f'channel = "{channel}"\ndefault = "allow"\n')
    big = {"file_path": "/x", "content": "y" * 200_000}
    told = decided(run_hook(hook_input(tool_name="Write", tool_input=big), env=env))
    assert told["permissionDecision"] == "allow"
    (message,) = api.messages(channel)
    assert len(message["metadata"]["arguments_sha256"]) == 64
    assert "arguments" not in message["metadata"]


def test_a_rule_asks(api: Api, channel: str, env: dict[str, str], tmp_path: Path) -> None:
    """With its reason and for its time, and one part of the command is enough."""
    policy_file(tmp_path, channel)
    with asking(hook_input("git status && git push"), env=env) as popen:
        (item,) = api.wait_pending(channel)
        api.respond(item["message_id"], **APPROVE)
        assert answer_of(popen)["permissionDecision"] == "allow"
    content = item["message"]["content"]
    assert content["action"] == "Bash: git status && git push\nothers see it"
    assert content["timeout_seconds"] == 7
    assert item["message"]["metadata"]["policy"]["rule"] == 3


def test_no_rule_has_longer_than_the_hook(
    api: Api, channel: str, env: dict[str, str], tmp_path: Path
) -> None:
    """A rule that would ask for longer than Claude Code waits asks for as long as it does."""
    policy_file(tmp_path, channel)
    with asking(hook_input("git push"), "-t", "5", env=env) as popen:
        (item,) = api.wait_pending(channel)
        api.respond(item["message_id"], **DENY)
        assert answer_of(popen)["permissionDecision"] == "deny"
    assert item["message"]["content"]["timeout_seconds"] == 5


@pytest.mark.parametrize(
    ("command", "more", "decision"),
    [
        ("rm x", "", "deny"),
        ("git status", "", "deny"),
        ("git status", 'unrecorded = "allow"', "allow"),
        ("rm x", 'unrecorded = "allow"', "deny"),
    ],
    ids=["deny", "allow", "allow-unrecorded", "deny-unrecorded"],
)
def test_what_cannot_be_recorded(
    tmp_path: Path, command: str, more: str, decision: str
) -> None:
    """With the daemon away a denial stays one, and what is allowed becomes one."""
    path = policy_file(tmp_path, "c")
    path.write_text(f"{more}\n{path.read_text()}")
    done = run_hook(hook_input(command), "--policy", str(path), env=AWAY)
    assert decided(done)["permissionDecision"] == decision
    assert "a decision could not be recorded: cannot reach ailoop" in done.stderr


def test_it_abstains(tmp_path: Path, env: dict[str, str]) -> None:
    """Only by the policy's own word Claude Code decides as if there were no hook."""
    (tmp_path / "ailoop-policy.toml").write_text('default = "abstain"')
    done = run_hook(hook_input(), env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "{}\n", "")


@pytest.mark.parametrize(
    "text",
    ["rule = 1", "[[rule]]\ndecision = 'allow'", "default = 'allow", "\x00", None],
    ids=["no-rules", "no-tool", "no-toml", "no-text", "no-file"],
)
def test_a_broken_policy(
    api: Api, channel: str, env: dict[str, str], tmp_path: Path, text: str | None
) -> None:
    """It denies everything, says why, and that is recorded."""
    path = tmp_path / "broken.toml"
    if text is not None:
        path.write_text(text)
    told = decided(run_hook(hook_input(), "--policy", str(path), "-c", channel, env=env))
    assert told["permissionDecision"] == "deny"
    assert f"the policy {path} cannot be used" in told["permissionDecisionReason"]
    (message,) = api.messages(channel)
    assert message["metadata"]["policy"]["decision"] == "deny"


INPUTS = [
    "",
    "[]",
    hook_input(tool_name=7),
    '{"tool_name": "x", "tool_input": {}, "\udc80": 1}',
]


@pytest.mark.parametrize("given", INPUTS, ids=[str(n) for n in range(len(INPUTS))])
def test_what_is_no_input(given: str) -> None:
    """It is denied, and the reason says that it was not understood."""
    data = given.encode(errors="surrogateescape")
    done = subprocess.run(
        [*AILOOP, "hook", "claude-code"],
        input=data,
        capture_output=True,
        timeout=PATIENCE,
        env=environment(AWAY),
        check=False,
    )
    assert done.returncode == 0
    told = orjson.loads(done.stdout)["hookSpecificOutput"]
    assert told["permissionDecision"] == "deny"
    assert "cannot read what the hook was given" in told["permissionDecisionReason"]
    assert b"Traceback" not in done.stderr


def test_no_input_at_all() -> None:
    """A standard input that stays open and silent is not waited for beyond the time."""
    with started("hook", "claude-code", "-t", "1", env=AWAY) as popen:
        assert popen.wait(PATIENCE) == 0
        assert popen.stdout is not None
        told = orjson.loads(popen.stdout.read())["hookSpecificOutput"]
    assert told["permissionDecision"] == "deny"
    assert "no input came within 1 s" in told["permissionDecisionReason"]


@pytest.mark.parametrize(
    ("given", "flags"),
    [
        (hook_input(hook_event_name="Stop"), ()),
        (hook_input(), ("--timeout", "0")),
        (hook_input(), ("--server", "nowhere")),
        (hook_input(), ("--channel", "no spaces")),
        (hook_input(), ("--no-such-flag",)),
    ],
    ids=["event", "timeout", "server", "channel", "flag"],
)
def test_what_is_set_up_wrongly(given: str, flags: tuple[str, ...]) -> None:
    """Exit code 2, which is the one by which Claude Code does not go on, and a sentence."""
    done = run_hook(given, *flags, env=AWAY)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=str)
def test_a_signal_denies(
    api: Api, channel: str, env: dict[str, str], number: signal.Signals
) -> None:
    """A hook that is ended says no, and takes its request back."""
    with asking(hook_input(), "-c", channel, env=env) as popen:
        (item,) = api.wait_pending(channel)
        popen.send_signal(number)
        told = answer_of(popen)
    assert told["permissionDecision"] == "deny"
    assert api.state(item["message_id"]) == "cancelled"


def test_run_again(api: Api, channel: str, env: dict[str, str]) -> None:
    """The same call has the same answer, and nobody is asked twice, also after a crash."""
    given = hook_input()
    with asking(given, "-c", channel, env=env) as popen:
        (item,) = api.wait_pending(channel)
        popen.kill()
        popen.wait(PATIENCE)
    with asking(given, "-c", channel, env=env) as popen:
        waiting = api.wait_pending(channel)
        assert [one["message_id"] for one in waiting] == [item["message_id"]]
        api.respond(item["message_id"], **APPROVE, reason="once")
        first = answer_of(popen)
    assert decided(run_hook(given, "-c", channel, env=env)) == first
    assert first["permissionDecision"] == "allow"
    assert len(api.messages(channel)) == 2


@pytest.mark.parametrize("change", ["tool_input", "session_id"])
def test_another_call_with_the_same_id(
    api: Api, channel: str, env: dict[str, str], change: str
) -> None:
    """It has no use of the approval: other words are denied, another session is asked anew."""
    given = hook_input(tool_use_id="call_1")
    with asking(given, "-c", channel, env=env) as popen:
        (item,) = api.wait_pending(channel)
        api.respond(item["message_id"], **APPROVE)
        assert answer_of(popen)["permissionDecision"] == "allow"
    other = {"tool_input": {"command": "rm -rf /"}} if change == "tool_input" else {}
    again = {**orjson.loads(given), "session_id": "0d9e", **other}
    if change == "session_id":
        again["session_id"] = "another"
    done = run_hook(orjson.dumps(again).decode(), "-c", channel, "-t", "1", env=env)
    told = decided(done)
    assert told["permissionDecision"] == "deny"
    asked_before = "was asked about before" in told["permissionDecisionReason"]
    assert asked_before is (change == "tool_input")


def test_what_cannot_be_shown(channel: str, env: dict[str, str]) -> None:
    """What is too large for a person to see as a whole is denied, with what to do instead."""
    big = {"file_path": "/x", "content": "y" * 200_000}
    told = decided(
        run_hook(hook_input(tool_name="Write", tool_input=big), "-c", channel, env=env)
    )
    assert told["permissionDecision"] == "deny"
    assert "Do it in smaller steps" in told["permissionDecisionReason"]


def test_an_answer_that_cannot_be_written(env: dict[str, str], tmp_path: Path) -> None:
    """Exit code 2 where nobody reads, also with no standard error; never a third one."""
    (tmp_path / "ailoop-policy.toml").write_text('unrecorded = "allow"\ndefault = "allow"')
    for closing in (">&-", ">&- 2>&-"):
        done = subprocess.run(
            ["/bin/sh", "-c", f'"$@" {closing}', "sh", *AILOOP, "hook", "claude-code"],
            input=hook_input().encode(),
            capture_output=True,
            timeout=PATIENCE,
            env=environment({**env, **AWAY}),
            check=False,
        )
        assert done.returncode == 2


def test_a_token(tmp_path: Path) -> None:
    """With authentication on it is the hook's key that asks; without one it is denied."""
    keys = tmp_path / "keys.json"
    made = {
        role: ailoop(
            "key", "create", role, "--grant", f"{role}:*", "--file", str(keys), "--json"
        )
        for role in ("agent", "human")
    }
    agent, human = (orjson.loads(made[role].stdout)["key"] for role in ("agent", "human"))
    with running_daemon("--auth-keys", str(keys)) as process:
        env = {"AILOOP_SERVER": process.rest}
        told = decided(run_hook(hook_input(), env=env))
        assert told["permissionDecision"] == "deny"
        assert "AILOOP_TOKEN" in told["permissionDecisionReason"]
        with asking(hook_input(), env={**env, "AILOOP_TOKEN": agent}) as popen:
            person = {**env, "AILOOP_TOKEN": human}
            while not (waiting := ailoop("inbox", "--once", "--json", env=person).stdout):
                pass
            prompt_id = orjson.loads(waiting)["message_id"]
            assert ailoop("approve", prompt_id, env=person).returncode == 0
            assert answer_of(popen)["permissionDecision"] == "allow"


def test_it_is_quiet(channel: str, env: dict[str, str]) -> None:
    """Standard error has nothing on it as long as nothing is wrong."""
    assert run_hook(hook_input(), "-c", channel, "-t", "1", env=env).stderr == ""


@pytest.mark.parametrize(
    ("edited", "word"),
    [("make test", "allow"), ("rm -rf /", "deny"), ("ls; rm x", "deny"), ("echo $X", "allow")],
    ids=["other", "denied", "part-denied", "doubtful"],
)
def test_a_person_edits_the_input(
    api: Api, channel: str, env: dict[str, str], tmp_path: Path, edited: str, word: str
) -> None:
    """The tool gets what they have made of it, but for what the policy denies to everybody."""
    policy_file(tmp_path, channel)
    with asking(hook_input("make"), env=env) as popen:
        (item,) = api.wait_pending(channel)
        assert item["message"]["content"]["editable"] is True
        answer = api.respond(item["message_id"], **APPROVE, answer={"command": edited})
        assert answer.status_code == 200, answer.text
        told = answer_of(popen)
    assert told["permissionDecision"] == word
    if word == "allow":
        assert told["updatedInput"] == {"command": edited}
        assert told["permissionDecisionReason"] == "Approved by a person (edited)"
    else:
        assert "updatedInput" not in told
        assert "nothing is deleted from here" in told["permissionDecisionReason"]


def test_encrypted(api: Api, channel: str, env: dict[str, str], tmp_path: Path) -> None:
    """With ``AILOOP_SEAL_FOR`` the server reads neither requests nor records."""
    for name in ("ann", "agent"):
        assert ailoop("keygen", name, "--dir", str(tmp_path)).returncode == 0
    sealed = {
        **env,
        "AILOOP_SEAL_FOR": str(tmp_path / "ann.public.jwk"),
        "AILOOP_KEYS": str(tmp_path / "agent.private.jwk"),
    }
    policy_file(tmp_path, channel)
    assert (
        decided(run_hook(hook_input("git status"), env=sealed))["permissionDecision"] == "allow"
    )
    with asking(hook_input("make secrets"), env=sealed) as popen:
        (item,) = api.wait_pending(channel)
        blind = api.respond(item["message_id"], **APPROVE)
        assert blind.json()["code"] == "sealed_prompt"
        private = str(tmp_path / "ann.private.jwk")
        assert ailoop("approve", item["message_id"], "--key", private, env=env).returncode == 0
        assert answer_of(popen)["permissionDecision"] == "allow"
    seen = orjson.dumps(api.messages(channel)).decode()
    for word in ("git status", "make", "0d9e", "rule"):
        assert word not in seen
