"""How long an MCP client lets a call wait, where it says so."""

from __future__ import annotations

import os
from contextlib import suppress

__all__ = ["client_seconds"]

_EARLIER_SECONDS = 5.0
"""How long before its client gives up a call is to return."""


def client_seconds() -> float | None:
    """Return for how many seconds a call may wait, if Claude Code's user has set a limit.

    Claude Code hands its environment on to what it starts, with the limit in milliseconds.
    Progress does not extend it.
    """
    with suppress(ValueError, OverflowError):
        seconds = int(os.environ.get("MCP_TOOL_TIMEOUT", "")) / 1000
        if seconds > 0:
            return max(seconds - _EARLIER_SECONDS, seconds / 2)
    return None
