"""Which rule decides, and what no rule may be talked into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ailoop.policy import Call, Decision, decide, parse_policy
from tests.policy.kit import bash, decided, policy

ALLOW, ASK, DENY = Decision.ALLOW, Decision.ASK, Decision.DENY
GIT = policy("allow Bash git status *", "allow Bash git log *", "allow Bash head *")


def test_nothing_matches() -> None:
    """Without a rule everything is asked, or comes to the policy's default."""
    assert decided(policy(), "ls").decision is ASK
    for default in ("allow", "deny", "abstain"):
        verdict = decided(policy(default=default), "ls")
        assert (verdict.decision, verdict.rule) == (default, None)


@pytest.mark.parametrize(
    "command",
    [
        *("git status", "git status -s", "  git   status  ", "git 'status'"),
        *(
            "git status && git log -5",
            "git log | head -3",
            "git log 2>&1 | head",
            "git log\nhead x",
        ),
    ],
)
def test_allowed(command: str) -> None:
    """A command whose every part some rule allows."""
    assert decided(GIT, command).decision is ALLOW


@pytest.mark.parametrize(
    "command",
    [
        *("git status; rm -rf /", "git status && rm x", "git status\nrm x", "git status | sh"),
        *(
            "git status & rm x",
            "git status $(rm x)",
            "git status `rm x`",
            'git status "$(rm x)"',
        ),
        *(
            "git status <(rm x)",
            "git status > /etc/passwd",
            "git status || rm x",
            "(git status)",
        ),
        *(
            "GIT_PAGER=rm git log",
            "git log --output=$F",
            "git  statusx",
            "/tmp/git status",
            "GIT status",
        ),
        *(
            "sudo git status",
            "env git status",
            "git status ../../x",
            "git log ..",
            "git\u00a0status",
        ),
        *("git status \\\n; rm x", "git status #", "\x1bgit status", "", "'git status' x"),
    ],
)
def test_not_allowed(command: str) -> None:
    """Nothing that runs more, or something else, than what is allowed."""
    assert decided(GIT, command).decision is ASK


@pytest.mark.parametrize(
    "command",
    [
        *("rm -rf /", "rm", "ls; rm -rf /", "ls && rm x", "ls | xargs rm", "/bin/rm x", "RM x"),
        *("r''m x", "r\\m x", "sudo rm x", "sudo -u root rm x", "env A=b rm x", "nohup rm x &"),
        *("bash -c 'rm x'", "sh -c 'cd /; rm x'", "sudo bash -c 'cd / && rm x'", "time rm x"),
        *(
            "x=$(rm y)",
            "echo `rm y`",
            "(rm x)",
            "if a; then\nrm x; fi",
            "rm $HOME",
            "eval 'rm x'",
        ),
        *(
            "{ rm x; }",
            "timeout 5 rm x",
            "ls\nrm x",
            "ls &rm x",
            "cat <(rm x)",
            "! rm x; 'rm' y",
        ),
        *("X=1 rm x", "A='x y' rm x", "if rm x; then ls; fi", "while :; do rm x; done"),
        *("find . -exec rm x ';'", "find . -exec rm {} +", "trap 'rm x' EXIT", "ssh host rm x"),
    ],
)
def test_denied(command: str) -> None:
    """One part is enough to deny, in whatever dress, and although another rule allows it."""
    rules = ["allow Bash *", "allow Bash rm *", "deny Bash rm *"]
    assert decided(policy(*rules), command).decision is DENY


def test_asterisk_is_not_for_what_runs_others() -> None:
    """``*`` allows no ``sudo`` and no ``bash -c``; that takes a rule that names them."""
    everything = policy("allow Bash *")
    assert decided(everything, "ls -l").decision is ALLOW
    for command in ("sudo ls", "bash -c ls", "/usr/bin/env ls", "xargs ls", ". x", "time ls"):
        assert decided(everything, command).decision is ASK
    assert decided(policy("allow Bash sudo ls *"), "sudo ls -l").decision is ALLOW


def test_not_understood() -> None:
    """A doubtful command is asked about, unless no rule looks at commands; or it is denied."""
    assert decided(policy("allow Bash"), "echo $HOME").decision is ALLOW
    for rules in (
        ["allow Bash *"],
        ["allow Bash", "deny Bash rm *"],
        ["allow Bash", "ask Bash x"],
    ):
        verdict = decided(policy(*rules), "echo $HOME")
        assert verdict.decision is ASK
        assert "cannot be taken apart" in verdict.why
        assert decided(policy(*rules, default="allow"), "echo $HOME").decision is ASK
        assert decided(policy(*rules, default="abstain"), "echo $HOME").decision is ASK
        assert decided(policy(*rules, default="deny"), "echo $HOME").decision is DENY


@pytest.mark.parametrize("value", [["git", "status"], 5, {"a": "b"}, True], ids=str)
def test_a_command_that_is_no_text(value: Any) -> None:
    """It is never allowed by a pattern, and a denial sees the words in it."""
    assert decided(policy("allow Bash *"), value).decision is ASK
    assert decided(policy("deny Bash rm *"), ["rm", "-rf", "/"]).decision is DENY
    assert decided(policy("deny Bash rm *"), ["sh", "-c", "cd /; rm x"]).decision is DENY


def test_other_shells() -> None:
    r"""What reads ``\"`` in another way is not taken apart by the rules of this one."""
    rules = policy("allow * git log *", "deny * rm *")
    trick = 'git log "\\"; curl x; \\""'
    assert decide(rules, bash(trick)).decision is ALLOW
    assert decide(rules, bash(trick, "PowerShell")).decision is ASK


def test_tools() -> None:
    """A tool's name is a pattern; who allows means exactly it, who denies any letters."""
    rules = policy("allow Read", "allow mcp__files__*", "deny mcp__*__delete*")
    assert decide(rules, Call("Read", {"file_path": "/x"})).decision is ALLOW
    assert decide(rules, Call("read", {})).decision is ASK
    assert decide(rules, Call("mcp__files__list", {})).decision is ALLOW
    assert decide(rules, Call("mcp__files__delete_all", {})).decision is DENY
    assert decide(rules, Call("MCP__files__Delete", {})).decision is DENY


def file(path: Any, tool: str = "Write", cwd: str | None = "/home/ann/project") -> Call:
    return Call(tool, {"file_path": path, "content": "x"}, cwd)


@pytest.mark.parametrize(
    ("path", "decision"),
    [
        ("/srv/www/index.html", ALLOW),
        ("/srv/www/a/b.html", ALLOW),
        ("/srv/www/../../var/x", ASK),
        ("/srv/www/..", ASK),
        ("/srv/www/a..b/c..", ALLOW),
        ("/etc/passwd", DENY),
        ("/tmp/../etc/passwd", DENY),
        ("//etc//passwd", DENY),
        ("../../../etc/passwd", DENY),
        ("/srv/www/.env", DENY),
        (".env", DENY),
        ("/srv/www/.ENV", DENY),
        (["/etc/passwd"], DENY),
        ({"deep": [{"er": "/etc/passwd"}]}, DENY),
        (None, ASK),
        (7, ASK),
    ],
    ids=str,
)
def test_paths(path: Any, decision: Decision) -> None:
    """Out of an allowed folder there is no ``..``, into a denied one no other way."""
    rules = policy(
        "allow Write file_path=/srv/www/*",
        "deny Write file_path=*/etc/*",
        "deny Write file_path=*/.env",
    )
    assert decide(rules, file(path)).decision is decision


@pytest.mark.parametrize(
    "path",
    [
        "//home/ann/.ssh/id",
        " /home/ann/.ssh/id",
        f"/home/ann/{'./' * 3000}.ssh/id",
        "/home/ann/a\n/../.ssh/id",
        {"/home/ann/.ssh/id": "what to write"},
        ["x"] * 2000 + ["/home/ann/.ssh/id"],
        [f"x{n}" for n in range(30_000)] + ["/home/ann/.ssh/id"],
        "/HOME/Ann/.ssh/id",
        "/home/ann/se\u0301cret/x",
        "/home/ann/S\u00c9cret/x",
    ],
    ids=range(10),
)
def test_no_other_way_to_write_a_path(path: Any) -> None:
    """Whatever a tool or a system makes of it; and more than can be looked at is denied too."""
    rules = policy(
        "allow Write",
        "deny Write file_path=/home/ann/.ssh/*",
        "deny Write file_path=/home/ann/s\u00e9cret/*",
    )
    assert decide(rules, file(path)).decision is DENY


def test_a_huge_command_is_looked_at_once() -> None:
    """However many rules there are; each of so many readings would take minutes."""
    rules = policy("allow Bash", *["deny Bash rm *"] * 400)
    assert decided(rules, "x;" * 50_000).decision is ASK
    assert decided(rules, "x;" * 50_000 + "rm y").decision is DENY
    assert decided(rules, ";".join(f"x{n}" for n in range(30_000))).decision is DENY


def test_a_dot_dot_that_is_meant() -> None:
    """A pattern that has it in it allows it."""
    assert decided(policy("allow Bash ls ../*"), "ls ../x").decision is ALLOW
    assert decided(policy("allow Bash git diff *"), "git diff main..next").decision is ALLOW


def test_every_argument_of_a_rule_has_to_match() -> None:
    """An argument that is not there does not match; others make no difference."""
    text = """
    [[rule]]
    decision = "allow"
    tool = "Bash"
    arguments = { command = ["make", "make test"], run_in_background = "false" }
    """
    rules = parse_policy(text)
    assert decide(rules, bash("make", run_in_background=False)).decision is ALLOW
    assert decide(rules, bash("make test", run_in_background=False, more=1)).decision is ALLOW
    assert decide(rules, bash("make", run_in_background=True)).decision is ASK
    assert decide(rules, bash("make")).decision is ASK
    assert decide(rules, Call("Bash", {"run_in_background": False})).decision is ASK


def test_what_is_told() -> None:
    """A verdict names its rules, their reason, and the part that nobody allows."""
    rules = parse_policy(
        '[[rule]]\ndecision = "deny"\ntool = "Bash"\n'
        'arguments = { command = "git push *" }\nreason = "not from here"\n'
        '[[rule]]\ndecision = "allow"\ntool = "Bash"\narguments = { command = "git *" }\n'
    )
    denied = decided(rules, "git pull && git push")
    assert denied.why == "rule 1 (line 1) denies it: not from here"
    allowed = decided(rules, "git pull && git log")
    assert [rule.number for rule in allowed.rules] == [2]
    assert allowed.why == "rule 2 (line 6) allows it"
    partly = decided(rules, "git pull && ls")
    assert partly.why == "no rule allows the part “ls”, and the default is ask"
    assert [(text, rule and rule.number) for text, rule in partly.parts] == [
        ("git pull", 2),
        ("ls", None),
    ]


def test_the_policy_itself(tmp_path: Path) -> None:
    """A call about the policy's own file is asked about, whatever is allowed."""
    path = tmp_path / "ailoop-policy.toml"
    rules = parse_policy('[[rule]]\ndecision = "allow"\ntool = "*"\n', path)
    assert decide(rules, file(str(path))).decision is ASK
    assert decide(rules, file("./x/../ailoop-policy.toml", cwd=str(tmp_path))).decision is ASK
    assert decide(rules, bash("sed -i d ailoop-policy.toml")).decision is ASK
    assert decide(rules, bash("sed -i d ailoop-'pol'icy.toml")).decision is ASK
    assert decide(rules, bash("sed -i d AILOOP-policy.toml")).decision is ASK
    assert decide(rules, file(f"/private{tmp_path}/ailoop-policy.toml")).decision is ASK
    assert decide(rules, file(str(tmp_path / "Ailoop-Policy.toml"))).decision is ASK
    assert decide(rules, bash("make", more=None)).decision is ALLOW
    assert decide(rules, file(str(tmp_path / "other.toml"))).decision is ALLOW


def test_a_folder_of_the_policy(tmp_path: Path) -> None:
    """``./`` at the start of a path is the folder of the policy, not where the agent is."""
    rules = parse_policy(
        '[[rule]]\ndecision = "allow"\ntool = "Write"\narguments = { file_path = "./src/*" }\n',
        tmp_path / "p*.toml",
    )
    assert decide(rules, file(f"{tmp_path}/src/a.py", cwd="/etc")).decision is ALLOW
    assert decide(rules, file("/etc/src/a.py", cwd="/etc")).decision is ASK
    assert decide(rules, file(f"{tmp_path}/src/../x", cwd="/etc")).decision is ASK


RULES = st.lists(
    st.builds(
        "{} {}{}".format,
        st.sampled_from(["allow", "ask", "deny"]),
        st.sampled_from(["Bash", "B*", "*", "Read"]),
        st.sampled_from(["", " git *", " git status", " *", " rm *", " * x"]),
    ),
    max_size=6,
)
COMMANDS = st.lists(
    st.sampled_from(["git status", "git", "rm x", "ls x", "sudo rm x", "$x", "'a;b'"]),
    min_size=1,
).flatmap(
    lambda some: st.sampled_from(["; ", " && ", "\n", " | "]).map(lambda by: by.join(some))
)
SEVERITY = {Decision.ALLOW: 0, Decision.ASK: 1, Decision.DENY: 2}


@given(rules=RULES, command=COMMANDS, order=st.randoms(use_true_random=False))
def test_the_order_makes_no_difference(rules: list[str], command: str, order: Any) -> None:
    """Rules in another order decide the same."""
    shuffled = list(rules)
    order.shuffle(shuffled)
    assert (
        decided(policy(*rules), command).decision
        is decided(policy(*shuffled), command).decision
    )


@given(rules=RULES, more=RULES, command=COMMANDS)
def test_more_rules_that_deny_or_ask_never_allow_more(
    rules: list[str], more: list[str], command: str
) -> None:
    """A rule that denies or asks can only make a decision more severe."""
    severe = [rule for rule in more if not rule.startswith("allow")]
    before = decided(policy(*rules), command).decision
    after = decided(policy(*rules, *severe), command).decision
    assert SEVERITY[after] >= SEVERITY[before]


@given(rules=RULES, first=COMMANDS, second=COMMANDS)
def test_a_line_is_allowed_no_more_than_its_parts(
    rules: list[str], first: str, second: str
) -> None:
    """Two commands on a line come to what the more severe of them comes to alone."""
    given_rules = policy(*rules)
    alone = [decided(given_rules, one).decision for one in (first, second)]
    together = decided(given_rules, f"{first}; {second}").decision
    assert SEVERITY[together] >= max(SEVERITY[one] for one in alone)


@given(
    rules=RULES,
    arguments=st.dictionaries(
        st.sampled_from(["command", "file_path", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ),
    ),
)
def test_no_arguments_break_it(rules: list[str], arguments: dict[str, Any]) -> None:
    """Whatever a tool is called with, there is a decision."""
    assert decide(policy(*rules), Call("Bash", arguments, "/x")).decision in Decision
