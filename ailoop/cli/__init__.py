"""The command line: flags become settings or calls of the client."""

from ailoop.cli.main import main, main_daemon

__all__ = ["main", "main_daemon"]
