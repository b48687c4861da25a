"""Import all of ailoop inside the image: what was left out shows here, not later."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import ailoop

# They need an extra, and say which; the image has none.
EXTRAS = {
    *("ailoop.adapters.langgraph", "ailoop.adapters.openai_agents", "ailoop.cli.mcp_serve"),
    *(f"ailoop.transport.mcp.{name}" for name in ("http", "server", "stdio")),
}
# Of the standard library, what programs here load late, or only in trouble.
LATE = "asyncio concurrent.futures ctypes encodings.idna getpass sqlite3 ssl webbrowser"


def main() -> None:
    """Import it all; the first that cannot be stops the build."""
    names = LATE.split()
    for found in pkgutil.walk_packages(ailoop.__path__, "ailoop."):
        if not found.name.endswith("__main__") and found.name not in EXTRAS:
            names.append(found.name)
    for name in names:
        importlib.import_module(name)
    # Speed-ups that are silently done without where a library of theirs is missing.
    import httpx2
    import orjson
    import websockets.speedups
    import wsproto

    assert all((httpx2, orjson, websockets.speedups, wsproto))  # noqa: S101
    sys.stdout.write(f"{len(names)} modules can be imported\n")


main()
