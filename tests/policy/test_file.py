"""The policy's file: where it is found, and what is wrong with it, by name."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ailoop.policy import Decision, Policy, PolicyError, find_policy, parse_policy, read_policy

GOOD = """
default = "deny"
unrecorded = "allow"
channel = "claude"
timeout = 120

# The first rule.
[[rule]]
decision = "allow"
tool = ["Read", "Grep"]

[[rule]]
decision = "ask"
tool = "Bash"
arguments = { command = ["git push *"] }
reason = "it is seen by others"
channel = "pushes"
timeout = 600
"""


def test_all_of_it() -> None:
    """Every field arrives where it is used."""
    policy = parse_policy(GOOD)
    assert (policy.default, policy.unrecorded) == (Decision.DENY, Decision.ALLOW)
    assert (policy.channel, policy.timeout) == ("claude", 120)
    first, second = policy.rules
    assert (first.number, first.line, str(first)) == (1, 8, "rule 1 (line 8)")
    assert [one.text for one in first.tools] == ["Read", "Grep"]
    assert (second.channel, second.timeout, second.line) == ("pushes", 600, 12)
    assert second.reason == "it is seen by others"


RULE = '[[rule]]\ndecision = "allow"\ntool = "Bash"\n'
BAD = [
    ("\nx = y\n", "line 2: no TOML"),
    ("default = 'never'", "default: one of allow, ask, deny, abstain, not 'never'"),
    ("unrecorded = 'ask'", "unrecorded: one of deny, allow, not 'ask'"),
    ("defualt = 'ask'", "defualt: there is no such field; did you mean default?"),
    ("rule = 1", "rule: rules are written as [[rule]]"),
    ("[rule]\ndecision = 'allow'", "rule: rules are written as [[rule]]"),
    ("channel = 'no spaces'", "channel: "),
    ("timeout = 0", "timeout: whole seconds, from 1 to 86400"),
    ("timeout = true", "timeout: whole seconds"),
    ("timeout = 1.5", "timeout: whole seconds"),
    ("\n[[rule]]\ntool = 'x'", "rule 1 (line 2): decision: it is missing"),
    ("[[rule]]\ndecision = 'allow'", "rule 1 (line 1): tool: it is missing"),
    (
        f"{RULE}{RULE}tools = 1",
        "rule 2 (line 4): tools: there is no such field; did you mean tool?",
    ),
    (
        "[[rule]]\ndecision = 'abstain'\ntool = 'x'",
        "decision: one of allow, ask, deny, not 'abst",
    ),
    ("[[rule]]\ndecision = ['allow']\ntool = 'x'", "decision: one of allow, ask, deny"),
    ("[[rule]]\ndecision = 'deny'\ntool = ''", "tool: a pattern is a text of 1 to 1000"),
    ("[[rule]]\ndecision = 'deny'\ntool = []", "tool: from 1 to 100 patterns"),
    (f"{RULE}arguments = 'git *'", "arguments: a table such as"),
    (f"{RULE}arguments = {{ x = true }}", 'arguments.x: a pattern is a text: "true"'),
    (
        f"{RULE}arguments = {{ command = {{ x = 1 }} }}",
        "arguments.command: a pattern is a text",
    ),
    (
        f"{RULE}arguments = {{ cmd = 'git *' }}",
        "arguments.cmd: a * could allow another command",
    ),
    (f"{RULE}reason = ''", "reason: a text of 1 to 500 characters"),
    (f"{RULE}channel = 'admin'", "rule 1 (line 1): channel: "),
    (f"{RULE}timeout = 'long'", "rule 1 (line 1): timeout: whole seconds"),
]


@pytest.mark.parametrize(("text", "sentence"), BAD, ids=[str(n) for n in range(len(BAD))])
def test_what_is_wrong_is_named(text: str, sentence: str) -> None:
    """The problem says which line, rule and field."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, Path("p.toml"))
    assert sentence in str(caught.value.problems[0])
    assert "p.toml" in str(caught.value)


def test_all_problems_are_told() -> None:
    """Who has three mistakes hears of three."""
    with pytest.raises(PolicyError, match=r"and 2 more") as caught:
        parse_policy(f"timeout = 0\ncolour = 1\n{RULE}reason = 1")
    assert len(caught.value.problems) == 3


def test_lines_are_not_made_up() -> None:
    """What looks like a rule's header makes the lines uncertain: they are left out."""
    text = f"{RULE}reason = '''\n[[rule]]\n'''\n"
    assert parse_policy(text).rules[0].line is None


def test_bounds(tmp_path: Path) -> None:
    """There are so many rules, patterns and bytes, and no more."""
    for text in (RULE * 501, f"{RULE}arguments = {{ x = {['a'] * 101} }}", f"#{'x' * 2**18}"):
        path = tmp_path / "p.toml"
        path.write_text(text)
        with pytest.raises(PolicyError):
            read_policy(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Nothing there, a folder, no UTF-8: an error that names the file, and no empty policy."""
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"#\n\xff")
    for path, why in (
        (tmp_path / "none.toml", "No such file"),
        (tmp_path, "Is a directory"),
        (binary, "line 2: it is not UTF-8"),
    ):
        with pytest.raises(PolicyError, match=why) as caught:
            read_policy(path)
        assert str(path) in str(caught.value)
    assert read_policy(None) == Policy()


def test_where_it_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path given, the variable, this folder, the home folder: the first that there is."""
    home = tmp_path / "home"
    (home / "ailoop").mkdir(parents=True)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    env = {"XDG_CONFIG_HOME": str(home)}
    assert find_policy(environment=env) is None
    (home / "ailoop" / "policy.toml").touch()
    assert find_policy(environment=env) == home / "ailoop" / "policy.toml"
    (folder / "ailoop-policy.toml").symlink_to("nothing")
    assert find_policy(environment=env) == folder / "ailoop-policy.toml"
    assert find_policy(folder=tmp_path, environment=env) == home / "ailoop" / "policy.toml"
    assert find_policy(environment={**env, "AILOOP_POLICY": "p"}) == folder / "p"
    assert find_policy("q", environment={**env, "AILOOP_POLICY": "p"}) == folder / "q"


@given(st.text(max_size=200) | st.lists(st.sampled_from(GOOD.splitlines())).map("\n".join))
def test_any_text(text: str) -> None:
    """It is a policy, or an error with problems."""
    with suppress(PolicyError):
        assert parse_policy(text).rules is not None


def test_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pattern whose folder is not known denies nothing, so the policy cannot be used."""
    monkeypatch.setattr("posixpath.expanduser", lambda path: path)
    assert find_policy("~nobody/x", environment={}) == Path("~nobody/x").absolute()
    text = '[[rule]]\ndecision = "deny"\ntool = "*"\narguments = { path = "~/.ssh/*" }\n'
    with pytest.raises(PolicyError, match="no home folder"):
        parse_policy(text)
