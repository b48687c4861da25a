"""A call of a tool, as rules look at it."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

from ailoop.policy.shell import NotUnderstood, Part, runs_rest, split_command

__all__ = ["COMMAND", "Call"]

COMMAND = "command"
"""The argument that is taken for a command of a shell, whichever tool has it."""

_OTHER_SHELLS = ("powershell", "pwsh", "cmd")
"""In the names of tools; they read quotes and separators in ways of their own."""

_MOST_READINGS = 20_000
_MOST_CHARACTERS = 32 * 1024 * 1024
"""Of all readings of an argument together; more is taken for anything that a rule denies."""

_ROUGHLY = re.compile(r"[;&|\n(){}`<>]|\$\(")
_QUOTES = str.maketrans("", "", "'\"\\")
_MOST_SUFFIXES = 64


@frozen
class Call:
    """What an agent is about to do.

    :param tool: the tool's name, such as ``Bash``.
    :param arguments: what it is called with.
    :param cwd: the folder that relative paths are for, if it is known.
    """

    tool: str
    arguments: Mapping[str, Any]
    cwd: str | None = None
    parts: tuple[Part, ...] = field(init=False, eq=False, repr=False)
    """The commands of its command; none, if it has no command or a doubtful one."""
    doubt: str | None = field(init=False, eq=False, repr=False)
    """Why its command cannot be taken apart, if that is so."""
    _readings: dict[str, tuple[str, ...] | None] = field(
        init=False, eq=False, repr=False, factory=dict
    )

    def __attrs_post_init__(self) -> None:
        parts, doubt = _parts_of(self.tool, self.arguments.get(COMMAND))
        object.__setattr__(self, "parts", parts)
        object.__setattr__(self, "doubt", doubt)

    @property
    def label(self) -> str:
        """What it is, on one line: the tool, and the argument that tells the most."""
        for name in _TELLING:
            value = self.arguments.get(name)
            if isinstance(value, str) and value.strip():
                line = " ".join(value.split())
                return f"{self.tool}: {line[:200]}{'…' if len(line) > 200 else ''}"
        return self.tool

    def exact(self, name: str) -> str | None:
        """Return an argument as a text, for a rule that allows; ``None``: there is none."""
        value = self.arguments.get(name)
        if isinstance(value, str):
            return value
        if isinstance(value, bool | int | float):
            return _json(value)
        return None

    def readings(self, name: str) -> tuple[str, ...] | None:
        """Return all that an argument may come to, for rules that ask or deny.

        ``None``: that is more than can be looked at.
        """
        if name not in self._readings:
            self._readings[name] = _bounded(self._loose(name))
        return self._readings[name]

    def _loose(self, name: str) -> Iterator[str]:
        value = self.arguments.get(name)
        if value is None:
            return
        if name == COMMAND:
            yield from _commands_in(value, self.parts)
        for text in _strings_in(value):
            yield text
            yield from self._paths(text)
        if not isinstance(value, str):
            yield _json(value)

    def _paths(self, text: str) -> Iterator[str]:
        """Yield what a text is as a path: absolute, and without ``..``.

        However long it is: a tool may make it short before the system sees it.
        """
        path = text.strip()
        if not path:
            return
        if path.startswith("~/"):
            path = posixpath.expanduser(path)
        yield _normal(path)
        if self.cwd and not path.startswith("/"):
            yield _normal(posixpath.join(self.cwd, path))


_TELLING = (
    "command",
    "file_path",
    "notebook_path",
    "path",
    "url",
    "query",
    "pattern",
    "prompt",
)


def _parts_of(tool: str, command: Any) -> tuple[tuple[Part, ...], str | None]:
    if command is None:
        return (), None
    if not isinstance(command, str):
        return (), "it is no text"
    if any(name in tool.casefold() for name in _OTHER_SHELLS):
        return (), f"{tool} is a shell of another kind"
    try:
        return tuple(split_command(command)), None
    except NotUnderstood as error:
        return (), str(error)


def _normal(path: str) -> str:
    path = posixpath.normpath(path)
    # POSIX lets two slashes mean something else, and no system of today does.
    return path[1:] if path.startswith("//") else path


def _bounded(texts: Iterator[str]) -> tuple[str, ...] | None:
    """Return texts, each once, unless there are too many."""
    found: dict[str, None] = {}
    characters = 0
    for text in texts:
        if text in found:
            continue
        found[text] = None
        characters += len(text)
        if len(found) > _MOST_READINGS or characters > _MOST_CHARACTERS:
            return None
    return tuple(found)


def _commands_in(value: Any, parts: tuple[Part, ...]) -> Iterator[str]:
    """Yield each command that is certainly or possibly in a command."""
    for part in parts:
        yield from _readings(part.words)
    if parts:
        return
    texts = [" ".join(_strings_in(value))] if isinstance(value, list) else _strings_in(value)
    for text in texts:
        for piece in _ROUGHLY.split(text):
            yield from _readings(tuple(piece.translate(_QUOTES).split()))


def _readings(words: tuple[str, ...]) -> Iterator[str]:
    """Yield a command, also by its program's bare name, and what it may run in its turn."""
    if not words:
        return
    name = words[0].rpartition("/")[2]
    yield " ".join(words)
    yield " ".join((name, *words[1:]))
    if not runs_rest(words[0]):
        return
    for start in range(1, min(len(words), _MOST_SUFFIXES)):
        rest = words[start:]
        yield " ".join(rest)
        yield " ".join((rest[0].rpartition("/")[2], *rest[1:]))
        if len(rest[0].split()) > 1:  # as of `sh -c`
            for piece in _ROUGHLY.split(rest[0]):
                yield from _readings(tuple(piece.translate(_QUOTES).split()))


def _strings_in(value: Any) -> Iterator[str]:
    """Yield the strings of a value, however deep, with the names of members."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            waiting.extend((*one.values(), *one))
        elif isinstance(one, list | tuple):
            waiting.extend(reversed(one))


def _json(value: Any) -> str:
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):  # what no JSON has room for
        return ""
