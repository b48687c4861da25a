"""Commands of a shell, taken apart as far as that can be done for certain.

A rule that allows ``git status *`` must not allow ``git status; rm -rf /``. So a command is
split into the commands that the shell would run, each as its words. Only what every common
shell reads the same way is understood: words, quotes, separators, and output thrown away.
Whatever could become something else while the shell works on it (``$``, backquotes, globs,
braces, ``~``, redirections, compound commands, assignments, comments) is not.
"""

from __future__ import annotations

import re

from attrs import frozen

__all__ = ["NotUnderstood", "Part", "runs_rest", "split_command"]

_LONGEST = 16 * 1024
"""In characters; nobody reads more before they approve it."""

_MOST_WORDS = 64
"""Of a command that runs another one; each place where that may begin is looked at."""

_RUNNERS = frozenset(
    """
    ash bash builtin busybox chroot chrt command csh dash doas entr env eval exec fakeroot find
    fish flock ionice ksh ltrace mksh nice nohup nsenter parallel pkexec powershell prlimit
    pwsh rbash runuser script setarch setpriv setsid sh source ssh stdbuf strace su sudo
    systemd-run taskset tcsh time timeout toybox trap unbuffer unshare watch xargs yash zsh .
    """.split()  # noqa: SIM905 -- a list of so many texts is hard to read
)
"""Programs that run what their arguments name."""

_RESERVED = frozenset(
    """
    ! - [[ ]] always case coproc do done elif else end esac fi for foreach function if in
    let nocorrect noglob repeat select then typeset until while
    """.split()  # noqa: SIM905 -- a list of so many texts is hard to read
)

_EXPANDS = frozenset("$`*?[{}()")
_AT_START = frozenset("~=#")
_ASSIGNS = re.compile(r"[A-Za-z_]\w*(\[.*\])?\+?=", re.ASCII | re.DOTALL)
_THROWN_AWAY = re.compile(
    r"(?:(?:[12]?>>?|&>>?|<)[ \t]*/dev/null|2>&1|1?>&2)(?=[ \t\n;|&]|\Z)", re.ASCII
)


class NotUnderstood(Exception):  # noqa: N818 -- an outcome, as those of the client
    """A command may do more than what can be read in it; the text says why."""


@frozen
class Part:
    """One command of those that a line runs."""

    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """The words with one space between them, which is what patterns are held against."""
        return " ".join(self.words)

    @property
    def runs_another(self) -> bool:
        """Whether it is another command that it runs."""
        return self.words[0].rpartition("/")[2] in _RUNNERS


def runs_rest(word: str) -> bool:
    """Whether a command may begin after a word: a runner, ``if`` and the like, ``X=1``."""
    name = word.rpartition("/")[2]
    return name in _RUNNERS or word in _RESERVED or _ASSIGNS.match(word) is not None


def split_command(text: str) -> list[Part]:
    """Return the commands that a shell would run for a text, in their order.

    :raises NotUnderstood: that cannot be told for certain.
    """
    if len(text) > _LONGEST:
        raise NotUnderstood(f"it has more than {_LONGEST} characters")
    for char in text:
        if not char.isprintable() and char not in "\t\n":
            raise NotUnderstood(f"it has a character that cannot be seen, U+{ord(char):04X}")
    parts = [_checked(words) for words in _Reader(text).read() if words]
    if not parts:
        raise NotUnderstood("there is no command in it")
    return parts


class _Reader:
    """Goes through a text once, and collects words."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._word: str | None = None
        self._parts: list[list[str]] = [[]]

    def read(self) -> list[list[str]]:
        while self._at < len(self._text):
            if self._word is None and (thrown := _THROWN_AWAY.match(self._text, self._at)):
                self._at = thrown.end()
                continue
            char = self._take()
            if char in " \t":
                self._end_word()
            elif char in ";&|\n":
                self._end_part(char)
            elif char == "'":
                self._quote()
            elif char == '"':
                self._double_quote()
            elif char == "\\":
                self._escape()
            elif char in "<>":
                raise NotUnderstood("it reads from a file or writes to one")
            elif char in _EXPANDS or (char in _AT_START and self._word is None):
                raise NotUnderstood(f"what {char} stands for is decided by the shell")
            elif char == "~" and self._word is not None and self._word[-1:] in (":", "="):
                raise NotUnderstood("what ~ stands for is decided by the shell")
            else:
                self._add(char)
        self._end_word()
        return self._parts

    def _take(self) -> str:
        self._at += 1
        return self._text[self._at - 1]

    def _add(self, text: str) -> None:
        self._word = (self._word or "") + text

    def _end_word(self) -> None:
        if self._word is not None:
            self._parts[-1].append(self._word)
        self._word = None

    def _end_part(self, char: str) -> None:
        self._end_word()
        after = self._text[self._at : self._at + 1]
        if char in "&|" and after and after in "&|":
            if char + after == "&|":  # of zsh alone
                raise NotUnderstood("&| is not the same to every shell")
            self._at += 1
        elif char == "&" and after == ">":
            raise NotUnderstood("it reads from a file or writes to one")
        elif char == ";" and after and after in ";&|":
            raise NotUnderstood(f"{char}{after} is not the end of a command")
        self._parts.append([])

    def _quote(self) -> None:
        end = self._text.find("'", self._at)
        if end < 0:
            raise NotUnderstood("a ' is not closed")
        self._add(self._text[self._at : end])
        self._at = end + 1

    def _double_quote(self) -> None:
        self._add("")
        while self._at < len(self._text):
            char = self._take()
            if char == '"':
                return
            if char in "$`":
                raise NotUnderstood(f"what {char} stands for is decided by the shell")
            if char == "\\" and self._text[self._at : self._at + 1] in ('"', "\\", "$", "`"):
                char = self._take()
            elif char == "\\" and self._text[self._at : self._at + 1] == "\n":
                self._take()
                continue
            self._add(char)
        raise NotUnderstood('a " is not closed')

    def _escape(self) -> None:
        if self._at == len(self._text):
            raise NotUnderstood("it ends with a \\")
        char = self._take()
        if char != "\n":  # a line that goes on
            self._add(char)


def _checked(words: list[str]) -> Part:
    first = words[0]
    if first in _RESERVED:
        raise NotUnderstood(f"{first} begins a compound command")
    if not first or any(char.isspace() for char in first):
        raise NotUnderstood("the name of a program has a space in it")
    if _ASSIGNS.match(first):
        raise NotUnderstood("it sets a variable, which programs go by")
    part = Part(tuple(words))
    if part.runs_another and len(words) > _MOST_WORDS:
        raise NotUnderstood(f"{first} is given more than {_MOST_WORDS} words")
    return part
