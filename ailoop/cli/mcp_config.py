"""Adding a server to a client's configuration without losing anything else that is in it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import orjson
from attrs import frozen

from ailoop.cli.config_file import dump, load

__all__ = ["CannotAdd", "Change", "add_server"]

_INDENT = re.compile(r"\n([ \t]+)\"")


class CannotAdd(Exception):  # noqa: N818 -- an answer to the user
    """The file is not one that can be changed safely; the sentence says why."""


@frozen
class Change:
    """What becomes of a file.

    :param before: its text; ``None`` if there is none yet.
    :param after: its text with the server in it.
    :param addition: what is added, as it would stand in an empty file.
    """

    before: str | None
    after: str
    addition: str

    @property
    def is_needed(self) -> bool:
        """Whether the server is not there already, just so."""
        return self.before != self.after


def add_server(path: Path, section: str, name: str, entry: dict[str, Any]) -> Change:
    """Return a file's text with a server in it; nothing is written.

    :param section: the member that lists servers.
    :raises CannotAdd: the file has comments, or is otherwise not what is expected.
    """
    try:
        before = path.read_bytes().decode() if path.exists() else None
    except (OSError, UnicodeDecodeError) as error:
        raise CannotAdd(f"it cannot be read: {error}") from None
    if path.suffix == ".toml":
        addition = _toml(section, name, entry)
        return Change(before, _added_toml(before, section, name, entry, addition), addition)
    addition = dump({section: {name: entry}})
    return Change(before, _added_json(before, section, name, entry), addition)


def _added_json(before: str | None, section: str, name: str, entry: dict[str, Any]) -> str:
    if before is None or not before.strip():
        return dump({section: {name: entry}})
    try:
        value = load(before)
    except ValueError as error:
        raise CannotAdd(f"it is not plain JSON, perhaps for its comments: {error}") from None
    servers = value.setdefault(section, {}) if isinstance(value, dict) else None
    if not isinstance(servers, dict):
        raise CannotAdd(f"it has no object {section!r} where one is expected")
    if servers.get(name) == entry:
        return before
    servers[name] = entry
    indented = _INDENT.search(before)
    return dump(value, indented[1] if indented else "  ")


def _added_toml(
    before: str | None, section: str, name: str, entry: dict[str, Any], addition: str
) -> str:
    """Append a table; what is there is not touched, or its comments would be lost."""
    text = before or ""
    try:
        value = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise CannotAdd(f"it is not TOML: {error}") from None
    servers = value.setdefault(section, {})
    if not isinstance(servers, dict):
        raise CannotAdd(f"it has no table {section!r} where one is expected")
    if servers.get(name) == entry:
        return text
    if name in servers:
        raise CannotAdd(f"it has another {section}.{name} already; change that by hand")
    servers[name] = entry
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    after = f"{text}{gap}{addition}"
    try:
        good = tomllib.loads(after) == value
    except tomllib.TOMLDecodeError:
        good = False
    if not good:
        raise CannotAdd(f"its table {section!r} is written in a way that cannot be added to")
    return after


def _toml(section: str, name: str, entry: dict[str, Any]) -> str:
    """Write an entry as a table; its texts are written alike in JSON and in TOML."""
    lines = [f"[{section}.{name}]"]
    for key, value in entry.items():
        if isinstance(value, dict):
            members = ", ".join(f"{k} = {_value(v)}" for k, v in value.items())
            lines.append(f"{key} = {{ {members} }}")
        else:
            lines.append(f"{key} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    return orjson.dumps(value).decode().replace("\x7f", "\\u007f")
