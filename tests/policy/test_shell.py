"""Commands are taken apart as a real shell does it, or not at all."""

from __future__ import annotations

import subprocess
from pathlib import Path
from random import Random

import pytest

from ailoop.policy.shell import NotUnderstood, split_command

APART = [
    ("git status", [["git", "status"]]),
    ("  git\t status  ", [["git", "status"]]),
    ("a; b && c || d | e & f\ng |& h", [[one] for one in "abcdefgh"]),
    ("git commit -m 'a; rm -rf /'", [["git", "commit", "-m", "a; rm -rf /"]]),
    ('git commit -m "it\'s \\"done\\""', [["git", "commit", "-m", 'it\'s "done"']]),
    ("r''m -r\\f /", [["rm", "-rf", "/"]]),
    ("git \\\n status", [["git", "status"]]),
    ("echo ''", [["echo", ""]]),
    ("make 2>&1 | tail -5", [["make"], ["tail", "-5"]]),
    ("make >/dev/null 2> /dev/null; b &>/dev/null", [["make"], ["b"]]),
    ("git show HEAD~1:a@b#c", [["git", "show", "HEAD~1:a@b#c"]]),
    ("echo 'grün' 'a b' c=d", [["echo", "grün", "a b", "c=d"]]),
    (";; ".replace(";;", "; ") + "a", [["a"]]),
]


@pytest.mark.parametrize(("text", "words"), APART, ids=[str(n) for n in range(len(APART))])
def test_it_is_taken_apart(text: str, words: list[list[str]]) -> None:
    """Separators end a command, quotes and backslashes are gone, nothing else is."""
    assert [list(part.words) for part in split_command(text)] == words


DOUBTFUL = [
    *("", " ", ";", "\n"),
    *("echo $HOME", 'echo "$HOME"', "echo `id`", 'echo "`id`"', "echo $(id)", "$'a'"),
    *("ls *.py", "ls ?", "ls [ab]", "git add {a,b}", "cat ~/.ssh/id", "dd of=~/x", "cat =rm"),
    *(
        "a > b",
        "a >> b",
        "a < b",
        "a 2>b",
        "a &> b",
        "a <<E",
        "a >/dev/null2",
        "a &>b",
        "x 3>&1",
    ),
    *("(a)", "{ a; }", "if a; then b; fi", "! a", "while a; do b; done", "f() { a; }", "a;;"),
    *("A=b c", "A+=b c", "A[1]=b c", "# a comment", "a # a comment\nb", "a &| b", "[[ a ]]"),
    *(
        "'a",
        '"a',
        "a\\",
        "'a b' c",
        "'' a",
        "a\x00b",
        "a\rb",
        "a\x1b[2Jb",
        "a\u202eb",
        "a\xa0b",
    ),
    *("sudo " + "x " * 64, "a" * (16 * 1024 + 1)),
]


@pytest.mark.parametrize("text", DOUBTFUL, ids=[str(n) for n in range(len(DOUBTFUL))])
def test_it_is_not_understood(text: str) -> None:
    """What a shell could make something else of is not taken apart."""
    with pytest.raises(NotUnderstood):
        split_command(text)


RECORDER = """
command_not_found_handle() { printf '%s\\0' "$#" "$@" >>"$log"; }
log=$1; shift; PATH=/nonexistent
for line in "$@"; do
  printf 'next\\0' >>"$log"
  eval "$line" </dev/null >/dev/null 2>&1
  wait
done
"""

PIECES = (
    *("a", "b", "ab", "'a b'", "'a\nb'", '"a;b"', "{a,b}", "\\\n", "$x", "$(b)", "`b`", "2>&1"),
    *(
        ">/dev/null",
        "&>",
        "&&",
        "||",
        "|&",
        "if",
        "then",
        "fi",
        "time",
        "é",
        "a=b",
        "$'a'",
        "~",
    ),
    *"\t\n;&|'\"\\><#(){}*?=!-,[]^%@:/",
)
WORDS = (*"ab    ",)


def made_up(random: Random) -> str:
    """Return a line of what shells act on, between words."""
    count = random.randint(1, 9)
    return "".join(
        random.choice(PIECES if random.random() < 0.6 else WORDS) for _ in range(count)
    )


def run_by_bash(lines: list[str], log: Path) -> list[list[tuple[str, ...]]]:
    """Return the commands that bash really runs for each line; no program is found."""
    log.write_bytes(b"")
    subprocess.run(
        ["/bin/bash", "-c", RECORDER, "bash", str(log), *lines],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=log.parent,
        timeout=20,
        check=False,
    )
    fields = log.read_text().split("\0")[:-1]
    ran: list[list[tuple[str, ...]]] = []
    while fields:
        head = fields.pop(0)
        if head == "next":
            ran.append([])
            continue
        count = int(head)
        ran[-1].append(tuple(fields[:count]))
        del fields[:count]
    return ran


@pytest.mark.parametrize("seed", [1, 2])
def test_bash_runs_nothing_else(seed: int, tmp_path: Path) -> None:
    """Whatever is understood, bash runs no command that is not among its parts."""
    random, understood = Random(seed), {}
    while len(understood) < 1500:
        line = made_up(random)
        try:
            understood[line] = {part.words for part in split_command(line)}
        except NotUnderstood:
            continue
    lines, count = [*understood], 0
    for start in range(0, len(lines), 300):
        some = lines[start : start + 300]
        for line, ran in zip(some, run_by_bash(some, tmp_path / "ran"), strict=True):
            count += len(ran)
            for words in ran:
                assert words in understood[line] or ("time", *words) in understood[line], line
    assert count > 750
