"""The policy file: TOML, where it is found, and that it is one."""

from __future__ import annotations

import os
import posixpath
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from ailoop.policy.reader import Problem, Reader
from ailoop.policy.rule import Policy

__all__ = [
    "FILE_NAME",
    "VARIABLE",
    "PolicyError",
    "find_policy",
    "parse_policy",
    "read_policy",
]

FILE_NAME = "ailoop-policy.toml"
VARIABLE = "AILOOP_POLICY"

_MOST_BYTES = 256 * 1024
_HEADER = re.compile(r"[ \t]*\[\[[ \t]*(?:rule|\"rule\"|'rule')[ \t]*\]\]", re.ASCII)


class PolicyError(Exception):
    """A policy cannot be used, and nothing may be allowed by it.

    :param path: the file.
    :param problems: all that is wrong with it.
    """

    def __init__(self, path: Path | None, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"the policy {path or ''} cannot be used: {problems[0]}{more}")


def find_policy(
    given: str | os.PathLike[str] | None = None,
    *,
    folder: str | os.PathLike[str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Path | None:
    """Return the policy's file: the one given, else the first of those that there are.

    :param given: a path that somebody has named; it need not be there.
    :param folder: where ``ailoop-policy.toml`` may be; by default where this process runs.
    :param environment: its variables.
    """
    variables = os.environ if environment is None else environment
    named = given or variables.get(VARIABLE)
    if named:
        return Path(posixpath.expanduser(named)).absolute()
    home = Path(variables.get("XDG_CONFIG_HOME") or posixpath.expanduser("~/.config"))
    for path in (Path(folder or ".") / FILE_NAME, home / "ailoop" / "policy.toml"):
        if os.path.lexists(path):  # a link to nothing is an error, and not an absence
            return path.absolute()
    return None


def read_policy(path: Path | None) -> Policy:
    """Read a policy's file; without one there are no rules, and everything is asked.

    :raises PolicyError: it cannot be used.
    """
    if path is None:
        return Policy()
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise PolicyError(path, [Problem(why)]) from None
    if len(data) > _MOST_BYTES:
        raise PolicyError(path, [Problem(f"it has more than {_MOST_BYTES} bytes")])
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicyError(path, [Problem("it is not UTF-8", line=line)]) from None
    return parse_policy(text, path)


def parse_policy(text: str, path: Path | None = None) -> Policy:
    """Read a policy.

    :param path: its file; patterns that begin with ``./`` are for that folder.
    :raises PolicyError: it cannot be used.
    """
    try:
        value = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"line (\d+)", str(error))
        problem = Problem(f"no TOML: {error}", line=int(found[1]) if found else None)
        raise PolicyError(path, [problem]) from None
    reader = Reader(path, list(_lines_of_rules(text)))
    policy = reader.policy(value)
    if reader.problems:
        raise PolicyError(path, reader.problems)
    return policy


def _lines_of_rules(text: str) -> Iterator[int]:
    for number, line in enumerate(text.splitlines(), 1):
        if _HEADER.match(line):
            yield number
