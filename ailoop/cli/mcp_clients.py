"""The MCP clients that ``ailoop mcp install`` knows: where each keeps its servers, and how."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import frozen

__all__ = ["CLIENTS", "Client", "Command"]


@frozen
class Command:
    """What a client starts.

    :param words: the program and its arguments.
    :param environment: variables that it needs.
    """

    words: tuple[str, ...]
    environment: dict[str, str]


@frozen(kw_only=True)
class Client:
    """One client.

    :param title: what people call it.
    :param project: its file in a project's folder, if it has one.
    :param user: its file in the home of its user, if there is one to write into.
    :param section: the member of the file that lists servers.
    :param entry: makes a server's entry.
    :param after: what has to be done then.
    """

    title: str
    project: str | None
    user: Callable[[], Path] | None
    section: str
    entry: Callable[[Command], dict[str, Any]]
    after: str = ""

    def file(self, *, in_project: bool) -> Path | None:
        """Return the file to write into, if there is one."""
        if in_project:
            return None if self.project is None else Path.cwd() / self.project
        return None if self.user is None else self.user()


def _plain(command: Command) -> dict[str, Any]:
    program, *arguments = command.words
    entry: dict[str, Any] = {"command": program, "args": arguments}
    return entry | ({"env": command.environment} if command.environment else {})


def _typed(command: Command) -> dict[str, Any]:
    return {"type": "stdio", **_plain(command)}


def _claude(command: Command) -> dict[str, Any]:
    # Else its first turn begins without the tools, and later the model has to search for them.
    return {**_typed(command), "alwaysLoad": True}


def _opencode(command: Command) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "local", "command": list(command.words), "enabled": True}
    return entry | ({"environment": command.environment} if command.environment else {})


def _settings(folder: str) -> Path:
    """Return where programs with windows keep their settings on this system."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / folder
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / folder


def _opencode_file() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "opencode" / "opencode.json"


def _codex_file() -> Path:
    return Path(os.environ.get("CODEX_HOME") or Path.home() / ".codex") / "config.toml"


CLIENTS: dict[str, Client] = {
    "claude": Client(
        title="Claude Code",
        project=".mcp.json",
        user=None,
        section="mcpServers",
        entry=_claude,
        after="Claude Code asks once whether to trust it.",
    ),
    "claude-desktop": Client(
        title="Claude Desktop",
        project=None,
        user=lambda: _settings("Claude") / "claude_desktop_config.json",
        section="mcpServers",
        entry=_plain,
        after="Restart Claude Desktop.",
    ),
    "cursor": Client(
        title="Cursor",
        project=".cursor/mcp.json",
        user=lambda: Path.home() / ".cursor" / "mcp.json",
        section="mcpServers",
        entry=_plain,
    ),
    "vscode": Client(
        title="VS Code",
        project=".vscode/mcp.json",
        user=lambda: _settings("Code") / "User" / "mcp.json",
        section="servers",
        entry=_typed,
        after="Start it with MCP: List Servers.",
    ),
    "opencode": Client(
        title="opencode",
        project="opencode.json",
        user=_opencode_file,
        section="mcp",
        entry=_opencode,
    ),
    "codex": Client(
        title="Codex",
        project=None,
        user=_codex_file,
        section="mcp_servers",
        entry=_plain,
    ),
}
