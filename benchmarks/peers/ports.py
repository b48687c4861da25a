"""How a peer gets its port and tells it."""

from __future__ import annotations

import socket

__all__ = ["listen", "say_ready"]


def listen() -> socket.socket:
    """Return a socket that listens on a free port of loopback."""
    return socket.create_server(("127.0.0.1", 0), backlog=1024)


def say_ready(port: int, *kinds: str) -> None:
    """Tell that the server is up.

    :param kinds: what it speaks on that port: ``rest``, ``ws`` or both.
    """
    schemes = {"rest": "http", "ws": "ws"}
    told = " ".join(f"{kind}={schemes[kind]}://127.0.0.1:{port}" for kind in kinds)
    print(f"ready {told}", flush=True)
