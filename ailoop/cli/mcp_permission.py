"""What ``ailoop mcp --permission-prompt`` offers besides the usual tools."""

from __future__ import annotations

import os
from pathlib import Path

from ailoop.cli.mcp_limit import client_seconds
from ailoop.cli.text import complain
from ailoop.policy import Policy, PolicyError, find_policy, read_policy
from ailoop.transport.mcp.permission import Permissions, permission_tool
from ailoop.transport.mcp.tools import TOOLS, Tool

__all__ = ["tools_with"]


def tools_with(policy: str | None) -> tuple[Tool, ...]:
    """Return the tools with the one for permissions.

    :param policy: the path of the policy, if one was given. One that cannot be used denies
        everything until it has been mended.
    """
    folder = os.environ.get("CLAUDE_PROJECT_DIR") or str(Path.cwd())

    def read() -> Policy:
        return read_policy(find_policy(policy, folder=folder))

    try:
        read()
    except PolicyError as error:
        complain(f"{error}; see `ailoop policy check`")
    permissions = Permissions(read=read, cwd=folder, most_seconds=client_seconds())
    return (*TOOLS, permission_tool(permissions))
